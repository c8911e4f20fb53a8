"""Hostile replies through the real door: no money moves, no promise opens, no stop is missed, no stranger is told."""

from typing import Any

import pytest

from campaigns.models import Case, Contact, Hold, LedgerEntry, Step, Suppression
from outreach import operations
from outreach.models import Reply
from payments.models import Payment, Promise
from tests import factories
from tests.outreach import corpus, letters_back, world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db


def arrive(organisation: Any, hostile: dict[str, Any], sender: str) -> tuple[Case, Reply]:
    case = world.case(organisation=organisation)
    Contact.objects.filter(debtor=case.debtor).update(email=sender.replace("elsewhere.example", "acmecorp.com"))
    built = letters_back.mail(case, hostile["text"], sender=sender)
    del built["Subject"]
    built["Subject"] = " ".join(str(hostile.get("subject") or "Re: Invoice").split())
    letters_back.arrive(built)
    operations.process_inbound(at=AT)
    return case, Reply.objects.get(case=case)


def stopped(case: Case, reply: Reply) -> bool:
    """A stop stands: the hold of its kind, the closed address, or everything waits for a person."""
    holds = set(Hold.objects.filter(debtor=case.debtor, released_at=None).values_list("kind", flat=True))
    if reply.label in ("cease", "attorney_represented", "bankruptcy", "deceased"):
        return reply.label in holds
    return bool(holds) or Suppression.objects.filter(evidence__reply_id=reply.id).exists()


@pytest.mark.parametrize(("place", "every"), [("acmecorp.com", 1), ("elsewhere.example", 5)])
def test_the_whole_corpus(place: str, every: int, empty_redis: None) -> None:
    organisation, faults = factories.organisation(), []
    for number, hostile in enumerate(corpus.injections()[::every]):
        case, reply = arrive(organisation, hostile, f"ap{number}@{place}")
        told = f"{hostile['id']} {hostile['kind']}: {reply.label} ({reply.status})"
        if LedgerEntry.objects.filter(case=case).count() != 1 or Payment.objects.filter(case=case).exists():
            faults.append(f"{told}: money moved")
        if hostile.get("no_promise") and Promise.objects.filter(case=case, status="open").exists():
            faults.append(f"{told}: a promise opened")
        if hostile["stop"] and not stopped(case, reply):
            faults.append(f"{told}: a stop was missed")
        if place.endswith("example") and Step.objects.filter(case=case, index=-1).exists():
            faults.append(f"{told}: a stranger is answered")
    assert len(corpus.injections()) >= 100 and faults == []
