"""Words that need what nobody knows: a person is told which fact, once, and nothing tries again by itself."""

from datetime import timedelta
from typing import Any

import pytest

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Step, Task
from outreach import operations
from outreach.models import AgentRun
from outreach.operations import answering
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db


def answer(case: Case, facts: dict[str, Any]) -> Step:
    return answering.plan_answer(
        case=case,
        contact=Contact.objects.get(debtor=case.debtor),
        intent="notice_receipt",
        kind="notice",
        cause="pay_x",
        facts=facts,
        at=AT,
    )


def later(step: Step) -> None:
    """A lease later, as the worker finds it again."""
    Step.objects.filter(id=step.id).update(lease_until=clock.now() - timedelta(minutes=1))
    operations.send_due(at=AT + timedelta(minutes=6))
    step.refresh_from_db()


@pytest.mark.parametrize(
    ("change", "missing"),
    [({}, "paid_on"), ({"intent": "no_such_words"}, "no_such_words")],
    ids=["fact", "intent"],
)
def test_a_person_is_told_once_what_is_missing(change: dict[str, str], missing: str) -> None:
    step = answer(world.case(), {"paid_amount_minor": 1_500_000})
    Step.objects.filter(id=step.id).update(**change)
    operations.send_due(at=AT)
    step.refresh_from_db()
    task = Task.objects.get(kind="approve")
    assert (step.status, task.cause, task.facts["missing"]) == (Step.Status.NEEDS_HUMAN, step.id, missing)
    assert missing in step.reason and missing in task.reason
    runs = AgentRun.objects.count()
    later(step)
    assert (step.status, Task.objects.count(), AgentRun.objects.count()) == (Step.Status.NEEDS_HUMAN, 1, runs)
    assert world.mails() == []


@pytest.mark.parametrize("known", [True, False])
def test_approved_it_is_tried_again_and_asked_again_where_it_is_still_missing(known: bool) -> None:
    step = answer(world.case(), {"paid_amount_minor": 1_500_000})
    operations.send_due(at=AT)
    if known:
        Step.objects.filter(id=step.id).update(facts=step.facts | {"paid_minor": 1_500_000, "paid_on": "2026-03-17"})
    campaigns.complete_task(task_id=Task.objects.get().id, outcome="approve", note="", by="test", at=AT)
    later(step)
    assert step.status == (Step.Status.SENT if known else Step.Status.NEEDS_HUMAN)
    assert Task.objects.filter(status="open").count() == (0 if known else 1)
    assert len(world.mails()) == known


def test_rejected_it_is_given_up() -> None:
    step = answer(world.case(), {})
    operations.send_due(at=AT)
    campaigns.complete_task(task_id=Task.objects.get().id, outcome="reject", note="I rang them", by="test", at=AT)
    later(step)
    assert (step.status, step.reason) == (Step.Status.DENIED, "not approved: I rang them")


def test_a_step_of_the_playbook_waits_and_its_case_says_so() -> None:
    case = world.case()
    step = world.step(case)
    Step.objects.filter(id=step.id).update(intent="promise_broken")
    operations.send_due(at=AT)
    later(step)
    case.refresh_from_db()
    assert (step.status, case.next_contact_at) == (Step.Status.NEEDS_HUMAN, None)
    campaigns.complete_task(task_id=Task.objects.get().id, outcome="reject", note="no", by="test", at=AT)
    assert Step.objects.filter(case=case, status=Step.Status.PLANNED).count() == 1
