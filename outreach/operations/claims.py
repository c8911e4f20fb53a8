"""A worker's claim on a step: the lease, and the token that fences every later write."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import QuerySet

from agentcollect.kit import due
from agentcollect.kit.prepared import Prepared
from campaigns.models import Step

# Longer than every wait of one SMTP dialogue together (settings.SMTP["timeout"] each).
LEASE = timedelta(minutes=5)


class Withdrawn(Exception):
    """The message must not leave after all: its cause is gone, or another worker holds the step."""


class Claim(NamedTuple):
    """One worker's hold on one step."""

    step_id: str
    token: int

    def step(self) -> Step:
        return _step(id=self.step_id)[0]

    def rows(self, *statuses: str) -> QuerySet[Step]:
        """The step while it is still ours and in one of `statuses`; empty otherwise."""
        return Step.objects.filter(id=self.step_id, lease_token=self.token, status__in=statuses)

    def update(self, *statuses: str, **changes: Any) -> bool:
        """Change the step if it is still ours; False when the claim was lost, and then nothing may follow from it.

        A lease ends with the work: it stays only while a message is on its way.
        """
        if changes.get("status") not in (Step.Status.SENDING, Step.Status.HANDED_OVER):
            changes["lease_until"] = None
        contact = changes.pop("contact", None)
        if contact is not None:
            changes["contact_id"] = contact.id
        rows = [(self.step_id, self.token, status, *changes.values()) for status in statuses]
        match = ("id", "lease_token", "status")
        return bool(due.update_where(Step, match=match, change=tuple(changes), rows=rows))


@Prepared
def _step(id: str) -> QuerySet[Step]:
    return Step.objects.filter(id=id)
