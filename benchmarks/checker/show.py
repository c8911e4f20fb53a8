"""A result as people read it."""

from collections.abc import Iterator

from benchmarks.checker.checks import TABLE
from benchmarks.checker.story import Story
from benchmarks.checker.table import Result


def text(story: Story, result: Result, *, most: int = 200) -> str:
    """Counts of every check, then the violations, `most` of them in full."""
    return "\n".join([*_head(story), *_counts(result), *_violations(result, most)])


def _head(story: Story) -> Iterator[str]:
    counts = {"debtors": story.debtors, "cases": story.cases, "messages and calls": story.touches}
    counts |= {"replies": story.replies, "holds": story.holds, "decisions that allowed": story.decisions}
    yield ", ".join(f"{len(rows):,} {name}" for name, rows in counts.items())


def _counts(result: Result) -> Iterator[str]:
    yield f"{'check':15} {'rule':6} {'examined':>10} {'found':>7}  what"
    noticed = result.noticed
    for one in TABLE.values():
        examined = result.examined[one.id]
        nothing = "" if examined else "  (nothing of the kind)"
        yield f"{one.id:15} {one.rule:6} {examined:>10,} {noticed[one.id]:>7,}  {one.words}{nothing}"


def _violations(result: Result, most: int) -> Iterator[str]:
    yield f"{len(result.violations):,} violations"
    for one in result.violations[:most]:
        at = one.at.isoformat() if one.at else ""
        yield f"  {one.rule} {one.check}: {one.words}; case {one.case_id}, debtor {one.debtor_id}, {at}, {one.evidence}"
    if len(result.violations) > most:
        yield f"  … and {len(result.violations) - most:,} more (--json has them all)"
