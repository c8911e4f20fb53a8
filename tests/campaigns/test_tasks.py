"""What the engine leaves to a person: opened once, answered, over when its cause is gone."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit import clock, db
from agentcollect.kit.errors import ApiError
from campaigns import operations, queries
from campaigns.models import Case, Contact, Debtor, Step, Task
from campaigns.operations import duplicates
from campaigns.queries import Tenant
from campaigns.rules import tasks as rules
from events.models import Event
from tests import factories

AT = datetime(2026, 7, 2, 15, 0, tzinfo=UTC)  # the Thursday before Independence Day, observed on Friday
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_hears_of_replies(settings: Any) -> None:
    """The tasks here are about replies that do not exist: what the answer does is the asking room's own test."""
    settings.TASK_OUTCOMES = {"approve": settings.TASK_OUTCOMES["approve"]}


def opened(case: Case, kind: str = "review_reply", cause: str = "rpy_1", **more: Any) -> Task:
    asked = {"reason": "Read it.", "facts": {}, "due_at": AT, "by": "engine", "at": AT} | more
    return operations.open_task(kind=kind, debtor=case.debtor, case=case, cause=cause, **asked)


def told(case: Case) -> list[str]:
    rows = Event.objects.filter(case_id=case.id, type__startswith="task.").order_by("recorded_at", "id")
    return list(rows.values_list("type", flat=True))


@pytest.mark.parametrize(
    ("at", "country", "expected"),
    [
        (AT, "US", "2026-07-08T15:00"),  # Friday is a holiday, then a weekend: Monday, Tuesday, Wednesday
        (AT, "DE", "2026-07-07T15:00"),
        (AT, "XX", "2026-07-07T15:00"),  # holidays nobody knows: weekdays
        (datetime(2026, 10, 30, 15, 0, tzinfo=UTC), "US", "2026-11-04T16:00"),  # the clocks go back: 11:00 stays 11:00
    ],
)
def test_business_days_pass_over_weekends_and_holidays(at: datetime, country: str, expected: str) -> None:
    found = rules.business_days_after(at, 3, zone="America/New_York", country=country)
    assert found.isoformat()[:16] == expected


def test_every_kind_has_its_answers_and_only_calls_are_passed_over() -> None:
    assert set(rules.OUTCOMES) == set(Task.Kind.values)
    where = {"zone": "America/New_York", "country": "US"}
    assert [kind for kind in Task.Kind.values if rules.expiry(kind, AT, **where)] == ["call"]


def test_a_cause_is_asked_about_once_until_it_is_answered() -> None:
    case = factories.case(factories.organisation())
    first = opened(case)
    assert opened(case).id == first.id
    assert opened(case, kind="decide_cease").id != first.id
    operations.complete_task(task_id=first.id, outcome="handled", note="", by="member:1", at=AT)
    assert opened(case).id != first.id
    assert told(case) == ["task.created", "task.created", "task.done", "task.created"]


