"""`/v1` of this room."""
