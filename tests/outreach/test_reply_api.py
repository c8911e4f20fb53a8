"""What a developer sees: the sandbox's debtors write through the real door, and are understood without a model."""

import threading
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit import clock
from campaigns.models import Case, Contact, Dispute, Hold, LedgerEntry, Step, Suppression, Task
from outreach import operations
from outreach.models import AgentRun, Inbound, Reply
from outreach.reply_schema import REPLY, REPLY_DETAIL
from payments.models import Payment, Promise
from sandbox.replies import TEMPLATES
from tests import factories
from tests.campaigns.world import fits, refused
from tests.outreach import letters_back, world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(empty_redis: None) -> Case:
    found = world.case()
    world.step(found)
    operations.send_due(at=AT)
    assert len(world.mails()) == 1
    return found


@pytest.fixture
def api(case: Case) -> factories.ApiClient:
    return factories.client(factories.api_key(case.organisation))


def write(api: factories.ApiClient, case: Case, **body: Any) -> dict[str, Any]:
    """A simulated reply, read."""
    said = api.post("/v1/sandbox/replies", {"case_id": case.id} | body)
    assert said.status_code == 202, said.content
    operations.process_inbound(at=clock.now())
    return fits(api.get(f"/v1/replies/{Reply.objects.latest('recorded_at').id}"), REPLY_DETAIL)


def held(case: Case) -> set[str]:
    rows = Hold.objects.filter(released_at=None)
    return set(rows.filter(debtor=case.debtor).union(rows.filter(case=case)).values_list("kind", flat=True))


# Template → label, holds that stand afterwards, intent that is planned.
FOLLOWS: dict[str, tuple[str, set[str], str]] = {
    "promise": ("promise_to_pay", {"promise"}, "answer_promise"),
    "partial_promise": ("promise_to_pay", {"promise"}, "answer_promise"),
    "paid": ("paid_claim", {"paid_claim"}, "answer_paid_claim"),
    "dispute": ("dispute", {"dispute"}, "notice_dispute"),
    "plan": ("payment_plan", set(), "answer_plan_options"),
    "invoice_copy": ("request_info", {"compliance_review"}, "answer_copy_coming"),
    "wrong_person": ("wrong_person", {"compliance_review"}, ""),
    "referral": ("refer_to_contact", set(), "answer_referral"),
    "out_of_office": ("out_of_office", set(), ""),
    "hardship": ("hardship", {"hardship", "compliance_review"}, ""),
    "attorney": ("attorney_represented", {"attorney_represented", "compliance_review"}, ""),
    "bankruptcy": ("bankruptcy", {"bankruptcy", "compliance_review"}, ""),
    "cease": ("cease", {"cease", "compliance_review"}, "notice_cease"),
    "opt_out": ("unsubscribe", set(), "notice_opt_out"),
    "legal_threat": ("legal_threat", {"compliance_review"}, ""),
    "who": ("asks_if_human", set(), "answer_who_writes"),
    "vague_promise": ("promise_to_pay", {"compliance_review"}, ""),
}


@pytest.mark.parametrize("template", FOLLOWS)
def test_what_follows_from_each_template(api: factories.ApiClient, case: Case, template: str) -> None:
    label, holds, intent = FOLLOWS[template]
    said = write(api, case, template=template)
    assert (said["label"], held(case)) == (label, holds), said
    planned = list(Step.objects.filter(case=case, index=-1).values_list("intent", flat=True))
    assert planned == ([intent] if intent else [])
    assert said["identity"] == "known" and "> " not in said["text"] and said["quoted"]
    assert AgentRun.objects.filter(reply_id=said["id"]).count() == 1


@pytest.mark.parametrize("template", ["hostile", "injection", "thanks"])
def test_what_no_machine_should_answer_moves_nothing(api: factories.ApiClient, case: Case, template: str) -> None:
    before = LedgerEntry.objects.count()
    said = write(api, case, template=template)
    assert said["status"] == "needs_human" and Task.objects.filter(cause=said["id"]).exists()
    assert (LedgerEntry.objects.count(), Payment.objects.count(), Promise.objects.count()) == (before, 0, 0)
    assert not Step.objects.filter(case=case, index=-1).exists()


def test_every_template_is_tested() -> None:
    assert set(TEMPLATES) == set(FOLLOWS) | {"hostile", "injection", "thanks"}


def test_a_stranger_is_told_nothing(api: factories.ApiClient, case: Case) -> None:
    said = write(api, case, template="promise", **{"from": "stranger@elsewhere.example"})
    assert (said["identity"], said["status"], said["contact_id"]) == ("unknown", "needs_human", None)
    assert not Promise.objects.exists() and not Step.objects.filter(case=case, index=-1).exists()


def test_an_answer_leaves_through_the_gate(api: factories.ApiClient, case: Case) -> None:
    write(api, case, template="who")
    operations.send_due(at=clock.now())
    step = Step.objects.get(case=case, index=-1)
    sent = {mail["Message-ID"]: mail for mail in world.mails()}
    answer = sent[world.message_of(step).rfc_message_id]
    assert step.status == "sent" and answer["In-Reply-To"] in sent and answer["To"].endswith("ap@acmecorp.com")


def test_a_person_says_what_it_is(api: factories.ApiClient, case: Case) -> None:
    said = write(api, case, text="Hm. The thing with the third pallet again.")
    assert said["status"] == "needs_human"
    task = Task.objects.get(cause=said["id"])
    done = fits(api.post(f"/v1/replies/{said['id']}/resolve", {"label": "dispute", "note": "pallet 3"}), REPLY_DETAIL)
    assert (done["status"], done["label"]) == ("handled", "dispute") and "pallet 3" in done["outcome"]
    assert Dispute.objects.get().source == "reply" and held(case) == {"dispute"}
    task.refresh_from_db()
    assert task.status == "done"
    refused(api.post(f"/v1/replies/{said['id']}/resolve", {"label": "dispute"}), 409, "reply_already_handled")


