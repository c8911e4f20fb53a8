"""Faults that other systems of this kind have had, each as a test."""

from datetime import UTC, datetime, timedelta

import pytest

from agentcollect.kit import db
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Hold, Step
from campaigns.operations.facts import whereabouts
from campaigns.rules import standing
from campaigns.rules.playbook import earliest_start
from outreach import operations
from outreach.models import KillSwitch, Message, Reply
from outreach.operations import answering, readiness, sending, switches
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db(transaction=True)


def planned(case: Case) -> Step:
    return Step.objects.get(case=case, status=Step.Status.PLANNED)


def pay(case: Case, minor: int) -> None:
    with db.atomic():
        campaigns.settle(case_id=case.id, amount_minor=minor, payment_id="pay_x", by="test", at=AT)


def test_no_reminder_after_a_payment() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    pay(case, case.balance_minor)
    for day in range(0, 60, 5):
        operations.send_due(at=AT + day * DAY)
    assert len(world.mails()) == 1


def test_a_late_action_is_not_repeated_by_an_hourly_job() -> None:
    world.step(world.case(), due_at=AT - 10 * DAY)
    for hour in range(48):
        operations.send_due(at=AT + timedelta(hours=hour))
    assert len(world.mails()) == 1


def test_missed_days_are_caught_up_once_and_one_by_one() -> None:
    """A month's silence of the worker: one message, and then the playbook's own pace again."""
    case = world.case(posture="firm")
    world.step(case, due_at=AT - 30 * DAY)
    assert operations.send_due(at=AT) == 1
    step = planned(case)
    assert step.intent == "second_reminder" and step.due_at - AT >= 4 * DAY - timedelta(hours=12)
    assert operations.send_due(at=AT + DAY) == 0


def test_many_that_waited_together_are_spread() -> None:
    first = world.case()
    cases = [first]
    for n in range(30):
        debtor = {"invoice_number": f"S-{n}", "invoice_key": f"s-{n}"}
        cases.append(world.case(organisation=first.organisation, campaign=first.campaign, **debtor))
    for case in cases:
        world.step(case, due_at=AT - 2 * DAY)
    operations.send_due(at=AT, limit=100)
    waiting = Step.objects.filter(status=Step.Status.PLANNED, reason=standing.CATCHING_UP)
    assert len(world.mails()) <= readiness._FEW + 1
    assert len(set(waiting.values_list("due_at", flat=True))) >= 15
    while step := Step.objects.filter(status="planned", intent="first_reminder").order_by("due_at").first():
        operations.send_due(at=step.due_at, limit=1)
    assert len(world.mails()) == len(cases)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("America/New_York", datetime(2026, 3, 18, 4, 0, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 3, 17, 11, 0, tzinfo=UTC)),
    ],
)
def test_the_day_after_the_due_date_begins_where_the_creditor_is(zone: str, first: datetime) -> None:
    assert earliest_start(AT.date(), zone, AT - 30 * DAY) == first
    assert whereabouts(world.case().debtor).country == "US"


def test_a_credit_that_clears_the_balance_is_noticed() -> None:
    case = world.case()
    step = world.step(case)
    whole = {"amount_minor": case.balance_minor, "reason": "returned", "reference": "C1"}
    campaigns.credit(case_id=case.id, **whole, by="test", at=AT)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (step.status, world.mails()) == (Step.Status.CANCELLED, [])


@pytest.mark.parametrize("by", ["payment", "credit"])
def test_paying_a_part_lowers_the_ask_and_jumps_no_step(by: str) -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    before = planned(case)
    if by == "payment":
        pay(case, 400_000)
    else:
        campaigns.credit(case_id=case.id, amount_minor=400_000, reason="damaged", reference="C1", by="test", at=AT)
    after = planned(case)
    assert (after.id, after.index, after.due_at) == (before.id, 1, before.due_at)
    operations.send_due(at=after.due_at)
    assert "$11,000.00" in world.message_of(after).text


def test_nobody_is_asked_again_while_their_answer_is_unread() -> None:
    case = world.case()
    step = world.step(case)
    reply = Reply.objects.create(
        organisation_id=case.organisation_id,
        livemode=False,
        created_at=AT,
        recorded_at=AT,
        campaign_id=case.campaign_id,
        debtor_id=case.debtor_id,
        case=case,
        channel="email",
        sender="ap@acmecorp.com",
        text="We paid yesterday.",
        identity="known",
    )
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (step.reason, world.mails()) == (standing.READING, [])
    Reply.objects.filter(id=reply.id).update(status="handled")
    operations.send_due(at=step.due_at)
    assert len(world.mails()) == 1


def test_a_switch_stops_at_once_and_what_waited_is_judged_again() -> None:
    case = world.case()
    step = world.step(case)
    switch = switches.set_switch(scope="all", key="", reason="drill", by="ops:test", at=AT)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (world.mails(), step.status) == ([], Step.Status.PLANNED)
    assert step.reason.startswith(standing.STOPPED) and step.due_at > AT
    switches.lift_switch(switch_id=switch.id, by="ops:test", at=AT)
    campaigns.hold(kind="dispute", on=case, by="test", at=AT)
    operations.send_due(at=AT + timedelta(hours=1))
    assert world.mails() == []


def test_a_switch_between_reservation_and_hand_over_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from outreach.operations import settling

    step, real = world.step(world.case()), settling.hand_over

    def stop_first(claim: object, message: Message, *, at: datetime) -> None:
        switches.set_switch(scope="campaign", key=message.campaign_id, reason="drill", by="ops:test", at=AT)
        real(claim, message, at=at)  # type: ignore[arg-type]

    world.far_away(monkeypatch)
    monkeypatch.setattr(settling, "hand_over", stop_first)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (world.mails(), step.status) == ([], Step.Status.PLANNED)
    assert KillSwitch.objects.count() == 1


def test_an_answer_leaves_by_the_same_way_and_moves_the_playbook_by_nothing() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    before = planned(case)
    contact = Contact.objects.get(debtor=case.debtor)
    # A receipt comes after the case has closed and its campaign has ended: it leaves all the same.
    pay(case, case.balance_minor)
    step = answering.plan_answer(
        case=Case.objects.get(id=case.id),
        contact=contact,
        intent="notice_receipt",
        kind="notice",
        cause="pay_x",
        facts={"paid_minor": 1_500_000, "paid_amount_minor": 1_500_000, "paid_on": "2026-03-17"},
        at=AT + timedelta(hours=1),
    )
    assert sending._claim(sending.Q(id=before.id), 1) == []
    operations.send_due(at=AT + timedelta(hours=1))
    step.refresh_from_db()
    assert step.status == Step.Status.SENT, step.reason
    assert len(world.mails()) == 2
    assert world.mails()[1]["In-Reply-To"] == world.mails()[0]["Message-ID"]
    assert not Step.objects.filter(case=case, status=Step.Status.PLANNED).exists()
    assert Case.objects.get(id=case.id).next_contact_at is None
    assert not Hold.objects.filter(case=case, released_at=None).exists()
