"""The mail that tells of a settlement: through the gate like any that asks for money, in the debtor's language, with
known amounts only; withdrawn when what it says does not hold any more; never written by a model."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Organisation
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Debtor, Step
from outreach import agent, operations
from outreach.models import AgentRun, Decision, Message
from outreach.operations import sending, wording
from payments import operations as payments
from payments.models import Offer
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT, DAY
from tests.payments.agreed import pay

pytestmark = pytest.mark.django_db
POLICY = {"settlement": [{"min_age_days": 1, "max_discount_percent": 37}], "settlement_approval": "auto"}


def offered(**facts: Any) -> tuple[Case, Offer, Step]:
    organisation = factories.organisation(offer_policy=POLICY)
    due = AT.date() - timedelta(days=60)
    case = world.case(organisation=organisation, amount_minor=100_000, due_date=due, **facts)
    made = payments.draft_offer(
        case_id=case.id, amount_minor=80_000, source="creditor", evidence={}, conditions="Two words.", by="key:1", at=AT
    )
    payments.send_offer(offer_id=made.id, by="key:1", at=AT)
    return case, made, Step.objects.get(case=case, kind="offer")


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [
        ("en", "$800.00", "March 31, 2026"),
        ("fr", "800,00", "31 mars 2026"),
        ("es", "800,00", "31 de marzo de 2026"),
        ("de", "800,00", "31. März 2026"),
    ],
)
def test_it_leaves_in_the_debtors_language(language: str, amount: str, day: str) -> None:
    case, _, step = offered()
    Debtor.objects.filter(id=case.debtor_id).update(language=language)
    operations.send_due(at=AT)
    assert fresh(step).status == "sent", step.reason
    message = world.message_of(step)
    plain = message.text.replace("\u202f", " ").replace("\u00a0", " ")
    assert amount in plain and day in plain and "/pay/" in plain and "Two words." not in plain
    assert (message.kind, message.intent, message.drafter, message.language) == (
        *("outreach", "settlement_offer", "template"),
        language,
    )
    # Neither the policy nor its floor: 37 percent, $630.
    assert "37" not in message.paragraphs[0] + message.paragraphs[1] and "630" not in plain


def test_it_counts_and_is_judged_as_outreach() -> None:
    case, _, step = offered()
    operations.send_due(at=AT)
    decision = Decision.objects.get(id=fresh(step).decision_id)
    assert decision.kind == "outreach" and {"R-02", "R-09"} <= {one["rule"] for one in decision.verdicts}
    # The playbook's own message of the same day waits for its turn.
    first = world.step(case)
    Case.objects.filter(id=case.id).update(updated_at=AT)
    operations.send_due(at=AT + timedelta(hours=1))
    assert fresh(first).status == "planned" and first.due_at > AT + timedelta(hours=1)


def test_a_hold_or_an_opt_out_stops_it() -> None:
    case, _, step = offered()
    payments.make_promise(
        case_id=case.id, amount_minor=1_000, due_on=AT.date(), source="page", evidence={}, by="debtor", at=AT
    )
    step = Step.objects.get(id=step.id)
    assert step.status == "cancelled"  # what is promised is waited for; the page shows the offer all the same
    case, _, step = offered()
    contact = Contact.objects.get(debtor=case.debtor)
    campaigns.suppress(contact=contact, channel="email", reason="opt_out", by="debtor", at=AT, evidence={})
    operations.send_due(at=AT)
    assert fresh(step).status != "sent" and not Message.objects.filter(step_id=step.id, status="sent").exists()


@pytest.mark.parametrize("what", ["paid in part", "accepted", "credited", "over"])
def test_what_changed_before_it_left_is_not_told(what: str) -> None:
    case, made, step = offered()
    if what == "paid in part":
        pay(case, 10_000, AT)
    elif what == "accepted":
        payments.accept_offer(offer_id=made.id, evidence={}, by="debtor", at=AT)
    elif what == "credited":
        campaigns.credit(case_id=case.id, amount_minor=100, reason="", reference="", by="key:1", at=AT)
    else:
        payments.judge_offer(offer_id=made.id, at=AT + 30 * DAY)
    operations.send_due(at=AT)
    assert fresh(step).status == "cancelled" and not Message.objects.filter(step_id=step.id).exists()


def test_what_changes_between_reserving_and_sending_withdraws_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world.far_away(monkeypatch)
    case, _, step = offered()
    deliver = sending._deliver

    def paid_meanwhile(*args: Any, **named: Any) -> None:
        pay(case, 10_000, AT)
        deliver(*args, **named)

    monkeypatch.setattr(sending, "_deliver", paid_meanwhile)
    operations.send_due(at=AT)
    assert fresh(step).status in ("planned", "cancelled") and not world.mails()
    monkeypatch.undo()
    operations.send_due(at=AT)
    assert fresh(step).status == "cancelled" and not world.mails()


def test_no_model_writes_it_and_none_is_told_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(agent, "endpoint", lambda: agent.Endpoint("http://127.0.0.1:9/", "m", ""))
    monkeypatch.setattr(wording, "attempt", lambda *args, **named: asked.append(named["intent"]))
    _, _, step = offered()
    operations.send_due(at=AT)
    run = AgentRun.objects.get(step_id=step.id)
    assert asked == [] and run.fallback_reason == "a settlement offer keeps to the approved words"
    assert "37" not in str(run.output) + str(run.messages) and Organisation.objects.get().offer_policy == POLICY
