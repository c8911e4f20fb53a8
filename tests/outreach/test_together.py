"""Steps worked off together: the same rows as one by one, in a number of statements that does not grow with them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import db
from campaigns.models import Case, Step
from outreach import operations
from outreach.models import Call, Decision, MailboxItem, Message
from outreach.operations import sending
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db

# What one message costs, from the claim to the commit, with savepoint and transaction.
ONE = 40


def portfolio(count: int) -> list[Step]:
    """Due steps of as many debtors, in one campaign."""
    first = world.case()
    cases = [first]
    for number in range(1, count):
        debtor = factories.debtor(first.organisation, name=f"Firm {number} LLC", identity=f"firm{number}")
        cases.append(
            world.case(
                organisation=first.organisation, debtor=debtor, campaign=first.campaign, invoice_number=f"I-{number}"
            )
        )
    return [world.step(case) for case in cases]


def statements(run: Any) -> int:
    with CaptureQueriesContext(connection) as asked:
        run()
    return len(asked)


def test_a_message_costs_few_statements_and_many_cost_no_more() -> None:
    operations.send_due(at=AT)  # what a process asks once
    [one] = portfolio(1)
    single = statements(lambda: operations.send_due(at=AT))
    many = portfolio(8)
    together = statements(lambda: operations.send_due(at=AT))
    assert {Step.objects.get(id=step.id).status for step in (one, *many)} == {"sent"}
    assert single <= ONE, single
    assert together <= single + 6, (single, together)


def test_in_a_callers_transaction_each_at_its_own_moment() -> None:
    steps = portfolio(3)
    times = [AT + number * world.DAY for number in range(3)]
    with db.atomic():
        assert operations.run_steps([(step.id, at) for step, at in zip(steps, times, strict=True)]) == []
        # What follows is there to be read before the transaction ends.
        assert Step.objects.filter(status="planned").count() == 3
        assert Message.objects.filter(status="sent").count() == MailboxItem.objects.count() == 3
    sent = {row.step_id: row.handed_over_at for row in Message.objects.all()}
    assert sent == {step.id: at for step, at in zip(steps, times, strict=True)}
    assert Decision.objects.filter(outcome="allow").count() == 3
    for step in Step.objects.filter(status="planned"):
        assert Case.objects.get(id=step.case_id).next_contact_at == step.due_at


def test_what_fails_by_itself_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, *good = portfolio(3)
    real = sending.TOGETHER["email"]

    def breaks(claim: Any, *args: Any, **more: Any) -> None:
        if claim.step_id == bad.id:
            raise ArithmeticError
        real(claim, *args, **more)

    monkeypatch.setitem(sending.TOGETHER, "email", breaks)
    with db.atomic():
        assert operations.run_steps([(step.id, AT) for step in (bad, *good)]) == [bad.id]
    assert set(Message.objects.values_list("step_id", flat=True)) == {step.id for step in good}


def test_live_mode_is_never_run_in_a_transaction() -> None:
    step = world.step(world.case(livemode=True))
    with pytest.raises(RuntimeError):
        operations.run_steps([(step.id, AT)])
    with db.atomic(), pytest.raises(ValueError, match=step.id):
        operations.run_steps([(step.id, AT)])


def _facts(step: Step) -> dict[str, Any]:
    step.refresh_from_db()
    message = Message.objects.filter(step_id=step.id).first() or Call.objects.filter(step_id=step.id).first()
    assert message is not None
    left_out = {"id", "organisation_id", "campaign_id", "debtor_id", "case_id", "contact_id", "step_id", "decision_id"}
    left_out |= {"recorded_at", "agent_run_id", "html", "text", "rfc_message_id", "script", "facts_hash", "lease_token"}
    found = {
        f"{type(row).__name__}.{field.attname}": getattr(row, field.attname)
        for row in (step, message)
        for field in row._meta.concrete_fields
        if field.attname not in left_out
    }
    case = Case.objects.get(id=step.case_id)
    following = Step.objects.filter(case=case, status="planned").values_list("intent", "index", "attempt").get()
    return found | {"next": following, "events": world.events(case), "shown": case.next_contact_at is not None}


@pytest.mark.parametrize("channel", ["email", "call"])
def test_the_same_rows_as_one_act_after_the_other(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def sent() -> dict[str, Any]:
        facts = {"phone": "+12125550101"}
        case = world.case(invoice_number="SAME-1", invoice_key="same-1")
        type(case.debtor).objects.filter(id=case.debtor_id).update(**facts)
        step = world.step(case)
        if channel == "call":
            operations.send_due(at=AT)
            step = world.step(case, intent="first_call", channel="call", due_at=AT + 3 * world.DAY)
            Step.objects.filter(case=case, status="planned").exclude(id=step.id).delete()
        operations.send_due(at=step.due_at)
        return _facts(step)

    together = sent()
    world.far_away(monkeypatch)
    assert together == sent()
