"""A message in doubt, as a task: what the person found in the mail provider's log settles it."""

from datetime import datetime

from campaigns.models import Task
from outreach.operations.settling import resolve_unconfirmed


def decide_task(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """What the answer to a task `resolve_doubt` does: `sent` or `not_sent`. Raises ApiError(step_not_unconfirmed)."""
    resolve_unconfirmed(step_id=task.cause, outcome=outcome, by=by, at=at)
