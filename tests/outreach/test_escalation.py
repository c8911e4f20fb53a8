"""A playbook that ends without an answer: offered, accepted, handed over; or not, and why."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Step, Task
from campaigns.queries import standings
from events.models import Event
from outreach import operations, rules
from outreach.models import Attorney, Message, Referral
from outreach.rules import Licence, choose_attorney
from tests import factories
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


NOTICE = 2 * DAY


def sweep(at: datetime) -> None:
    operations.escalate_exhausted(at=at)


def offered(case: Case) -> Referral:
    """The creditor was told, two days passed, and the case was offered."""
    sweep(AT)
    sweep(AT + NOTICE)
    return Referral.objects.get(case=case)


def test_the_creditor_hears_two_days_before_and_a_demo_attorney_accepts_a_business_day_after_the_offer() -> None:
    case, asked = pending(), attorney()
    assert operations.escalate_exhausted(at=AT) == 1
    assert (Referral.objects.get().status, Referral.objects.get().attorney_id) == ("proposed", None)
    told = Event.objects.get(type="case.escalation_proposed").data
    assert (told["offer_at"], told["balance"]) == ("2026-03-19T15:00:00Z", 15000)
    assert operations.escalate_exhausted(at=AT + NOTICE - timedelta(seconds=1)) == 0
    assert operations.escalate_exhausted(at=AT + NOTICE) == 1
    referral = Referral.objects.get(case=case)
    assert (referral.status, referral.attorney_id, referral.accepted_at) == ("offered", asked.id, None)
    assert operations.escalate_exhausted(at=AT + NOTICE + timedelta(hours=23)) == 0
    assert operations.escalate_exhausted(at=AT + NOTICE + DAY) == 1
    assert operations.escalate_exhausted(at=AT + NOTICE + 2 * DAY) == 0
    case.refresh_from_db()
    referral.refresh_from_db()
    assert (case.status, referral.status, referral.accepted_at) == ("escalated", "accepted", AT + NOTICE + DAY)
    data = Event.objects.get(type="case.escalated").data
    assert data["attorney"] == {"name": "Dana Whitfield", "bar_state": "NY", "bar_number": asked.bar_number}
    assert (data["balance"], data["reason"], data["referral_id"]) == (15000, "non_responsive", referral.id)
    assert data["contacts_made"] == 0
    assert world.events(case) == [
        *("case.escalation_proposed", "referral.authorised", "referral.offered", "referral.accepted"),
        "case.escalated",
    ]


def test_messages_are_counted_for_the_receiver() -> None:
    case = world.case()
    type(case.debtor).objects.update(region="NY")
    world.step(case)
    operations.send_due(at=AT)
    Case.objects.filter(id=case.id).update(status=Case.Status.ESCALATION_PENDING)
    attorney()
    for days in (1, 3, 6):
        sweep(AT + days * DAY)
    assert Event.objects.get(type="case.escalated").data["contacts_made"] == 1
    assert Message.objects.count() == 1


def test_a_real_attorney_is_asked_only_in_the_debtor_s_state_and_accepts_in_person() -> None:
    case = pending(livemode=True, region="CA")
    type(case.organisation).objects.update(mandate_signed_at=AT, mandate_signed_by="Ann")
    attorney("NY", sandbox=False)
    attorney("CA", sandbox=True)
    assert offered(case).status == "authorised"
    attorney("CA", sandbox=False)
    sweep(AT + 3 * DAY)
    referral = Referral.objects.get(case=case)
    assert referral.status == "offered"
    sweep(AT + 30 * DAY)
    operations.accept_referral(referral_id=referral.id, by="ops:ann", at=AT + 30 * DAY)
    case.refresh_from_db()
    assert case.status == "escalated"
    for answer in (operations.accept_referral, operations.decline_referral):
        with pytest.raises(ApiError):
            answer(referral_id=referral.id, by="ops:ann", at=AT + 30 * DAY)


def test_ask_proposes_once_and_never_stays() -> None:
    asked, never = pending(escalation="ask"), pending(escalation="never")
    attorney()
    for days in (0, 1, 5):
        sweep(AT + days * DAY)
    assert sorted(world.events(asked)) == ["case.escalation_proposed", "task.created"]
    assert (Referral.objects.get().status, Referral.objects.get().offer_at) == ("proposed", None)
    assert not Referral.objects.filter(case=never).exists()
    assert set(Case.objects.values_list("status", flat=True)) == {"escalation_pending"}
    assert why(asked) == "needs_you"


def why(case: Case) -> str:
    return standings.why(standings.with_standing(Case.objects.filter(id=case.id), at=AT).get()).code


@pytest.mark.parametrize(
    ("facts", "then"),
    [
        ({"active": False}, "authorised"),
        ({"capacity": 0}, "authorised"),
        ({"licence_expires_on": AT - DAY}, "authorised"),
    ],
)
def test_no_attorney_no_offer(facts: dict[str, Any], then: str) -> None:
    case, _ = pending(), attorney(**facts)
    assert offered(case).status == then
    assert why(case) == "escalation_pending"


def test_what_passes_is_waited_for_and_what_does_not_is_the_creditors() -> None:
    """A hold defers the offer; a debt past its time goes to a person, never to an attorney."""
    held, late = pending(), pending()
    attorney()
    Case.objects.filter(id=late.id).update(due_date=date(2015, 1, 1), invoice_date=date(2014, 12, 1))
    hold = campaigns.hold(kind="creditor_pause", on=held, by="key:x", at=AT)
    assert offered(held).status == "proposed"
    campaigns.release(hold=hold, by="key:x", at=AT)
    sweep(AT + 3 * DAY)
    assert Referral.objects.get(case=held).status == "offered"
    late.refresh_from_db()
    assert (late.status, why(late)) == ("active", "needs_you")
    assert not Referral.objects.filter(case=late).exists()


def test_a_declined_case_is_offered_to_the_next_until_nobody_is_left() -> None:
    case = pending()
    type(case.debtor).objects.filter(id=case.debtor_id).update(name="Acme attorney_declines Corp")
    for state in ("NY", "NY"):
        attorney(state)
    for days in range(14):
        sweep(AT + days * DAY)
    assert list(Referral.objects.order_by("created_at").values_list("status", flat=True)) == ["declined"] * 2
    case.refresh_from_db()
    assert (case.status, why(case)) == ("active", "needs_you")
    assert Task.objects.get(kind="decide_escalation").reason.startswith("No attorney: every attorney")
    assert "case.escalated" not in world.events(case)


def test_a_case_that_closes_needs_no_attorney() -> None:
    case, _ = pending(), attorney()
    sweep(AT)
    campaigns.close_case(case_id=case.id, reason="recalled", note="", by="key:x", at=AT)
    sweep(AT + NOTICE)
    assert (Referral.objects.get().status, Referral.objects.get().reason) == ("declined", "the case was closed")


# --- the playbook's own offer, and its end


def through(case: Case, until: str = "") -> list[tuple[str, str]]:
    """Work the playbook off in story time until a step of intent `until` is planned; what was done."""
    done = []
    for _ in range(30):
        step = Step.objects.filter(case=case, status="planned").order_by("due_at").first()
        if step is None or step.intent == until:
            break
        for at in (step.due_at - NOTICE, step.due_at, step.due_at + DAY):
            sweep(at)
        again = Step.objects.get(id=step.id)
        if again.status == "planned" and again.channel == "attorney":
            campaigns.judge_exhausted(at=again.due_at)
            sweep(again.due_at)
        elif again.status == "planned":
            operations.send_step(step_id=step.id, at=again.due_at)
        done.append((step.intent, Step.objects.get(id=step.id).status))
    return done


def story(escalation: str = "auto", **facts: Any) -> Case:
    case = world.case(posture="firm", opened_at=AT, **facts)
    type(case.debtor).objects.update(region="NY")
    Campaign.objects.update(playbook_version=3, escalation=escalation, mandate_ends_at=AT + 365 * DAY)
    factories.contact(case.debtor, email="controller@acmecorp.com", level=2)
    world.step(case, version=3)
    return case


def test_the_offer_is_made_on_day_twelve_and_the_case_is_escalated_on_day_twenty() -> None:
    case, _ = story(), attorney()
    before = through(case, until="last_before_next_steps")
    assert before[-1] == ("offer", "sent")
    referral = Referral.objects.get()
    assert referral.status == "accepted" and Case.objects.get().status == "active"
    told = Event.objects.get(type="case.escalation_proposed")
    assert referral.offered_at - told.created_at >= NOTICE
    assert through(case)[-1] == ("escalate", "sent")
    assert Case.objects.get().status == "escalated"
    assert world.events(case).count("case.escalated") == 1
    assert not Step.objects.filter(status="planned").exists()  # our own outreach is over, statements too


def test_a_veto_stands_and_the_playbook_goes_on_without() -> None:
    case, _ = story(), attorney()
    through(case, until="offer")
    step = Step.objects.get(intent="offer")
    sweep(step.due_at - NOTICE)
    operations.veto(case_id=case.id, reason="ours", by="key:x", at=step.due_at - DAY)
    operations.veto(case_id=case.id, reason="ours", by="key:x", at=step.due_at - DAY)
    assert through(case, until="monthly_statement")[0] == ("offer", "skipped")
    assert Event.objects.filter(type="case.escalation_vetoed").count() == 1
    assert (Referral.objects.get().status, Case.objects.get().status) == ("declined", "active")
    judged = Step.objects.get(intent="escalate")
    assert (judged.status, judged.reason) == ("denied", "you kept it from attorneys; it needs you")
    assert not Task.objects.filter(kind="decide_escalation").exists()  # it was decided
    operations.escalate(case_id=case.id, by="key:x", at=judged.due_at + DAY)
    assert Referral.objects.get(status="offered") and Case.objects.get().attorney_vetoed_at is None


@pytest.mark.parametrize("escalation", ["never", "ask"])
def test_without_standing_authorisation_nobody_is_asked(escalation: str) -> None:
    case, _ = story(escalation), attorney()
    through(case, until="monthly_statement")
    assert not Referral.objects.exclude(status="proposed").exists()
    assert Step.objects.get(intent="offer").status == "skipped"
    assert why(case) == "needs_you"
    task = Task.objects.get(kind="decide_escalation")
    campaigns.complete_task(task_id=task.id, outcome="keep", note="no", by="key:x", at=AT + 40 * DAY)
    assert Case.objects.get().status == "active" and why(case) == "planned"


def test_every_status_stands_in_its_table_and_an_illegal_move_names_it() -> None:
    assert set(rules.REFERRAL) == set(Referral.Status.values) == set().union(*rules.REFERRAL.values()) | {"proposed"}
    case, _ = pending(), attorney()
    accepted = offered(case)
    operations.accept_referral(referral_id=accepted.id, by="attorney:x", at=AT + 3 * DAY)
    with pytest.raises(ApiError) as refused:
        operations.veto(case_id=case.id, reason="", by="key:x", at=AT + 4 * DAY)
    assert (refused.value.status, refused.value.body()["state"]) == (409, "accepted")


# --- monitoring to month twelve


def test_a_statement_a_month_at_most_until_the_mandate_ends() -> None:
    case = story("never")
    through(case, until="monthly_statement")
    sent = []
    for _ in range(20):
        step = Step.objects.filter(case=case, status="planned").first()
        if step is None:
            break
        assert operations.send_due(at=step.due_at) == 1
        assert operations.send_due(at=step.due_at) == 0
        sent.append(step.due_at)
    assert 9 <= len(sent) <= 11 and Message.objects.filter(intent="monthly_statement").count() == len(sent)
    assert all(later - sooner >= timedelta(days=31) for sooner, later in pairwise(sent))
    assert len(set(Message.objects.filter(intent="monthly_statement").values_list("text", flat=True))) > 1
    end = Campaign.objects.get().mandate_ends_at
    assert sent[-1] < end and campaigns.end_mandates(at=end) == 1
    done = Event.objects.get(type="campaign.completed").data
    assert (done["reason"], done["recovery_rate"], done["cases"]) == ("mandate_ended", 0.0, 1)
    assert done["timeline"] and Case.objects.get().close_reason == "uncollectible"


def test_no_statement_under_a_hold_nor_to_who_opted_out() -> None:
    case = story("never")
    through(case, until="monthly_statement")
    step = Step.objects.get(case=case, status="planned")
    hold = campaigns.hold(kind="hardship", on=case, by="debtor", at=step.due_at)
    before = Message.objects.filter(status="sent").count()
    operations.send_due(at=step.due_at)
    operations.send_due(at=step.due_at + 40 * DAY)
    assert Message.objects.filter(status="sent").count() == before
    campaigns.release(hold=hold, by="engine", at=step.due_at + 40 * DAY)
    for person in Contact.objects.all():
        campaigns.suppress(contact=person, channel="email", reason="opt_out", by="debtor", at=step.due_at)
    for days in range(41, 120):
        operations.send_due(at=step.due_at + days * DAY)
    assert Message.objects.filter(status="sent").count() == before
    assert Case.objects.get().status == "needs_contact"


def test_who_is_chosen() -> None:
    def one(name: str, state: str, taken: int = 0, room: int = 10) -> Licence:
        return Licence(name, state, date(2099, 1, 1), room, taken)

    everyone = [one("a", "NY", 5), one("b", "NY", 2), one("c", "CA"), one("d", "NY", 10)]
    on = AT.date()
    assert choose_attorney(everyone, region="NY", on=on) == "b"
    assert choose_attorney(everyone, region="TX", on=on) is None
    assert choose_attorney(everyone, region="", on=on) is None


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
