"""The surfaces of payments: the API, and the page a debtor pays on."""
