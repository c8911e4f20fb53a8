"""A call step: by the sandbox's peer in test mode, by a person in live mode, each judged and made at most once."""

from datetime import timedelta
from typing import Any

import pytest

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Step, Suppression, Task
from outreach import operations, queries
from outreach.models import Call, Decision
from outreach.operations import calling, settling
from outreach.providers import phone
from sandbox import operations as sandbox
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db(transaction=True)

LATER = AT + 2 * DAY


def calls_next(number: str = "+1 212 555 0100", *, livemode: bool = False, **facts: Any) -> tuple[Case, Step]:
    """A case whose first message left two days ago and whose call is due."""
    case = world.case(livemode, **facts)
    Campaign.objects.filter(id=case.campaign_id).update(playbook_version=2, posture="firm")
    Contact.objects.filter(debtor=case.debtor).update(phone=number)
    sent = {"status": "sent", "resolved_at": AT, "handed_over_at": AT, "version": 2}
    world.step(case, **sent)
    return case, world.step(case, "first_call", due_at=LATER, channel="call", version=2)


def again(step: Step) -> Step:
    return Step.objects.get(id=step.id)


@pytest.mark.parametrize(
    ("number", "outcome", "lines"),
    [
        ("+1 212 555 0100", "conversation", 5),
        ("(212) 555-0101", "voicemail", 2),
        ("+12125550102", "busy", 0),
        ("+1 212 555 0103", "refused_recording", 3),
        ("+1 415 555 0177", "no_answer", 0),
    ],
)
def test_the_number_says_who_picks_up(number: str, outcome: str, lines: int) -> None:
    case, step = calls_next(number)
    assert operations.send_due(at=LATER) == 1
    assert operations.send_due(at=LATER) == 0
    call = Call.objects.get(step_id=step.id)
    assert (call.mode, call.status, call.outcome, len(call.transcript)) == ("ai", "completed", outcome, lines)
    assert (again(step).status, again(step).resolved_at) == (Step.Status.SENT, LATER)
    assert world.events(case)[-1] == "call.completed"
    following = Step.objects.get(case=case, status=Step.Status.PLANNED)
    assert (following.intent, following.channel) == ("new_angle", "email")
    assert following.due_at >= LATER + 2 * DAY


def test_the_words_name_who_calls_and_leave_no_debt_on_a_machine() -> None:
    _, step = calls_next("+1 212 555 0101")
    operations.send_due(at=LATER)
    call = Call.objects.get(step_id=step.id)
    first, left = call.script, call.transcript[-1]["text"]
    for said in ("artificial voice", "transcribed and recorded", "Your Company", phone.SANDBOX_CALLBACK):
        assert said in first
    assert "invoice" not in left and "$" not in left and "2025-0847" not in left
    verdicts = {one["rule"]: one["outcome"] for one in Decision.objects.get(id=call.decision_id).verdicts}
    assert {verdicts[rule] for rule in ("R-11", "R-12", "R-13", "R-23", "R-25", "R-26", "R-28")} == {"allow"}


def test_without_a_number_the_step_is_skipped_and_says_so() -> None:
    case, step = calls_next("")
    operations.send_due(at=LATER)
    assert (again(step).status, again(step).reason) == (Step.Status.SKIPPED, "no phone number of this debtor is known")
    assert not Call.objects.exists() and Step.objects.get(case=case, status="planned").intent == "new_angle"


def test_the_companys_number_serves_where_nobody_has_one() -> None:
    case, step = calls_next("")
    Debtor.objects.filter(id=case.debtor_id).update(phone="+1 212 555 0102")
    operations.send_due(at=LATER)
    assert Call.objects.get(step_id=step.id).outcome == "busy"


def test_a_wrong_number_is_never_called_again_and_a_person_looks() -> None:
    case, _ = calls_next("+1 212 555 0104")
    operations.send_due(at=LATER)
    assert Suppression.objects.get().channel == "call"
    assert Task.objects.get(kind="contact_needed").facts["phone"] == "+1 212 555 0104"
    mail = Step.objects.get(case=case, status=Step.Status.PLANNED)
    operations.send_step(step_id=mail.id, at=mail.due_at)
    assert world.mails() == [] and "R-39" in again(mail).reason


def test_the_companys_wrong_number_is_closed_too() -> None:
    case, _ = calls_next("")
    Debtor.objects.filter(id=case.debtor_id).update(phone="+1 212 555 0104")
    operations.send_due(at=LATER)
    assert Suppression.objects.get().address == "+1 212 555 0104"
    case.debtor.refresh_from_db()
    contact = Contact.objects.get(debtor=case.debtor)
    found = queries.facts(
        debtor=case.debtor,
        campaign=case.campaign,
        organisation=case.organisation,
        contact=contact,
        at=LATER,
        opt_out=(False, False),
        channel="call",
    )
    assert [one.reason for one in found.suppressions] == ["wrong_person"]


