"""Of one debtor everything happens in the order of the story: whoever writes is heard before anything later is done."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns import operations as campaigns
from campaigns.models import Case, Hold, Step
from events.models import Event
from outreach.models import Call, Message, Reply
from outreach.queries.stuck import stuck
from sandbox import replies
from tests.sandbox import debtors

pytestmark = pytest.mark.django_db(transaction=True)
# The first message leaves an hour after the campaign begins, the first call three days after that; between them, and
# less than a window before the call, somebody writes.
WRITTEN = debtors.START + timedelta(hours=1 + 60)


@pytest.mark.parametrize("persona", ["cease+60h", "disputes+60h", "attorney+60h", "silent"])
def test_who_writes_before_a_call_is_heard_before_it(persona: str, monkeypatch: Any, empty_redis: None) -> None:
    campaign = debtors.place(monkeypatch, {"persona": persona, "contact_phone": "+12125550199"}, on_a_clock=True)
    case = debtors.only(campaign)
    if persona == "silent":  # a mail of which nothing says whose it is before somebody has read it
        replies.reply(case=case, text="", template="cease", sender=case.given_contacts[-1]["email"], at=WRITTEN)
    debtors.advance(campaign.clock_id, 8)
    assert Reply.objects.get().created_at == Event.objects.get(type="reply.understood").created_at == WRITTEN
    stops = Hold.objects.filter(kind__in=("cease", "dispute", "attorney_represented"))
    assert set(stops.values_list("created_at", flat=True)) == {WRITTEN}
    assert not Call.objects.exists() and Step.objects.filter(channel="call", status="sent").count() == 0
    assert _in_order(case)


def test_a_round_does_not_go_past_what_may_be_anybodys(monkeypatch: Any, empty_redis: None) -> None:
    """Two debtors and a mail of the second: neither's call is made before it is read, and the first's is made."""
    rows = [{"persona": "silent", "number": n, "company_name": f"Firm {n}"} for n in (1, 2)]
    rows = [row | {"contact_email": f"ap@firm{row['number']}.example"} for row in rows]
    rows = [row | {"contact_phone": f"+1212555019{row['number']}"} for row in rows]
    campaign = debtors.place(monkeypatch, *rows, on_a_clock=True)
    first, second = Case.objects.filter(campaign=campaign).order_by("invoice_number")
    debtors.advance(campaign.clock_id, 1)
    replies.reply(case=second, text="", template="cease", sender="ap@firm2.example", at=WRITTEN)
    debtors.advance(campaign.clock_id, 7)
    assert set(Call.objects.values_list("case_id", flat=True)) == {first.id}
    assert _in_order(first) and _in_order(second)


def test_where_no_hour_is_lawful_the_invoice_says_so(monkeypatch: Any, empty_redis: None) -> None:
    """California, Tokyo's hours and a New York number: nothing is sent, and nothing stands still in silence."""
    row = {"persona": "silent", "state": "CA", "timezone": "Asia/Tokyo", "contact_phone": "+12125550199"}
    campaign = debtors.place(monkeypatch, row, on_a_clock=True)
    case = debtors.only(campaign)
    debtors.advance(campaign.clock_id, 3)
    step = Step.objects.get()
    assert step.status == "planned" and step.reason.endswith("(R-01)") and not Message.objects.exists()
    case.refresh_from_db()
    assert case.next_contact_at is None and stuck(at=debtors.START + 3 * debtors.DAY, clock_id=case.clock_id) == []
    at, zone = debtors.START + 3 * debtors.DAY, {"timezone": "America/Los_Angeles"}
    campaigns.correct_debtor(debtor_id=case.debtor_id, changes=zone, reason="moved", by="test", at=at)
    debtors.advance(campaign.clock_id, 2)
    assert Message.objects.count() == 1


def _in_order(case: Case) -> bool:
    """Whether what happened to this debtor was done in the order of its moments."""
    models = (Message, Call, Reply, Hold)
    done = sorted(
        moments
        for model in models
        for moments in model.objects.filter(debtor_id=case.debtor_id).values_list("recorded_at", "created_at")
    )
    return len(done) > 1 and [at for _, at in done] == sorted(at for _, at in done)
