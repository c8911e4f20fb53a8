"""The public shapes of the campaigns room: what comes in (`intake`), what goes out (`public`)."""
