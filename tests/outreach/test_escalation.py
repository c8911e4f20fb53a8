"""A playbook that ends without an answer: offered, accepted, handed over; or not, and why."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case
from events.models import Event
from outreach import operations, rules
from outreach.models import Attorney, Message, Referral
from outreach.rules import Licence, choose_attorney
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db(transaction=True)


def attorney(state: str = "NY", sandbox: bool = True, **facts: Any) -> Attorney:
    number = str(Attorney.objects.count())
    known = {"name": "Dana Whitfield", "firm": "W", "email": "d@w.example", "licence_expires_on": date(2099, 1, 1)}
    return Attorney.objects.create(**known | {"bar_state": state, "bar_number": number, "sandbox": sandbox} | facts)


def pending(livemode: bool = False, escalation: str = "auto", region: str = "NY") -> Case:
    case = world.case(livemode, status=Case.Status.ESCALATION_PENDING)
    Campaign.objects.filter(id=case.campaign_id).update(escalation=escalation)
    type(case.debtor).objects.filter(id=case.debtor_id).update(region=region)
    return case


def test_a_demo_attorney_accepts_one_business_day_after_the_offer() -> None:
    case, asked = pending(), attorney()
    assert operations.escalate_exhausted(at=AT) == 1
    referral = Referral.objects.get(case=case)
    assert (referral.status, referral.attorney_id, referral.accepted_at) == ("offered", asked.id, None)
    assert operations.escalate_exhausted(at=AT + timedelta(hours=23)) == 0
    assert operations.escalate_exhausted(at=AT + DAY) == 1
    assert operations.escalate_exhausted(at=AT + 2 * DAY) == 0
    case.refresh_from_db()
    referral.refresh_from_db()
    assert (case.status, referral.status, referral.accepted_at) == ("escalated", "accepted", AT + DAY)
    data = Event.objects.get(type="case.escalated").data
    assert data["attorney"] == {"name": "Dana Whitfield", "bar_state": "NY", "bar_number": asked.bar_number}
    assert (data["balance"], data["reason"], data["referral_id"]) == (15000, "non_responsive", referral.id)
    assert data["contacts_made"] == 0


def test_messages_are_counted_for_the_receiver() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    Case.objects.filter(id=case.id).update(status=Case.Status.ESCALATION_PENDING)
    attorney()
    operations.escalate_exhausted(at=AT + DAY)
    operations.escalate_exhausted(at=AT + 3 * DAY)
    assert Event.objects.get(type="case.escalated").data["contacts_made"] == 1
    assert Message.objects.count() == 1


def test_a_real_attorney_is_asked_only_in_the_debtor_s_state_and_accepts_in_person() -> None:
    case = pending(livemode=True, region="CA")
    attorney("NY", sandbox=False)
    attorney("CA", sandbox=True)
    assert operations.escalate_exhausted(at=AT) == 0
    attorney("CA", sandbox=False)
    assert operations.escalate_exhausted(at=AT) == 1
    assert operations.escalate_exhausted(at=AT + 30 * DAY) == 0
    referral = Referral.objects.get(case=case)
    operations.accept_referral(referral_id=referral.id, by="ops:ann", at=AT + 30 * DAY)
    case.refresh_from_db()
    assert case.status == "escalated"
    with pytest.raises(ApiError):
        operations.accept_referral(referral_id=referral.id, by="ops:ann", at=AT + 30 * DAY)


def test_ask_proposes_once_and_never_stays() -> None:
    asked, never = pending(escalation="ask"), pending(escalation="never")
    attorney()
    for days in (0, 1, 5):
        operations.escalate_exhausted(at=AT + days * DAY)
    assert world.events(asked) == ["referral.proposed"]
    assert Referral.objects.get().status == "proposed"
    assert not Referral.objects.filter(case=never).exists()
    assert set(Case.objects.values_list("status", flat=True)) == {"escalation_pending"}


def test_no_attorney_no_referral() -> None:
    pending()
    attorney(active=False)
    attorney(licence_expires_on=AT.date() - DAY)
    attorney(capacity=0)
    assert operations.escalate_exhausted(at=AT) == 0


def test_who_is_chosen() -> None:
    def one(name: str, state: str, taken: int = 0, room: int = 10) -> Licence:
        return Licence(name, state, date(2099, 1, 1), room, taken)

    everyone = [one("a", "NY", 5), one("b", "NY", 2), one("c", "CA"), one("d", "NY", 10)]
    on = AT.date()
    assert choose_attorney(everyone, region="NY", on=on, must_match=True) == "b"
    assert choose_attorney(everyone, region="TX", on=on, must_match=False) == "c"
    assert choose_attorney(everyone, region="TX", on=on, must_match=True) is None
    assert choose_attorney(everyone, region="", on=on, must_match=True) is None


@pytest.mark.parametrize(
    ("offered", "accepts"),
    [
        (datetime(2026, 3, 17, 15, tzinfo=UTC), datetime(2026, 3, 18, 15, tzinfo=UTC)),
        (datetime(2026, 3, 20, 15, tzinfo=UTC), datetime(2026, 3, 23, 15, tzinfo=UTC)),  # over a weekend
        (datetime(2026, 7, 2, 15, tzinfo=UTC), datetime(2026, 7, 6, 15, tzinfo=UTC)),  # 3 July, observed
    ],
)
def test_business_days(offered: datetime, accepts: datetime) -> None:
    assert rules.business_day_after(offered, "NY") == accepts
