"""Nobody waits on the network while holding a database transaction.

The probe is handed in from outside (`kit.db.in_transaction`), so that this package knows no database.
"""

from __future__ import annotations

from collections.abc import Callable

_probe: Callable[[], bool] | None = None


def set_transaction_probe(probe: Callable[[], bool] | None) -> None:
    """`probe` answers whether the calling thread is inside a transaction; None removes it."""
    global _probe
    _probe = probe


def refuse_in_transaction() -> None:
    """Raises RuntimeError inside a transaction: a slow peer would hold our row locks."""
    if _probe is not None and _probe():
        raise RuntimeError("A network call inside a database transaction: commit first, then call.")
