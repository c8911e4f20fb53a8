"""The dashboard's own reads, one module per page; each takes a Seat and stays inside its organisation and mode."""
