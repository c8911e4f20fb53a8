"""Surfaces of outreach: the API (`api`) and the page a debtor opts out on (`page`)."""
