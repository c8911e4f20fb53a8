"""What steps that are worked off together write, gathered and put down in a constant number of statements.

Only for what commits as one: a step whose message or call is itself a row of this database. Debtors do not see each
other, so one debtor's rows may be written after the next one's have been judged; what asks over all debtors of a
campaign asks after a `flush`.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from agentcollect.kit import db, due
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Campaign, Case, Step
from campaigns.operations import planning
from outreach import queries
from outreach.models import Call, Message
from outreach.operations.claims import Claim
from outreach.operations.readiness import Rows
from outreach.providers import mailbox


class Writes:
    """Rows on their way; every debtor has at most one step among them."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._arrived: list[tuple[Message, bytes]] = []
        self._messages: list[Message] = []
        self._calls: list[Call] = []
        self._planned: list[Step] = []
        self._cases: list[tuple[str, datetime | None, datetime]] = []
        self._steps: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self._first: dict[str, datetime] = {}

    def arrived(self, message: Message, raw: bytes, *, new: bool) -> None:
        """A message that is in the debtor's mailbox once this is put down; `new`: its row is to be written."""
        self._arrived.append((message, raw))
        if new:
            self._messages.append(message)
        first = self._first.get(message.campaign_id, message.created_at)
        self._first[message.campaign_id] = min(message.created_at, first)

    def called(self, call: Call) -> None:
        """A new call that is over already."""
        self._calls.append(call)

    def resolved(self, claim: Claim, rows: Rows, *, at: datetime, **changes: Any) -> None:
        """The step has done what it was for; `rows` say so from here on, the file's copy of it too."""
        changes |= {"handed_over_at": at, "resolved_at": at, "reason": "", "lease_until": None}
        for step in (rows.step, *(one for one in rows.file.steps if one.id == rows.step.id)):
            for name, value in changes.items():
                setattr(step, name, value)
        row = (claim.step_id, claim.token, Step.Status.PLANNED, *changes.values())
        self._steps.setdefault(tuple(changes), []).append(row)

    def go_on(self, rows: Rows, *, at: datetime) -> None:
        """Plan what follows the resolved step of `rows`, as planning.plan_next would from the database."""
        case = rows.case
        if rows.step.kind != "outreach" or case.status != Case.Status.ACTIVE:
            return
        planned = planning.next_step(rows.campaign, case, list(rows.speaking), list(rows.steps), at=at)
        if planned is None:
            return
        self._planned.append(planned)
        waiting = [step for step in rows.file.steps if step.case_id == case.id and step.status == Step.Status.PLANNED]
        shown = planning.next_contact([planned, *waiting], rows.file.holding(case, at=at))
        if shown != case.next_contact_at:
            case.next_contact_at, case.updated_at = shown, at
            self._cases.append((case.id, shown, at))

    def flush(self) -> None:
        """Put everything down. Raises RuntimeError if a claim was lost, which the locks exclude."""
        self._first_contacts()
        db.bulk_insert(Message, self._messages)
        db.bulk_insert(Call, self._calls)
        for names, rows in self._steps.items():
            done = due.update_where(Step, match=("id", "lease_token", "status"), change=names, rows=rows)
            if len(done) != len(rows):
                raise RuntimeError("a step that is locked was changed by somebody else")
        db.bulk_insert(Step, self._planned)
        due.update_where(Case, match=("id",), change=("next_contact_at", "updated_at"), rows=self._cases)
        if self._arrived:
            mailbox.take(self._arrived)
        self._begin()

    def _first_contacts(self) -> None:
        """`first_contact_at` is an estimate until the first message left, then the truth."""
        for campaign_id, at in self._first.items():
            if not _written_to(campaign_id=campaign_id):
                Campaign.objects.filter(id=campaign_id).update(first_contact_at=at)


@PreparedValues
def _written_to(campaign_id: str) -> QuerySet[Message, Any]:
    return Message.objects.filter(campaign_id=campaign_id, status__in=queries.LEFT).values_list("id")[:1]
