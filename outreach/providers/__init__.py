"""The outside world of outreach, each way out with its twin for test mode beside it. Only `operations` comes here."""