@pytest.mark.parametrize(("last", "status", "tries"), [("0109", "failed", 1), ("0108", "failed", 3)])
def test_a_call_that_cannot_be_placed(last: str, status: str, tries: int) -> None:
    case, step = calls_next(f"+1 212 555 {last}")
    for n in range(tries):
        assert operations.send_due(at=LATER + n * timedelta(hours=1)) == 1
    assert again(step).status == status
    assert Call.objects.get(step_id=step.id).status == "failed"
    assert world.events(case).count("call.failed") == 1
    assert Step.objects.get(case=case, status="planned").intent == "new_angle"


def test_a_closed_number_is_not_called_and_the_playbook_goes_on() -> None:
    case, step = calls_next()
    campaigns.suppress(contact=Contact.objects.get(), channel="call", reason="opt_out", by="debtor", at=AT)
    operations.send_due(at=LATER)
    assert not Call.objects.filter(status="completed").exists()
    assert again(step).status == Step.Status.DENIED
    assert Step.objects.get(case=case, status="planned").intent == "new_angle"


def test_a_worker_that_died_on_the_line_leaves_a_doubt_and_no_second_call(monkeypatch: pytest.MonkeyPatch) -> None:
    case, step = calls_next()

    def died(self: Any, order: Any) -> None:
        raise RuntimeError("the worker is gone")

    world.far_away(monkeypatch)
    monkeypatch.setattr(phone.SandboxPhone, "call", died)
    operations.send_due(at=LATER)
    assert Call.objects.get().status == Call.Status.HANDED_OVER
    assert settling.sweep_leases(now=clock.now() + timedelta(hours=1)) == 1
    assert (again(step).status, Call.objects.get().status) == ("unconfirmed", "unconfirmed")
    monkeypatch.undo()
    assert operations.send_due(at=LATER + DAY) == 0
    task = Task.objects.get(kind="resolve_doubt")
    campaigns.complete_task(task_id=task.id, outcome="not_sent", note="", by="usr_1", at=LATER + DAY)
    assert (again(step).status, Call.objects.get().status) == ("failed", "failed")
    assert Step.objects.get(case=case, status="planned").intent == "new_angle"


def test_a_worker_that_died_before_the_call_leaves_it_to_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    _, step = calls_next()
    real = calling._hand_over

    def died(*args: Any, **more: Any) -> None:
        raise RuntimeError("the worker is gone")

    world.far_away(monkeypatch)
    monkeypatch.setattr(calling, "_hand_over", died)
    operations.send_due(at=LATER)
    assert settling.sweep_leases(now=clock.now() + timedelta(hours=1)) == 1
    monkeypatch.setattr(calling, "_hand_over", real)
    assert operations.send_step(step_id=step.id, at=LATER).status == Step.Status.SENT
    assert Call.objects.get().status == "completed"


def test_what_changes_while_the_line_opens_stops_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    case, step = calls_next()
    real = calling._hand_over

    def paid(*args: Any, **more: Any) -> None:
        Case.objects.filter(id=case.id).update(balance_minor=100)
        real(*args, **more)

    world.far_away(monkeypatch)
    monkeypatch.setattr(calling, "_hand_over", paid)
    operations.send_due(at=LATER)
    assert (again(step).status, again(step).reason) == ("planned", "what it says changed meanwhile")
    assert Call.objects.get().status == "cancelled"


# --- by a person


BRAND = world.BRAND | {"phone": "+1 646 555 0155"}


@pytest.fixture
def live(settings: Any) -> None:
    settings.SMTP = settings.SMTP | {"host": "mail.example.com"}


@pytest.mark.usefixtures("live")
def test_in_live_mode_a_person_gets_the_script_and_their_word_settles_it() -> None:
    case, step = calls_next(livemode=True, brand=BRAND)
    operations.send_due(at=LATER)
    task = Task.objects.get(kind="call")
    assert (again(step).status, task.cause, task.due_at) == ("needs_human", step.id, LATER)
    script = " ".join(task.facts["script"])
    for said in ("Your Company", "+1 646 555 0155", "Do not record", "On a machine leave only", "8:00 to 18:00"):
        assert said in script
    assert "artificial" not in script
    assert Call.objects.get().status == "reserved"
    campaigns.complete_task(task_id=task.id, outcome="voicemail", note="left a message", by="usr_1", at=LATER + DAY)
    call = Call.objects.get()
    assert (call.mode, call.outcome, call.handed_over_at, call.actor) == ("human", "voicemail", LATER + DAY, "usr_1")
    assert again(step).status == "sent"
    assert Step.objects.get(case=case, status="planned").due_at >= LATER + 3 * DAY


