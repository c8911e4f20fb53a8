"""From a due step to a mail in the debtor's mailbox, and everything that must keep it from leaving."""

from datetime import timedelta

import pytest

from accounts.operations import pause_organisation, resume_organisation
from agentcollect.kit import clock, db
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Hold, Step, Suppression, Task
from campaigns.operations import cases
from outreach import operations
from outreach.models import Decision, MailboxItem, Message
from outreach.operations import sending, settling
from outreach.operations.claims import Claim, Withdrawn
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_due_step_reaches_the_debtor_once() -> None:
    step = world.step(world.case())
    assert operations.send_due(at=AT) == 1
    assert operations.send_due(at=AT + DAY) == 0
    step.refresh_from_db()
    message = world.message_of(step)
    assert (step.status, message.status) == (Step.Status.SENT, Message.Status.SENT)
    assert (step.resolved_at, step.handed_over_at, message.sent_at, step.lease_until) == (AT, AT, AT, None)
    assert [mail["Subject"] for mail in world.mails()] == ["Invoice #2025-0847 — Your Company"]
    assert message.recipient == "ap@acmecorp.com"
    assert message.sender == "ar@yourcompany.com"


def test_the_next_step_and_the_fact_follow_the_sent_one() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    following = Step.objects.get(case=case, status=Step.Status.PLANNED)
    # Day 4 is day 6 where the posture is `preserve`, a Monday; the next Tuesday morning is better.
    assert following.intent == "second_reminder"
    assert AT + 7 * DAY <= following.due_at < AT + 7 * DAY + timedelta(hours=3)
    assert world.events(case) == ["message.sent"]
    assert Campaign.objects.get(id=case.campaign_id).first_contact_at == AT


def test_every_evaluation_is_written_down_with_all_verdicts() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    row = Decision.objects.get(case=case)
    assert row.outcome == "allow"
    assert {verdict["rule"] for verdict in row.verdicts} >= {
        "R-00",
        "R-01",
        "R-05",
        "R-09",
        "R-10",
        "R-12",
        "R-17",
        "R-29",
    }


def test_at_night_the_step_waits_for_the_morning_and_says_so_once() -> None:
    case = world.case()
    step = world.step(case)
    night = AT + timedelta(hours=12)
    for moment in (night, night + timedelta(minutes=1)):
        Step.objects.filter(id=step.id).update(due_at=moment)
        operations.send_due(at=moment)
    step.refresh_from_db()
    assert (step.status, step.due_at) == (Step.Status.PLANNED, AT + DAY)
    assert Case.objects.get(id=case.id).next_contact_at == AT + DAY
    assert world.mails() == []
    assert Decision.objects.filter(case=case, outcome="defer").count() == 2
    assert len(world.events(case)) <= 2


def test_the_same_reason_is_said_once() -> None:
    case = world.case()
    step = world.step(case)
    Hold.objects.create(
        organisation_id=case.organisation_id,
        livemode=False,
        created_at=AT,
        recorded_at=AT,
        kind="dispute",
        case=case,
        actor="test",
    )
    for day in range(3):
        Step.objects.filter(id=step.id).update(due_at=AT + day * 7 * DAY)
        operations.send_due(at=AT + day * 7 * DAY)
    assert world.events(case) == ["contact.waited"]


@pytest.mark.parametrize(
    "kind", ["dispute", "cease", "bankruptcy", "creditor_pause", "attorney_represented", "legal_hold"]
)
@pytest.mark.parametrize("on", ["campaign", "debtor", "case"])
def test_nothing_leaves_while_a_hold_stands(kind: str, on: str) -> None:
    case = world.case()
    step = world.step(case)
    held = {"campaign": case.campaign, "debtor": case.debtor, "case": case}[on]
    placed = campaigns.hold(kind=kind, on=held, by="test", at=AT)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert world.mails() == []
    assert step.status == Step.Status.PLANNED  # not used up: a playbook spent in silence would end at an attorney
    assert Case.objects.get(id=case.id).next_contact_at is None
    campaigns.release(hold=placed, by="ops:test", at=AT)
    operations.send_due(at=step.due_at)
    assert len(world.mails()) == 1


def test_a_hold_with_an_end_is_judged_again_at_its_end() -> None:
    case = world.case()
    step = world.step(case)
    campaigns.hold(kind="creditor_pause", on=case, by="test", at=AT, ends_at=AT + 3 * DAY)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert step.due_at == AT + 3 * DAY


