"""One invoice: what was agreed and objected to, why each step stands as it does, and what a person records there."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from agentcollect.kit import clock
from campaigns.models import Case, Dispute, Hold
from payments.models import Plan, Promise
from tests import factories, settling
from tests.dashboard import world


def address(case: Case) -> str:
    return f"/dashboard/cases/{case.id}"


def page_of(owner: Client, case: Case) -> str:
    return owner.get(address(case)).content.decode()


def test_what_stands_is_shown(owner: Client, busy: world.Busy) -> None:
    promised = page_of(owner, busy.promised)
    assert '<h2 id="promise-title">' in promised and "$901.00" in promised and "A payment was promised" in promised
    plan = page_of(owner, busy.in_plan)
    assert plan.count("To come") == 3 and "It is paid in instalments" in plan
    objection = page_of(owner, busy.disputed)
    assert "What came was faulty" in objection and "Half of it &lt;b&gt;broke&lt;/b&gt;." in objection
    talk = page_of(owner, busy.talking)
    assert "we sent the third pallet back" in talk and "55.0% sure" in talk and "<script>alert" not in talk
    assert "Why it stands so:" in talk


def test_every_step_says_why(owner: Client, filled: world.World) -> None:
    page = page_of(owner, Case.objects.get(id=filled.case_id)).partition("Every step, and why")[2]
    rows = page.partition("</table>")[0].split("<tr>")[2:]
    assert rows
    for row in rows:
        why = row.split("<td>")[3].partition("</td>")[0]
        assert why.strip(), row


def test_a_promise_is_recorded_and_cancelled(owner: Client, busy: world.Busy) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    answer = owner.post(f"{address(busy.talking)}/promise", {"amount": "$500.00", "due_on": day.isoformat()})
    assert answer.status_code == 302
    made = Promise.objects.get(case=busy.talking)
    assert (made.amount_minor, made.due_on, made.source, made.status) == (50_000, day, "creditor", "open")
    owner.post(f"{address(busy.talking)}/promises/{made.id}/cancel")
    made.refresh_from_db()
    assert made.status == "cancelled"


def test_a_proposed_promise_is_confirmed(owner: Client, busy: world.Busy) -> None:
    Promise.objects.filter(case=busy.talking).delete()
    made = settling.promise(busy.talking, status="proposed")
    assert "That is a promise" in page_of(owner, busy.talking)
    owner.post(f"{address(busy.talking)}/promises/{made.id}/confirm")
    made.refresh_from_db()
    assert made.status == "open"


@pytest.mark.parametrize(
    ("amount", "days", "field"),
    [("much", 3, "amount"), ("-5", 3, "amount"), ("99999", 3, "amount"), ("10", 400, "due_on"), ("10", None, "due_on")],
)
def test_a_fault_stands_beside_its_field(
    owner: Client, busy: world.Busy, amount: str, days: int | None, field: str
) -> None:
    day = (clock.now() + timedelta(days=days)).date().isoformat() if days else "soon"
    answer = owner.post(f"{address(busy.talking)}/promise", {"amount": amount, "due_on": day})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="promise-{field}_error"' in page
    assert f'value="{amount}"' in page and not Promise.objects.filter(case=busy.talking).exists()


def test_an_objection_is_opened_answered_and_ended(owner: Client, busy: world.Busy) -> None:
    base = address(busy.talking)
    owner.post(f"{base}/dispute", {"reason": "quality", "text": "Broken.", "amount": "100"})
    made = Dispute.objects.get(case=busy.talking)
    assert (made.status, made.amount_minor, made.text) == ("opened", 10_000, "Broken.")
    assert owner.post(f"{base}/dispute/answer", {"answer": " "}).status_code == 422
    assert owner.post(f"{base}/dispute/answer", {"answer": "We send another."}).status_code == 302
    assert owner.post(f"{base}/dispute/resolve", {"outcome": "partially_upheld"}).status_code == 422
    too_much = owner.post(f"{base}/dispute/resolve", {"outcome": "partially_upheld", "amount": "100"})
    assert too_much.status_code == 422 and b'id="resolve-amount_error"' in too_much.content
    owner.post(f"{base}/dispute/resolve", {"outcome": "partially_upheld", "amount": "40", "note": "One pallet."})
    made.refresh_from_db()
    assert (made.status, made.reduced_minor, made.answer) == ("partially_upheld", 4_000, "We send another.")
    again = owner.post(f"{base}/dispute/resolve", {"outcome": "rejected"})
    assert b"over already" in owner.get(again["Location"]).content


def test_a_plan_is_cancelled(owner: Client, busy: world.Busy) -> None:
    plan = Plan.objects.get(case=busy.in_plan)
    owner.post(f"{address(busy.in_plan)}/plans/{plan.id}/cancel")
    plan.refresh_from_db()
    assert plan.status == "cancelled"


def test_what_the_debtor_set_is_not_released_by_hand(owner: Client, busy: world.Busy) -> None:
    held = Hold.objects.get(case=busy.disputed, kind="dispute", released_at=None)
    assert f"/holds/{held.id}/release" not in page_of(owner, busy.disputed)
    answer = owner.post(f"{address(busy.disputed)}/holds/{held.id}/release", follow=True)
    assert b'class="notice bad"' in answer.content
    held.refresh_from_db()
    assert held.released_at is None


def acts(busy: world.Busy) -> list[str]:
    promise, plan = Promise.objects.get(case=busy.promised), Plan.objects.get(case=busy.in_plan)
    held = Hold.objects.filter(case=busy.promised).first()
    return [
        f"{address(busy.promised)}/promises/{promise.id}/cancel",
        f"{address(busy.promised)}/promises/{promise.id}/confirm",
        f"{address(busy.in_plan)}/plans/{plan.id}/cancel",
        f"{address(busy.promised)}/holds/{held.id}/release",
        *(f"{address(busy.disputed)}/{what}" for what in ("promise", "dispute", "dispute/answer", "dispute/resolve")),
    ]


def test_neither_a_viewer_nor_a_stranger_acts(busy: world.Busy) -> None:
    viewer, stranger = Client(), Client()
    viewer.force_login(world.member(busy.organisation, "viewer").user)
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    for path in acts(busy):
        assert viewer.post(path).status_code == 403, path
        assert stranger.post(path).status_code == 404, path
    assert Promise.objects.get(case=busy.promised).status == "open"
    assert Plan.objects.get(case=busy.in_plan).status == "active"


def test_one_invoices_promise_is_not_cancelled_through_another(owner: Client, busy: world.Busy) -> None:
    promise = Promise.objects.get(case=busy.promised)
    assert owner.post(f"{address(busy.in_plan)}/promises/{promise.id}/cancel").status_code == 404


def plan_form(**fields: str) -> dict[str, str]:
    day = (clock.now() + timedelta(days=5)).date().isoformat()
    return {"instalments": "3", "every": "month", "first_on": day} | fields


def test_the_instalments_are_shown_before_anything_is_offered(owner: Client, busy: world.Busy) -> None:
    path = f"{address(busy.talking)}/plan"
    assert "3 parts of $301.34" in page_of(owner, busy.talking)
    answer = owner.post(path, plan_form())
    page = answer.content.decode()
    assert answer.status_code == 200 and page.count("$301.33") == 2
    assert "Nothing is offered yet." in page and not Plan.objects.filter(case=busy.talking).exists()
    assert re.findall(r'type="hidden" name="(instalments|every|first_on)"', page) == [
        "instalments",
        "every",
        "first_on",
    ]


@pytest.mark.parametrize(
    ("do", "status", "case_status"), [("offer", "offered", "active"), ("start", "active", "in_plan")]
)
def test_a_plan_is_offered_or_started(owner: Client, busy: world.Busy, do: str, status: str, case_status: str) -> None:
    assert owner.post(f"{address(busy.talking)}/plan", plan_form(do=do)).status_code == 302
    plan = Plan.objects.get(case=busy.talking)
    busy.talking.refresh_from_db()
    assert (plan.status, plan.source, busy.talking.status) == (status, "creditor", case_status)
    assert ("They agreed</button>" in page_of(owner, busy.talking)) == (do == "offer")
    owner.post(f"{address(busy.talking)}/plans/{plan.id}/accept")
    plan.refresh_from_db()
    assert plan.status == "active"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"instalments": "9"}, "Select a valid choice"),
        ({"first_on": "2020-01-01"}, "must begin today or later"),
        ({"first_on": "2099-01-01"}, "is too late"),
    ],
)
@pytest.mark.parametrize("do", ["", "start"])
def test_a_plan_outside_the_policy_is_refused_beside_its_field(
    owner: Client, busy: world.Busy, fields: dict[str, str], fault: str, do: str
) -> None:
    answer = owner.post(f"{address(busy.talking)}/plan", plan_form(do=do) | fields)
    assert answer.status_code == 422 and fault in answer.content.decode()
    assert not Plan.objects.filter(case=busy.talking).exists()


def test_where_no_plan_is_granted_none_is_offered(owner: Client, busy: world.Busy) -> None:
    type(busy.organisation).objects.filter(id=busy.organisation.id).update(offer_policy={"plans": False})
    assert "They ask to pay in instalments" not in page_of(owner, busy.talking)
    answer = owner.post(f"{address(busy.talking)}/plan", plan_form(do="start"), follow=True)
    assert b"You grant no instalments" in answer.content and not Plan.objects.filter(case=busy.talking).exists()


def test_information_is_asked_for(owner: Client, busy: world.Busy) -> None:
    path = f"{address(busy.disputed)}/dispute/ask"
    assert owner.post(path, {"question": ""}).status_code == 422
    owner.post(path, {"question": "Which half <i>broke</i>?"})
    dispute = Dispute.objects.get(case=busy.disputed)
    assert (dispute.status, dispute.evidence["questions"][0]["asked"]) == (
        "information_requested",
        "Which half <i>broke</i>?",
    )
    page = page_of(owner, busy.disputed)
    assert "Which half &lt;i&gt;broke&lt;/i&gt;?" in page and "Ask for information" not in page
