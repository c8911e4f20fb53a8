"""Forms of the dashboard, by page."""