def test_an_opted_out_address_is_never_mailed_and_the_case_asks_for_another() -> None:
    case = world.case()
    step = world.step(case)
    campaigns.suppress(
        contact=Contact.objects.get(debtor=case.debtor), channel="email", reason="opt_out", by="debtor", at=AT - DAY
    )
    operations.send_due(at=AT)
    step.refresh_from_db()
    case.refresh_from_db()
    assert (step.status, case.status, world.mails()) == (Step.Status.DENIED, Case.Status.NEEDS_CONTACT, [])
    assert "contact.denied" in world.events(case)


def test_another_person_takes_the_place_of_one_who_opted_out_but_not_the_same_day() -> None:
    case = world.case()
    world.step(case)
    factories.contact(case.debtor, email="controller@acmecorp.com", level=2)
    first = Contact.objects.get(email="ap@acmecorp.com")
    campaigns.suppress(contact=first, channel="email", reason="opt_out", by="debtor", at=AT - timedelta(hours=1))
    operations.send_due(at=AT)
    assert world.mails() == []
    operations.send_due(at=AT + DAY)
    assert [mail["To"] for mail in world.mails()] == ["controller@acmecorp.com"]


def test_an_opt_out_made_as_another_debtor_counts() -> None:
    case = world.case()
    other = world.case(organisation=case.organisation, invoice_number="X-1", invoice_key="x-1")
    campaigns.suppress(
        contact=Contact.objects.get(debtor=other.debtor), channel="email", reason="opt_out", by="debtor", at=AT - DAY
    )
    assert Suppression.objects.count() == 1
    world.step(case)
    operations.send_due(at=AT)
    assert world.mails() == []


def test_caps_count_over_all_cases_and_campaigns_of_a_debtor() -> None:
    one = world.case()
    two = world.case(organisation=one.organisation, debtor=one.debtor, invoice_number="INV-9", invoice_key="inv-9")
    first, second = world.step(one), world.step(two, due_at=AT + timedelta(seconds=1))
    operations.send_due(at=AT + timedelta(seconds=1))
    second.refresh_from_db()
    assert (world.message_of(first).status, second.status) == (Message.Status.SENT, Step.Status.PLANNED)
    assert second.due_at >= AT + 2 * DAY
    assert Decision.objects.get(step_id=second.id).rule == "R-12"


def test_paid_meanwhile_is_never_asked_again() -> None:
    case = world.case()
    step = world.step(case)
    with db.atomic():
        campaigns.settle(case_id=case.id, amount_minor=case.balance_minor, payment_id="pay_x", by="test", at=AT)
    Step.objects.filter(id=step.id).update(status=Step.Status.PLANNED)  # as if the cancellation had been lost
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (step.status, world.mails()) == (Step.Status.CANCELLED, [])


