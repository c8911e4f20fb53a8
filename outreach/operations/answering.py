"""Planning what goes back to somebody who wrote: one step that asks for nothing new, sent by the same pipeline."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from agentcollect.kit import clock, db, ids
from campaigns.models import Case, Contact, Step

# Answers stand beside the playbook: its own steps count from 0.
INDEX = -1
_ALIVE = (Step.Status.PLANNED, Step.Status.SENDING, Step.Status.HANDED_OVER, Step.Status.SENT, Step.Status.UNCONFIRMED)


def plan_answer(
    *,
    case: Case,
    contact: Contact,
    intent: str,
    kind: str,
    cause: str,
    facts: dict[str, Any],
    at: datetime,
    confirms: str = "",
) -> Step:
    """Plan an e-mail to `contact`, due at once: `kind` "answer" (to a message of theirs) or "notice".

    `cause`: what it answers (a reply, a promise…): the same intent about the same cause is planned once. `facts` are
    JSON: days as ISO texts, amounts in minor units. `confirms`: the stop that a notice confirms (compliance.facts).
    """
    if kind not in ("answer", "notice"):
        raise ValueError(f"a planned answer is an answer or a notice, not {kind!r}")
    with db.atomic():
        locked = db.locked(Case.objects.filter(id=case.id)).get()
        about = Step.objects.filter(case_id=case.id, index=INDEX, channel="email")
        if standing := about.filter(cause=cause, intent=intent, status__in=_ALIVE).first():
            return standing
        last = about.filter(version=1).aggregate(last=Max("attempt"))["last"] or 0
        return Step.objects.create(
            id=ids.new("stp"),
            organisation_id=locked.organisation_id,
            livemode=locked.livemode,
            clock_id=locked.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            campaign_id=locked.campaign_id,
            debtor_id=locked.debtor_id,
            case_id=locked.id,
            contact=contact,
            index=INDEX,
            channel="email",
            attempt=last + 1,
            kind=kind,
            intent=intent,
            level=contact.level,
            cause=cause,
            facts=facts | ({"confirms": confirms} if confirms else {}),
            due_at=at,
        )
