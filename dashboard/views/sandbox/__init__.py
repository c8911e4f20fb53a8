"""The pages that only test mode has: clocks, scenarios, starting over."""
