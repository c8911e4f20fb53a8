"""Figures over a portfolio, each with its numerator, its denominator and its formula (docs/guides/reports.md).

Every figure is one grouped statement over the cases of a `Scope`, one figure for each currency: nothing is converted,
and no case is read one by one.
"""

from payments.reports.aging import BUCKETS, aging, aging_rows, open_case
from payments.reports.figures import Figure, as_line, shown
from payments.reports.recovery import Recovery, curve, placed_case, recovery, recovery_rows
from payments.reports.scope import PARAMETERS, Scope, read_scope

__all__ = [
    "BUCKETS",
    "PARAMETERS",
    "Figure",
    "Recovery",
    "Scope",
    "aging",
    "aging_rows",
    "as_line",
    "curve",
    "open_case",
    "placed_case",
    "read_scope",
    "recovery",
    "recovery_rows",
    "shown",
]
