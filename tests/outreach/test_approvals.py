"""A person's word before a message leaves: held, approved, rejected, edited; silence never sends."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Hold, Step, Task
from outreach import operations
from outreach.models import Message
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db
BY = "member:mem_1"


def asked_first(approval: str = "first_message", **facts: Any) -> Case:
    case = world.case(**facts)
    Campaign.objects.filter(id=case.campaign_id).update(approval=approval)
    return case


def held(case: Case, at: Any = AT) -> Message:
    """Its first message, written and waiting."""
    step = world.step(case, due_at=at)
    operations.send_due(at=at)
    return world.message_of(step)


def test_a_draft_waits_and_silence_never_sends() -> None:
    case = asked_first()
    draft = held(case)
    step, task = Step.objects.get(case=case), Task.objects.get(case=case)
    assert (draft.status, step.status) == ("draft", "needs_human")
    assert (task.kind, task.cause, task.facts["message_id"], task.expires_at) == ("approve", step.id, draft.id, None)
    assert Hold.objects.get(case=case, released_at=None).kind == "approval"
    assert "message.approval_requested" in world.events(case)
    for days in (1, 30, 200):
        campaigns.expire_tasks(at=AT + days * DAY)
        operations.send_due(at=AT + days * DAY)
    assert world.mails() == [] and Task.objects.get(id=task.id).status == "open"


def test_a_draft_fills_no_cap() -> None:
    first = asked_first("always")
    held(first)
    step = world.step(
        world.case(organisation=first.organisation, debtor=first.debtor, invoice_number="2", invoice_key="2")
    )
    operations.send_due(at=AT)
    assert Step.objects.get(id=step.id).status == "sent"


def test_approved_it_leaves_as_it_was_read() -> None:
    case = asked_first()
    draft = held(case)
    operations.approve_message(message_id=draft.id, by=BY, at=AT)
    operations.approve_message(message_id=draft.id, by="member:mem_2", at=AT)
    assert not Hold.objects.filter(case=case, released_at=None).exists()
    assert Task.objects.get(case=case).outcome == "approve"
    operations.send_due(at=AT)
    left = Message.objects.get(id=draft.id)
    assert (left.status, left.approved_by, left.approved_at, left.text) == ("sent", BY, AT, draft.text)
    [mail] = world.mails()
    assert mail["To"].addresses[0].addr_spec == draft.recipient


def test_a_name_with_braces_stays_a_name_in_approved_words() -> None:
    case = asked_first()
    case.debtor.name = "Acme {amount} {x} Corp"
    case.debtor.save(update_fields=["name"])
    draft = held(case)
    assert "Acme {amount} {x} Corp" in draft.text
    operations.approve_message(message_id=draft.id, by=BY, at=AT)
    operations.send_due(at=AT)
    left = Message.objects.get(id=draft.id)
    assert (left.status, left.text) == ("sent", draft.text)


def test_the_task_is_the_same_word() -> None:
    case = asked_first()
    held(case)
    task = Task.objects.get(case=case)
    campaigns.complete_task(task_id=task.id, outcome="approve", note="", by=BY, at=AT)
    operations.send_due(at=AT)
    assert len(world.mails()) == 1
    with pytest.raises(ApiError):
        campaigns.complete_task(task_id=task.id, outcome="reject", note="no", by=BY, at=AT)


def test_rejected_it_is_never_sent_and_nothing_waits_any_more() -> None:
    case = asked_first()
    draft, task = held(case), Task.objects.get(case=case)
    with pytest.raises(ApiError) as refused:
        campaigns.complete_task(task_id=task.id, outcome="reject", note=" ", by=BY, at=AT)
    assert refused.value.code == "note_required"
    campaigns.complete_task(task_id=task.id, outcome="reject", note="We spoke on the phone.", by=BY, at=AT)
    step = Step.objects.get(id=draft.step_id)
    assert (step.status, step.reason) == ("denied", "not approved: We spoke on the phone.")
    assert Message.objects.get(id=draft.id).status == "rejected"
    assert not Hold.objects.filter(case=case, released_at=None).exists()
    assert Step.objects.filter(case=case, status="planned").count() == 1
    for late in (operations.approve_message, lambda **all: operations.edit_message(paragraphs=["x"], **all)):
        with pytest.raises(ApiError) as over:
            late(message_id=draft.id, by=BY, at=AT)
        assert over.value.code == "message_not_waiting"
    operations.send_due(at=AT)
    assert world.mails() == []


def test_a_draft_whose_facts_changed_is_written_and_asked_about_anew() -> None:
    case = asked_first()
    draft = held(case)
    operations.approve_message(message_id=draft.id, by=BY, at=AT)
    campaigns.credit(case_id=case.id, amount_minor=100_000, reason="returned", reference="", by=BY, at=AT)
    for _ in range(3):
        operations.send_due(at=AT)
    again = Message.objects.get(id=draft.id)
    assert world.mails() == []
    assert (again.status, again.approved_by) == ("draft", "")
    assert again.facts_hash != draft.facts_hash and again.text != draft.text
    operations.approve_message(message_id=draft.id, by=BY, at=AT)
    operations.send_due(at=AT)
    assert len(world.mails()) == 1


def test_edited_words_pass_the_guards_and_still_wait() -> None:
    draft = held(asked_first())
    words = ["We wrote about {the_invoice} before. Could you let us know when {amount} can be expected?"]
    edited = operations.edit_message(message_id=draft.id, paragraphs=words, by=BY, at=AT)
    assert edited.drafter == "person" and "{" not in edited.text and "$15,000.00" in edited.paragraphs[0]
    operations.send_due(at=AT)
    assert world.mails() == []
    operations.approve_message(message_id=draft.id, by=BY, at=AT)
    operations.send_due(at=AT)
    [mail] = world.mails()
    assert "Could you let us know when $15,000.00 can be expected?" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Pay or the police will come.", "guards_object"),
        ("You owe $99,999.00 by Friday.", "guards_object"),
        ("Send it to https://evil.example/pay", "guards_object"),
        ("{no_such_thing}", "invalid_request"),
        ("   ", "invalid_request"),
    ],
)
def test_words_that_may_not_be_sent_change_nothing(words: str, code: str) -> None:
    draft = held(asked_first())
    with pytest.raises(ApiError) as refused:
        operations.edit_message(message_id=draft.id, paragraphs=[words], by=BY, at=AT)
    assert refused.value.code == code
    assert Message.objects.get(id=draft.id).text == draft.text


@pytest.mark.parametrize(
    ("campaign", "organisation", "livemode", "expected"),
    [
        ("", "first_message", False, False),  # test mode waits for nobody, unless the campaign says so
        ("", "first_message", True, True),
        ("", "none", True, False),
        ("none", "always", True, False),
        ("always", "none", False, True),
        ("first_per_debtor", "none", True, True),
    ],
)
def test_who_says_which_drafts_wait(campaign: str, organisation: str, livemode: bool, expected: bool) -> None:
    case = world.case(livemode=livemode, organisation=factories.organisation(approval=organisation))
    case.campaign.approval = campaign
    rows = {"campaign": case.campaign, "organisation": case.organisation, "debtor": case.debtor}
    assert operations.approvals.must_wait(**rows, step=world.step(case)) is expected
    assert not operations.approvals.must_wait(**rows, step=world.step(case, "second_reminder", kind="notice"))
    answer = world.step(case, "escalate_controller", kind="answer")
    assert operations.approvals.must_wait(**rows, step=answer) is (campaign == "always")


def test_the_first_message_asks_for_the_whole_campaign() -> None:
    first = asked_first()
    other = world.case(organisation=first.organisation, campaign=first.campaign)
    draft = held(first)
    waiting = world.step(other)
    operations.send_due(at=AT)
    assert Message.objects.filter(status="draft").count() == 1 and Task.objects.count() == 1
    operations.approve_message(message_id=draft.id, by=BY, at=AT)
    operations.send_due(at=AT)
    assert Step.objects.get(id=waiting.id).status == "sent"
    assert len(world.mails()) == 2


def test_the_first_to_each_debtor_asks_for_each() -> None:
    first = asked_first("first_per_debtor")
    other = world.case(organisation=first.organisation, campaign=first.campaign)
    world.step(other)
    held(first)
    assert Message.objects.filter(status="draft").count() == 2


def test_a_closed_case_takes_its_draft_along() -> None:
    case = asked_first()
    draft = held(case)
    campaigns.close_case(case_id=case.id, reason="recalled", note="", by="key:1", at=AT)
    assert Message.objects.get(id=draft.id).status == "cancelled"
    assert Step.objects.get(id=draft.step_id).status == "cancelled"
    assert Task.objects.get(case=case).status == "cancelled"
    with pytest.raises(ApiError):
        operations.approve_message(message_id=draft.id, by=BY, at=AT)


# --- races: real threads on real connections


def _together(*works: Callable[[], Any]) -> list[Any]:
    gate, found = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            found.append(work())
        except ApiError as refused:
            found.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == len(works)
    return found


@pytest.mark.django_db(transaction=True)
def test_approved_by_two_at_once_it_leaves_once() -> None:
    case = asked_first()
    draft = held(case)
    approve = {"message_id": draft.id, "at": AT}
    _together(*(lambda n=n: operations.approve_message(by=f"member:{n}", **approve) for n in range(4)))
    _together(*(lambda: operations.send_due(at=AT) for _ in range(2)))
    assert world.events(case).count("message.approved") == 1
    assert len(world.mails()) == 1


@pytest.mark.django_db(transaction=True)
def test_edited_while_approved_one_of_them_was_first() -> None:
    case = asked_first()
    draft = held(case)
    words = ["Could you let us know when {amount} can be expected?"]
    found = _together(
        lambda: operations.approve_message(message_id=draft.id, by=BY, at=AT).status,
        lambda: operations.edit_message(message_id=draft.id, paragraphs=words, by=BY, at=AT).status,
    )
    operations.send_due(at=AT)
    [mail] = world.mails()
    text = mail.get_body(("plain",)).get_content()
    edited = "message_not_waiting" not in found
    assert ("Could you let us know when $15,000.00" in text) is edited


# --- the API


@pytest.fixture
def api_case(empty_redis: None) -> Case:
    return asked_first()


def test_approvals_by_api(api_case: Case) -> None:
    draft = held(api_case)
    api = factories.client(factories.api_key(api_case.organisation))
    [row] = api.get("/v1/approvals").json()["data"]
    assert (row["id"], row["status"], row["facts"]["balance"]) == (draft.id, "draft", 15000)
    assert row["text"] == draft.text and row["paragraphs"] == draft.paragraphs
    assert api.get("/v1/approvals", {"campaign_id": "cmp_other"}).json()["data"] == []
    path = f"/v1/messages/{draft.id}"
    assert api.post(f"{path}/reject", {}).json()["error"] == "missing_field"
    refused = api.post(f"{path}/edit", {"paragraphs": ["Pay or the police will come."]})
    assert (refused.status_code, refused.json()["error"]) == (422, "guards_object")
    assert refused.json()["findings"][0]["guard"]
    words = ["Could you let us know when {amount} can be expected?"]
    assert api.post(f"{path}/edit", {"paragraphs": words}).json()["drafter"] == "person"
    shown = api.post(f"{path}/approve").json()
    assert shown["approved_by"].startswith("key:") and shown["approved_at"]
    assert api.post(f"{path}/approve").status_code == 200
    assert api.get("/v1/approvals").json()["data"] == []
    assert api.post(f"{path}/reject", {"reason": "After all, no."}).json()["status"] == "rejected"
    assert api.post(f"{path}/approve").json()["error"] == "message_not_waiting"
    operations.send_due(at=AT + timedelta(hours=1))
    assert world.mails() == []


def test_reading_drafts_approves_none(api_case: Case) -> None:
    draft = held(api_case)
    api = factories.client(factories.api_key(api_case.organisation, scopes=["messages:read"]))
    assert api.get("/v1/approvals").status_code == 200
    assert api.post(f"/v1/messages/{draft.id}/approve").status_code == 403


def test_the_campaign_says_it_by_api(api_case: Case) -> None:
    api = factories.client(factories.api_key(api_case.organisation))
    row = {"company_name": "Beta Ltd", "invoice_amount": 100, "contact_email": "ap@beta.example"}
    made = api.post("/v1/campaigns", {"company": "Us", "debtors": [row], "approval": "always"})
    assert made.status_code == 201, made.content
    path = f"/v1/campaigns/{made.json()['campaign_id']}"
    assert api.get(path).json()["approval"] == "always"
    assert api.patch(path, {"approval": None}).json()["approval"] is None
    assert api.patch(path, {"approval": "sometimes"}).json()["error"] == "invalid_choice"