@pytest.mark.parametrize("paid", [1_500_000, 400_000])
def test_a_payment_between_reservation_and_hand_over_stops_the_mail(paid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = world.case()
    step = world.step(case)
    real = settling.hand_over

    def pay_first(claim: Claim, message: Message, *, at: object) -> None:
        with db.atomic():
            campaigns.settle(case_id=case.id, amount_minor=paid, payment_id="pay_x", by="test", at=AT)
        real(claim, message, at=AT)

    world.far_away(monkeypatch)
    monkeypatch.setattr(settling, "hand_over", pay_first)
    operations.send_due(at=AT)
    monkeypatch.undo()
    step.refresh_from_db()
    assert world.mails() == []
    assert step.status == (Step.Status.CANCELLED if paid == 1_500_000 else Step.Status.PLANNED)
    assert world.message_of(step).status == Message.Status.CANCELLED
    operations.send_due(at=AT)
    assert len(world.mails()) == (0 if paid == 1_500_000 else 1)
    if world.mails():
        assert "Balance: $11,000.00" in world.message_of(step).text


@pytest.mark.parametrize("stop", ["pause", "opt_out", "dispute"])
def test_a_stop_between_reservation_and_hand_over_is_seen(stop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = world.case()
    step = world.step(case)
    real = settling.hand_over

    def stop_first(claim: Claim, message: Message, *, at: object) -> None:
        if stop == "pause":
            campaigns.pause(campaign_id=case.campaign_id, by="test", at=AT)
        elif stop == "opt_out":
            campaigns.suppress(contact=message.contact, channel="email", reason="opt_out", by="debtor", at=AT)
        else:
            campaigns.hold(kind="dispute", on=case, by="test", at=AT)
        real(claim, message, at=AT)

    world.far_away(monkeypatch)
    monkeypatch.setattr(settling, "hand_over", stop_first)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (world.mails(), step.status) == ([], Step.Status.PLANNED)


def test_a_paused_campaign_or_organisation_keeps_its_steps() -> None:
    case = world.case()
    step = world.step(case)
    campaigns.pause(campaign_id=case.campaign_id, by="test", at=AT)
    assert operations.send_due(at=AT) == 0
    campaigns.resume(campaign_id=case.campaign_id, by="test", at=AT)
    about = {"organisation_id": case.organisation_id, "by": "test", "at": AT}
    pause_organisation(livemode=False, **about)
    assert operations.send_due(at=AT) == 0
    pause_organisation(livemode=True, **about)
    resume_organisation(livemode=False, **about)
    assert operations.send_due(at=AT) == 1  # live mode's pause is not test mode's
    step.refresh_from_db()
    assert step.status == Step.Status.SENT


@pytest.mark.parametrize(
    ("facts", "words"),
    [({"postal_address": ""}, "postal address"), ({"attested_class": ""}, "consumer or a commercial")],
)
def test_what_only_the_creditor_can_add_is_waited_for(facts: dict[str, str], words: str) -> None:
    case = world.case(organisation=factories.organisation(**facts))
    step = world.step(case)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert step.status == Step.Status.PLANNED
    assert words in step.reason
    assert world.mails() == []


def test_words_that_no_guard_lets_pass_are_not_sent() -> None:
    case = world.case(invoice_number="pay at evil-bank.com/x", invoice_key="x")
    step = world.step(case)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (step.status, MailboxItem.objects.count()) == (Step.Status.NEEDS_HUMAN, 0)
    assert "links guard" in step.reason
    assert "contact.waited" in world.events(case)
    # A person reads the words that were refused; nothing else is planned beside them.
    draft = Message.objects.get(step_id=step.id)
    task = Task.objects.get(cause=step.id)
    assert (draft.status, task.kind, task.facts["message_id"]) == (Message.Status.DRAFT, "approve", draft.id)
    assert not Step.objects.filter(case=case, status=Step.Status.PLANNED).exists()


def test_the_lost_worker_can_hand_nothing_over() -> None:
    step = world.step(world.case())
    claim = sending._claim(sending.Q(due_at__lte=AT), 1)[0]
    campaign = Campaign.objects.select_related("organisation").get()
    paper = sending.letters.stationery(campaign, campaign.organisation)
    reserved = sending._reserve(claim, paper, sending._written(step, paper, at=AT), at=AT)
    assert reserved is not None
    assert operations.sweep_leases(now=clock.now() + timedelta(hours=1)) == 1
    with pytest.raises(Withdrawn):
        settling.hand_over(claim, reserved.message, at=AT)
    assert operations.send_due(at=AT) == 1
    settling.withdraw(claim, reserved.message, "late", at=AT)
    settling.settle_sent(claim, reserved.message, at=AT)
    step.refresh_from_db()
    assert step.status == Step.Status.SENT
    assert len(world.mails()) == 1
    assert world.message_of(step).status == Message.Status.SENT


def test_cancelling_after_hand_over_does_not_unsend() -> None:
    case = world.case()
    step = world.step(case)
    operations.send_due(at=AT)
    with db.atomic():
        cases.close(case=Case.objects.get(id=case.id), reason="recalled", by="test", at=AT + DAY)
    step.refresh_from_db()
    assert step.status == Step.Status.SENT


def test_threading_follows_the_case() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    for _ in range(2):
        due = Step.objects.get(case=case, status=Step.Status.PLANNED)
        operations.send_due(at=due.due_at)
        due.refresh_from_db()
        if due.status == Step.Status.PLANNED:  # an earlier message's 48 hours
            operations.send_due(at=due.due_at)
    first, second, third = world.mails()
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    assert third["In-Reply-To"] == second["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]
    assert first["Subject"] == third["Subject"]
    assert "Statement" in first.get_body(("plain",)).get_content()
    assert "Statement" not in second.get_body(("plain",)).get_content()
