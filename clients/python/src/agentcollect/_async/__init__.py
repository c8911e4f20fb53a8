"""The client's source. `_sync` is made from it by `scripts/unasync.py`: edit here."""