@pytest.mark.usefixtures("live")
def test_without_a_number_to_call_back_nobody_is_asked_to_call() -> None:
    _, step = calls_next(livemode=True)
    operations.send_due(at=LATER)
    assert again(step).status == "denied" and not Task.objects.exists()


@pytest.mark.usefixtures("live")
def test_a_call_nobody_made_expires_and_frees_its_place() -> None:
    case, step = calls_next(livemode=True, brand=BRAND)
    operations.send_due(at=LATER)
    task = Task.objects.get(kind="call")
    assert task.expires_at == LATER + 5 * DAY  # Thursday, and three business days over a weekend
    assert campaigns.expire_tasks(at=task.expires_at) == 1
    assert (again(step).status, Call.objects.get().status) == ("skipped", "cancelled")
    assert Step.objects.get(case=case, status="planned").intent == "new_angle"


@pytest.mark.usefixtures("live")
def test_what_the_law_comes_to_forbid_is_taken_back() -> None:
    case, step = calls_next(livemode=True, brand=BRAND)
    operations.send_due(at=LATER)
    assert operations.recall_tasks(at=LATER + timedelta(hours=12)) == 0  # at night: not forbidden, only not now
    campaigns.hold(kind="cease", on=case.debtor, by="debtor", at=LATER)
    assert operations.recall_tasks(at=LATER) == 1
    assert (again(step).status, Call.objects.get().status) == ("planned", "cancelled")
    assert Task.objects.get(kind="call").status == "cancelled"


def test_where_every_message_waits_for_a_person_no_machine_speaks() -> None:
    case, step = calls_next()
    Campaign.objects.filter(id=case.campaign_id).update(approval="always")
    operations.send_due(at=LATER)
    assert again(step).status == "needs_human" and Call.objects.get().mode == "human"


# --- the API


def test_the_sandbox_makes_the_next_call_as_you_say() -> None:
    case, step = calls_next("+1 212 555 0177")
    api = factories.client(factories.api_key(case.organisation))
    body = {"case_id": case.id, "outcome": "conversation"}
    made = api.post("/v1/sandbox/calls", body)
    assert made.status_code == 201, made.content
    assert (made.json()["outcome"], made.json()["step_id"]) == ("conversation", step.id)
    assert [one["id"] for one in api.get("/v1/calls", {"outcome": "conversation"}).json()["data"]] == [
        made.json()["id"]
    ]
    assert api.get(f"/v1/calls/{made.json()['id']}").json()["transcript"]
    assert api.post("/v1/sandbox/calls", body).json()["error"] == "no_call_planned"
    assert api.post("/v1/sandbox/calls", body | {"outcome": "rude"}).status_code == 400
    live = factories.client(factories.api_key(case.organisation, livemode=True))
    assert live.post("/v1/sandbox/calls", body).json()["error"] == "test_mode_only"


def test_the_sandbox_answers_for_the_person_who_was_to_call() -> None:
    case, step = calls_next()
    Campaign.objects.filter(id=case.campaign_id).update(approval="always")
    operations.send_due(at=LATER)
    api = factories.client(factories.api_key(case.organisation))
    made = api.post("/v1/sandbox/calls", {"case_id": case.id, "outcome": "busy"})
    assert (made.status_code, made.json()["mode"], again(step).status) == (201, "human", "sent")


def test_no_doubt_is_settled_twice() -> None:
    _, step = calls_next()
    operations.send_due(at=LATER)
    with pytest.raises(ApiError, match="doubt"):
        operations.resolve_unconfirmed(step_id=step.id, outcome="sent", by="usr_1", at=LATER)


def test_the_whole_playbook_runs_in_test_mode() -> None:
    organisation = factories.organisation()
    api = factories.client(factories.api_key(organisation))
    facts = {"contact_email": "ap@acmecorp.com", "contact_phone": "+1 212 555 0101", "invoice_amount": 15000}
    made = api.post("/v1/campaigns", {"company": "Acme Corp", **facts}).json()
    done = []
    for _ in range(6):
        step = sandbox.run_next_step(by="test", campaign_id=made["id"])
        done.append((step.channel, step.intent, step.status))
    assert done == [
        ("email", "first_reminder", "sent"),
        ("call", "first_call", "sent"),
        ("email", "new_angle", "sent"),
        ("email", "escalate_controller", "sent"),
        ("call", "call_decision_maker", "sent"),
        ("email", "last_before_next_steps", "sent"),
    ]
    assert Step.objects.get(status="planned").channel == "attorney"


def test_the_story_goes_on_past_a_call_nobody_can_make() -> None:
    case, step = calls_next("")
    assert sandbox.run_next_step(by="test", case_id=case.id).intent == "new_angle"
    assert again(step).status == "skipped"