def test_a_label_that_is_none(api: factories.ApiClient, case: Case) -> None:
    said = write(api, case, text="Hm.")
    refused(api.post(f"/v1/replies/{said['id']}/resolve", {"label": "nonsense"}), 400, "invalid_label")
    refused(api.post(f"/v1/replies/{said['id']}/resolve", {}), 400, "missing_field")
    refused(api.post(f"/v1/replies/{said['id']}/resolve", {"label": 3}), 400, "invalid_text")


def test_the_lists(api: factories.ApiClient, case: Case) -> None:
    said = write(api, case, template="who")
    for path in ("/v1/replies", f"/v1/cases/{case.id}/replies", "/v1/replies?label=asks_if_human&status=handled"):
        found = api.get(path).json()["data"]
        assert [one["id"] for one in found] == [said["id"]]
        assert set(found[0]) == set(REPLY["properties"] if "properties" in REPLY else found[0])
    assert api.get("/v1/replies?status=needs_human").json()["data"] == []


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("replies", {"text": "x"}, 400, "missing_field"),
        ("replies", {"case_id": "C"}, 400, "missing_field"),
        ("replies", {"case_id": "C", "text": "x", "template": "who"}, 400, "missing_field"),
        ("replies", {"case_id": "C", "template": "nonsense"}, 400, "invalid_request"),
        ("replies", {"case_id": "cas_none", "text": "x"}, 404, "not_found"),
        ("replies", {"case_id": "C", "text": "x", "from": "a\r\nBcc: b@c.com"}, 400, "invalid_email"),
        ("replies", {"case_id": "C", "text": 3}, 400, "invalid_text"),
        ("bounces", {}, 400, "missing_field"),
        ("bounces", {"case_id": "C", "kind": "odd"}, 400, "invalid_request"),
        ("bounces", {"message_id": "msg_none"}, 404, "not_found"),
        ("opt_outs", {"contact_id": "con_none"}, 404, "not_found"),
        ("opt_outs", {"contact_id": "con_none", "channel": "fax"}, 400, "invalid_request"),
    ],
)
def test_what_the_sandbox_refuses(
    api: factories.ApiClient, case: Case, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    body = {name: case.id if value == "C" else value for name, value in body.items()}
    refused(api.post(f"/v1/sandbox/{path}", body), status, code)
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("path", ["replies", "bounces", "opt_outs"])
def test_a_live_key_simulates_nothing(case: Case, path: str) -> None:
    live = factories.client(factories.api_key(case.organisation, livemode=True))
    refused(live.post(f"/v1/sandbox/{path}", {"case_id": case.id}), 422, "test_mode_only")


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_a_simulated_bounce(api: factories.ApiClient, case: Case, kind: str) -> None:
    assert api.post("/v1/sandbox/bounces", {"case_id": case.id, "kind": kind}).status_code == 202
    operations.process_inbound(at=clock.now())
    assert Contact.objects.get().email_status == ("invalid" if kind == "hard" else "unknown")
    assert world.events(case).count("message.bounced") == 1


def test_a_simulated_complaint(api: factories.ApiClient, case: Case) -> None:
    """By the door a mail provider tells it by: that address is closed, and the message did arrive."""
    taken = api.post("/v1/sandbox/bounces", {"case_id": case.id, "kind": "complaint"})
    assert taken.status_code == 202, taken.content
    assert Inbound.objects.get(id=taken.json()["inbound_id"]).provider == "sandbox:events"
    operations.process_inbound(at=clock.now())
    found = Suppression.objects.get()
    assert (found.channel, found.reason, found.contact_id) == ("email", "complaint", Contact.objects.get().id)
    assert Contact.objects.get().email_status == "unknown" and "message.bounced" not in world.events(case)


def test_nothing_can_come_back_before_something_left(empty_redis: None) -> None:
    fresh = world.case()
    client = factories.client(factories.api_key(fresh.organisation))
    refused(client.post("/v1/sandbox/bounces", {"case_id": fresh.id}), 409, "nothing_sent")


@pytest.mark.parametrize("channel", ["email", "call"])
def test_a_simulated_opt_out(api: factories.ApiClient, case: Case, channel: str) -> None:
    person = Contact.objects.get()
    Contact.objects.update(phone="+12025550143")
    assert api.post("/v1/sandbox/opt_outs", {"contact_id": person.id, "channel": channel}).status_code == 202
    operations.process_inbound(at=clock.now())
    found = Suppression.objects.get()
    assert (found.channel, found.reason, found.contact_id) == (channel, "opt_out", person.id)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="one writer at a time on SQLite")
def test_two_doors_and_two_readers_at_once_are_one(empty_redis: None) -> None:
    for _ in range(20):
        case = world.case()
        world.step(case)
        raw = letters_back.mail(case, "We dispute this invoice: the goods were never delivered.").as_string()
        before = (Reply.objects.count(), Dispute.objects.count())
        start = threading.Barrier(4)

        def both(raw: str = raw, start: threading.Barrier = start) -> None:
            try:
                start.wait(5)
                letters_back.arrive(raw)
                operations.process_inbound(at=AT)
            finally:
                connection.close()

        threads = [threading.Thread(target=both) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        operations.process_inbound(at=AT)
        assert (Reply.objects.count(), Dispute.objects.count()) == (before[0] + 1, before[1] + 1)
        assert world.events(case).count("reply.received") == 1