@pytest.mark.django_db(transaction=True)
def test_two_that_ask_at_once_ask_once() -> None:
    case = factories.case(factories.organisation())
    gate, found = threading.Barrier(4), []

    def ask() -> None:
        try:
            gate.wait(timeout=10)
            found.append(opened(case).id)
        finally:
            connection.close()

    workers = [threading.Thread(target=ask) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert len(found) == 4 and len(set(found)) == 1
    assert told(case) == ["task.created"]


def test_who_is_on_it_is_the_one_who_ends_it() -> None:
    case = factories.case(factories.organisation())
    task = opened(case)
    operations.claim_task(task_id=task.id, by="member:1", at=AT)
    assert operations.claim_task(task_id=task.id, by="member:1", at=AT).status == "claimed"
    with pytest.raises(ApiError, match="member:1"):
        operations.claim_task(task_id=task.id, by="member:2", at=AT)
    with pytest.raises(ApiError) as refused:
        operations.complete_task(task_id=task.id, outcome="handled", note="", by="member:2", at=AT)
    assert refused.value.code == "task_claimed"
    operations.unclaim_task(task_id=task.id, by="member:2", at=AT)
    done = operations.complete_task(task_id=task.id, outcome="handled", note="read", by="member:2", at=AT)
    assert (done.status, done.outcome, done.note, done.ended_by) == ("done", "handled", "read", "member:2")
    again = operations.complete_task(task_id=task.id, outcome="handled", note="", by="member:1", at=AT)
    assert again.ended_by == "member:2"
    with pytest.raises(ApiError) as over:
        operations.complete_task(task_id=task.id, outcome="ignored", note="", by="member:1", at=AT)
    assert over.value.code == "task_over"


def test_an_answer_must_be_one_of_its_kind() -> None:
    task = opened(factories.case(factories.organisation()))
    with pytest.raises(ApiError) as refused:
        operations.complete_task(task_id=task.id, outcome="approve", note="", by="member:1", at=AT)
    assert refused.value.code == "invalid_outcome"


def handler(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """Named in settings by the test below."""
    if outcome == "ignored":
        raise ApiError("illegal_transition", "Not now.")
    Case.objects.filter(id=task.case_id).update(notes=f"{outcome} by {by}")


def test_the_answer_is_handed_to_the_room_that_asked(settings: Any) -> None:
    settings.TASK_OUTCOMES = {"review_reply": "tests.campaigns.test_tasks.handler"}
    case = factories.case(factories.organisation())
    task = opened(case)
    with pytest.raises(ApiError):
        operations.complete_task(task_id=task.id, outcome="ignored", note="", by="member:1", at=AT)
    assert Task.objects.get(id=task.id).status == "open"
    operations.complete_task(task_id=task.id, outcome="handled", note="", by="member:1", at=AT)
    case.refresh_from_db()
    assert case.notes == "handled by member:1"


def test_nobody_did_it_so_the_playbook_goes_on() -> None:
    case = factories.case(factories.organisation())
    facts = {"organisation_id": case.organisation_id, "livemode": False, "campaign_id": case.campaign_id}
    facts |= {"debtor_id": case.debtor_id, "case": case, "created_at": AT, "recorded_at": AT, "due_at": AT}
    step = Step.objects.create(index=0, channel="email", intent="first_reminder", status="needs_human", **facts)
    call = opened(case, kind="call", cause=step.id)
    approve = opened(case, kind="approve", cause="hld_1")
    assert call.expires_at == datetime(2026, 7, 8, 15, 0, tzinfo=UTC) and approve.expires_at is None
    assert operations.expire_tasks(at=call.expires_at - timedelta(seconds=1)) == 0
    assert operations.expire_tasks(at=call.expires_at) == 1
    assert Task.objects.get(id=call.id).status == "expired"
    assert Task.objects.get(id=approve.id).status == "open"
    assert Step.objects.get(id=step.id).status == "skipped"
    assert Step.objects.filter(case=case, status="planned").count() == 1


def test_a_closed_case_needs_nobody() -> None:
    case = factories.case(factories.organisation())
    task, other = opened(case), opened(factories.case(case.organisation), cause="rpy_2")
    operations.close_case(case_id=case.id, reason="recalled", note="", by="key:1", at=AT)
    assert Task.objects.get(id=task.id).status == "cancelled"
    assert Task.objects.get(id=other.id).status == "open"
    assert told(case) == ["task.created", "task.done"]


def test_a_contact_is_asked_for_and_given() -> None:
    case = factories.case(factories.organisation())
    Contact.objects.filter(debtor=case.debtor).delete()
    with db.atomic():
        operations.needs_contact(case=Case.objects.select_related("debtor").get(id=case.id), at=AT)
    task = Task.objects.get(case=case, kind="contact_needed")
    assert task.due_at == datetime(2026, 7, 6, 15, 0, tzinfo=UTC) and task.expires_at is None
    operations.add_contact(debtor_id=case.debtor_id, facts={"email": "new@acmecorp.com"}, by="key:1", at=AT)
    task.refresh_from_db()
    assert (task.status, task.outcome) == ("done", "added")


def _look(case: Case) -> None:
    with db.atomic():
        duplicates.ask_about_namesakes([case], {case.debtor_id: Debtor.objects.get(id=case.debtor_id)}, at=AT)


def test_one_name_under_two_domains_is_asked_about() -> None:
    organisation = factories.organisation()
    first = factories.case(organisation, debtor=factories.debtor(organisation, name="Acme Corp"))
    twin = factories.debtor(organisation, name="ACME Corporation", email_domain="acme.io")
    second = factories.case(organisation, debtor=twin)
    apart = factories.case(factories.organisation(), debtor=None)
    for case in (first, second, second, apart):
        _look(case)
    task = Task.objects.get(kind="possible_duplicate")
    assert task.debtor_id == twin.id and task.facts["others"][0]["debtor_id"] == first.debtor_id
    known = Debtor.objects.in_bulk([first.debtor_id, twin.id])
    assert queries.namesakes(known[twin.id]) == [first.debtor_id]
    assert queries.namesakes(known[first.debtor_id]) == [twin.id]
    operations.complete_task(task_id=task.id, outcome="different", note="", by="member:1", at=AT)
    assert queries.namesakes(known[twin.id]) == [] == queries.namesakes(known[first.debtor_id])


def test_the_creditors_own_ids_are_two_debtors() -> None:
    organisation = factories.organisation()
    for number in range(2):
        _look(factories.case(organisation, debtor=factories.debtor(organisation, external_id=f"C-{number}")))
    assert not Task.objects.exists()


def test_opening_asks_about_namesakes_and_contacts() -> None:
    organisation = factories.organisation()
    factories.debtor(organisation, name="Beta Ltd", name_key="beta")
    campaign = factories.campaign(organisation, unopened=1)
    debtor = factories.debtor(organisation, name="Beta Limited", email_domain="beta.io")
    case = factories.case(organisation, campaign=campaign, debtor=debtor, status="enriching", opened_at=None)
    Contact.objects.filter(debtor=debtor).delete()
    operations.open_campaign(campaign_id=campaign.id, at=AT)
    assert set(Task.objects.filter(debtor=debtor).values_list("kind", "cause")) == {
        ("possible_duplicate", debtor.id),
        ("contact_needed", case.id),
    }


def test_ask_first_is_a_task_for_each_invoice() -> None:
    organisation = factories.organisation()
    case = factories.case(organisation)
    rule = factories.exclusion(organisation, value="acmecorp.com", effect="ask_first")
    task = Task.objects.get(case=case, kind="approve")
    operations.complete_task(task_id=task.id, outcome="approve", note="", by="member:1", at=AT)
    assert not queries.holds_on(case, at=AT)
    other = factories.case(organisation, debtor=case.debtor, invoice_number="2", invoice_key="2")
    named = {"organisation_id": organisation.id, "livemode": False}
    with db.atomic():
        operations.enforce(**named, debtor_ids=[case.debtor_id], at=AT)
    assert Task.objects.get(case=other).status == "open"
    operations.include_again(exclusion_id=rule.id, by="engine", at=AT)
    assert Task.objects.get(case=other).status == "cancelled"


def test_a_released_exclusion_is_an_approved_one() -> None:
    organisation = factories.organisation()
    case = factories.case(organisation)
    factories.exclusion(organisation, value="acmecorp.com", effect="ask_first")
    operations.release_case(case_id=case.id, kind="excluded", by="key:1", at=AT)
    task = Task.objects.get(case=case, kind="approve")
    assert (task.status, task.outcome) == ("done", "approve")


def test_what_waits_is_counted_by_kind() -> None:
    organisation = factories.organisation()
    case = factories.case(organisation)
    opened(case, due_at=AT - timedelta(days=1))
    opened(case, cause="rpy_2", at=AT - timedelta(hours=2))
    opened(case, kind="call", cause="stp_1", at=AT - timedelta(hours=1))
    opened(factories.case(factories.organisation()), cause="rpy_3")
    tenant = Tenant(organisation.id, False)
    found = queries.needs_you(tenant, at=AT)
    assert [(one.kind, one.count, one.overdue) for one in found] == [("review_reply", 2, 1), ("call", 1, 0)]
    assert found[0].oldest_at == AT - timedelta(hours=2)
    assert [row.cause for row in queries.next_tasks(tenant, "review_reply")] == ["rpy_1", "rpy_2"]


# --- the API


@pytest.fixture
def case(empty_redis: None) -> Case:
    return factories.case(factories.organisation())


def test_tasks_by_api(case: Case) -> None:
    api = factories.client(factories.api_key(case.organisation))
    task = opened(case, due_at=clock.now() - timedelta(days=1))
    late = opened(case, kind="call", cause="stp_1", due_at=clock.now() + timedelta(days=1))
    shown = api.get(f"/v1/tasks/{task.id}").json()
    assert (shown["kind"], shown["outcomes"], shown["debtor"]) == ("review_reply", ["handled", "ignored"], "Acme Corp")

    def listed(**asked: str) -> list[str]:
        answer = api.get("/v1/tasks", asked)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["data"]]

    assert set(listed()) == {task.id, late.id}
    assert listed(kind="call") == [late.id]
    assert listed(overdue="true") == [task.id] and listed(overdue="false") == [late.id]
    assert listed(due_before=clock.iso(clock.now())) == [task.id]
    assert set(listed(case_id=case.id, debtor_id=case.debtor_id, status="open")) == {task.id, late.id}
    assert api.get("/v1/tasks", {"due_before": "yesterday"}).json()["error"] == "invalid_parameter"

    assert api.post(f"/v1/tasks/{task.id}/claim").json()["status"] == "claimed"
    assert api.post(f"/v1/tasks/{task.id}/claim", {"claimed": False}).json()["status"] == "open"
    wrong = api.post(f"/v1/tasks/{task.id}/complete", {"outcome": "nonsense"})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_choice")
    assert api.post(f"/v1/tasks/{task.id}/complete", {}).json()["error"] == "missing_field"
    done = api.post(f"/v1/tasks/{task.id}/complete", {"outcome": "handled", "note": "Called them."}).json()
    assert (done["status"], done["outcome"], done["note"]) == ("done", "handled", "Called them.")
    assert listed(overdue="true") == []


def test_a_drafts_approval_needs_the_messages_scope(case: Case) -> None:
    task = opened(case, kind="approve", cause="hld_1")
    api = factories.client(factories.api_key(case.organisation, scopes=["campaigns:write"]))
    answer = api.post(f"/v1/tasks/{task.id}/complete", {"outcome": "approve"})
    assert (answer.status_code, answer.json()["error"]) == (403, "missing_scope")
    assert Task.objects.get(id=task.id).status == "open"
