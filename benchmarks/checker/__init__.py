"""An independent checker: re-reads what was sent, called, decided and received, and looks for violations of the law.

It shares no code with the gate: zones, holidays, caps, sums and words are its own (import-linter sees to it), so that
what the gate believes and what the law says are two things that can disagree.
"""

from benchmarks.checker.checks import TABLE, Check, Violation
from benchmarks.checker.story import Story
from benchmarks.checker.table import Result, check, run

__all__ = ["TABLE", "Check", "Result", "Story", "Violation", "check", "load", "run"]


def load(organisation_id: str, clock_id: str | None = None) -> Story:
    """Everything that was sent, called, decided, received and held. `clock_id`: of that test clock alone.

    Raises LookupError for an organisation that is none. Django must be set up; the checks themselves do without.
    """
    from benchmarks.checker.reader import read

    return read(organisation_id, clock_id)
