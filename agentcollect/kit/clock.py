"""The one place that reads the wall clock.

Time is an argument everywhere below a surface (view, task, command, callback): the surface calls `now()` once and
hands the value down as `at`. That is the seam through which a test clock drives a year in a minute. Leases and retry
times of real HTTP and SMTP always use the wall clock, because the other side lives there.
"""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The present moment, UTC, whole milliseconds (what both databases keep and every payload prints)."""
    moment = datetime.now(UTC)  # noqa: TID251  (the one permitted reading)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """ISO 8601, UTC, whole seconds, `Z`: the API's only form of a time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plus(moment: datetime, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
    """`moment` moved by elapsed time (never by wall-clock days: those belong to a zone)."""
    return moment + timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
