"""`/v1/cases`: search, the whole case, why it stands as it does, a new search for people."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.db import connection

from agentcollect.kit import clock
from agentcollect.kit.shapes import page
from campaigns import operations, queries
from campaigns.models import Case, Debtor, Step
from campaigns.schema.cases import CASE, CASE_DETAIL
from events.models import Event
from tests import factories
from tests.campaigns.world import ROW, TUESDAY, client, fits, numbered, only, placed, planned, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return client()


@pytest.fixture(autouse=True)
def tuesday() -> Any:
    with time_machine.travel(TUESDAY, tick=False) as moment:
        yield moment


# --- search


@pytest.fixture
def three(api: factories.ApiClient) -> dict[str, Case]:
    placed(
        api,
        ROW | {"company_name": "Müller Söhne GmbH", "invoice_number": "INV-2025-0847", "external_id": "erp-1"},
        ROW | {"company_name": "100%_Real Inc", "contact_email": "ap@real.com", "invoice_number": "B-0099"},
    )
    placed(
        api, ROW | {"company_name": "Acme Corp", "contact_email": "", "invoice_number": "C-1", "metadata": {"a": "b"}}
    )
    return {case.invoice_number: case for case in Case.objects.all()}


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("muller", {"INV-2025-0847"}),
        ("SÖHNE", {"INV-2025-0847"}),
        ("2025-0847", {"INV-2025-0847"}),
        ("  acme   corp ", {"C-1"}),
        ("0%_r", {"B-0099"}),
        ("%_%", set()),
        ("00", set()),
        ("b-", {"B-0099"}),
        ("in", {"INV-2025-0847", "B-0099"}),
        ("nobody", set()),
    ],
    ids=[
        "no accents",
        "other case",
        "inside",
        "spaces",
        "wildcards are letters",
        "only wildcards",
        "two inside",
        "two",
        "in",
        "none",
    ],
)
def test_q_finds_part_of_the_company_or_the_number(
    api: factories.ApiClient, three: dict[str, Case], words: str, numbers: set[str]
) -> None:
    found = fits(api.get("/v1/cases", {"q": words}), page(CASE))
    assert {one["invoice_number"] for one in found["data"]} == numbers


@pytest.mark.parametrize("few", [500, 0], ids=["few holds", "many holds"])
def test_the_filters_of_the_list(api: factories.ApiClient, three: dict[str, Case], monkeypatch: Any, few: int) -> None:
    monkeypatch.setattr(import_module("campaigns.queries.cases"), "_FEW", few)
    muller, real, acme = three["INV-2025-0847"], three["B-0099"], three["C-1"]
    api.post(f"/v1/cases/{real.id}/hold", {"kind": "legal_hold", "reason": "court"})
    operations.hold(kind="do_not_contact", on=acme.debtor, by="test", at=TUESDAY)
    operations.hold(kind="approval", on=muller.campaign, by="test", at=TUESDAY)
    api.post(f"/v1/cases/{muller.id}/close", {"reason": "recalled"})

    def found(**asked: str) -> set[str]:
        return {one["id"] for one in api.get("/v1/cases", asked).json()["data"]}

    assert found(hold="legal_hold") == {real.id} and found(hold="do_not_contact") == {acme.id}
    assert found(hold="approval") == {real.id}, "the campaign's hold covers what is still open in it"
    assert found(hold="cease") == set()
    assert found(status="closed") == {muller.id} == found(close_reason="recalled") == found(external_id="erp-1")
    assert found(campaign_id=acme.campaign_id) == {acme.id} == found(debtor_id=acme.debtor_id)
    assert found(invoice_number="inv-2025-0847") == {muller.id} and found(invoice_number="2025-0847") == set()
    assert found(**{"metadata[a]": "b"}) == {acme.id}
    assert found(updated_since="2026-03-18T00:00:00Z") == set()
    for asked in ({"q": "x"}, {"q": "x" * 101}, {"hold": "nap"}, {"status": "lost"}):
        refused(api.get("/v1/cases", asked), 400, "invalid_parameter", next(iter(asked)))


def test_a_hold_whose_time_has_come_is_not_found(
    api: factories.ApiClient, three: dict[str, Case], tuesday: Any
) -> None:
    case = three["C-1"]
    until = clock.iso(TUESDAY + timedelta(days=1))
    api.post(f"/v1/cases/{case.id}/hold", {"kind": "creditor_pause", "reason": "x", "until": until})
    assert len(api.get("/v1/cases", {"hold": "creditor_pause"}).json()["data"]) == 1
    tuesday.shift(timedelta(days=1))
    assert api.get("/v1/cases", {"hold": "creditor_pause"}).json()["data"] == []


def test_search_uses_an_index_on_postgresql(api: factories.ApiClient, three: dict[str, Case]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite reads the organisation's rows")
    rows = queries.searched(Case.objects.all(), "muller").only("id")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "campaigns_case_search" in rows.explain()


def test_another_number_is_found_under_it(api: factories.ApiClient, three: dict[str, Case]) -> None:
    case = three["C-1"]
    api.patch(f"/v1/cases/{case.id}", {"invoice_number": "ZZ-77"})
    assert [one["id"] for one in api.get("/v1/cases", {"q": "zz-7"}).json()["data"]] == [case.id]
    assert api.get("/v1/cases", {"q": "c-1"}).json()["data"] == []


# --- one case


def test_the_whole_case(api: factories.ApiClient) -> None:
    case = only(placed(api, ROW | {"amount_paid": 5000, "notes": "net 30", "po_number": "PO-9"}))
    said = fits(api.get(f"/v1/cases/{case.id}"), CASE_DETAIL)
    assert (said["invoice_amount"], said["amount_paid"], said["balance"]) == (15000, 5000, 10000)
    assert (said["notes"], said["po_number"]) == ("net 30", "PO-9")
    assert [(line["kind"], line["amount"]) for line in said["ledger"]] == [("principal", 10000)]
    assert said["next_step"]["intent"] == "first_reminder" and said["next_step"]["due_at"] == said["next_contact_at"]
    assert said["why"]["code"] == "planned" and said["holds"] == []
    assert [one["email"] for one in said["contacts"]] == ["ap@acmecorp.com"]
    assert {one["event"] for one in said["timeline"]} == {"case.opened"}


def test_expand_shows_debtor_and_campaign_whole(api: factories.ApiClient) -> None:
    case = only(placed(api, name="March"))
    for said in (
        api.get(f"/v1/cases/{case.id}", {"expand": "debtor,campaign"}).json(),
        api.get("/v1/cases", {"expand": "campaign,debtor"}).json()["data"][0],
    ):
        assert said["debtor"]["id"] == case.debtor_id and said["debtor"]["name"] == "Acme Corp"
        assert said["campaign"]["name"] == "March"
    refused(api.get(f"/v1/cases/{case.id}", {"expand": "organisation"}), 400, "invalid_expand", "expand")


def test_a_case_with_much_around_it_asks_the_database_no_more(
    api: factories.ApiClient, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    one, many = only(placed(api)), only(placed(api, *numbered(1)))
    for kind in ("creditor_pause", "legal_hold", "balance_unconfirmed", "bankruptcy"):
        api.post(f"/v1/cases/{many.id}/hold", {"kind": kind, "reason": "because"})
    for n in range(4):
        api.post(f"/v1/cases/{many.id}/credits", {"amount": 1, "reason": "r"})
        factories.contact(many.debtor, email=f"p{n}@debtor0.com")
    api.get(f"/v1/cases/{one.id}")
    with django_assert_max_num_queries(9) as few:
        api.get(f"/v1/cases/{one.id}", {"expand": "debtor,campaign"})
    with django_assert_num_queries(len(few)):
        said = api.get(f"/v1/cases/{many.id}", {"expand": "debtor,campaign"}).json()
    assert (len(said["holds"]), len(said["ledger"]), len(said["contacts"])) == (4, 5, 5)


def test_the_list_asks_the_database_no_more_for_more(
    api: factories.ApiClient, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    placed(api)
    api.get("/v1/cases")
    with django_assert_max_num_queries(4) as few:
        api.get("/v1/cases", {"expand": "debtor,campaign", "q": "inc"})
    asked = len(few)
    placed(api, *numbered(5))
    placed(api, *numbered(5, begin=5))
    with django_assert_num_queries(asked + 2):  # nothing was found before, so nothing was expanded
        assert len(api.get("/v1/cases", {"expand": "debtor,campaign", "q": "inc"}).json()["data"]) == 10


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda api, case: api.post(f"/v1/campaigns/{case.campaign_id}/pause"), "campaign_paused"),
        (lambda api, case: api.post(f"/v1/cases/{case.id}/hold", {"kind": "cease", "reason": "letter"}), "held"),
        (lambda api, case: api.post(f"/v1/cases/{case.id}/close", {"reason": "duplicate"}), "closed"),
        (lambda api, case: Step.objects.update(reason="outside permitted hours"), "waiting"),
        (lambda api, case: Step.objects.update(status="sending"), "sending"),
        (lambda api, case: Step.objects.update(status="unconfirmed"), "in_doubt"),
        (lambda api, case: Step.objects.update(status="denied", reason="it needs you"), "needs_you"),
        (lambda api, case: Step.objects.update(status="sent"), "finished"),
        (lambda api, case: Case.objects.update(status="needs_contact"), "needs_contact"),
        (lambda api, case: Case.objects.update(status="enriching"), "enriching"),
        (lambda api, case: Case.objects.update(status="escalation_pending"), "escalation_pending"),
        (lambda api, case: Case.objects.update(status="escalated"), "with_attorney"),
        (lambda api, case: Case.objects.update(status="disputed"), "disputed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_case_always_says_why_it_stands_as_it_does(api: factories.ApiClient, act: Any, code: str) -> None:
    case = only(placed(api))
    act(api, case)
    said = fits(api.get(f"/v1/cases/{case.id}"), CASE_DETAIL)
    assert said["why"]["code"] == code
    assert (said["next_step"] is None) == (code in {"closed", "in_doubt", "needs_you", "finished"})


# --- a new search for people


def test_people_are_searched_for_again_at_most_once_a_day(api: factories.ApiClient, tuesday: Any) -> None:
    case = only(placed(api, {"company_name": "Acme Corp", "invoice_amount": 5}))
    operations.enrichment_done(debtor_id=case.debtor_id, at=TUESDAY)
    assert api.get(f"/v1/cases/{case.id}").json()["why"]["code"] == "needs_contact"
    assert api.post(f"/v1/cases/{case.id}/enrich").status_code == 200
    tuesday.shift(timedelta(days=1))

    answer = api.post(f"/v1/cases/{case.id}/enrich")
    said = fits(answer, CASE_DETAIL, 202)
    assert said["status"] == "enriching" and answer.headers["Location"] == f"/v1/cases/{case.id}"
    assert api.post(f"/v1/cases/{case.id}/enrich").status_code == 200, "it is under way"
    assert Debtor.objects.get().enriched_at is None

    factories.contact(case.debtor)
    operations.enrichment_done(debtor_id=case.debtor_id, at=clock.now())
    assert api.get(f"/v1/cases/{case.id}").json()["next_step"]["intent"] == "first_reminder"


def test_nobody_is_searched_for_at_a_natural_persons(api: factories.ApiClient, tuesday: Any) -> None:
    case = only(placed(api))
    Debtor.objects.update(debtor_type="individual", enriched_at=TUESDAY - timedelta(days=9))
    refused(api.post(f"/v1/cases/{case.id}/enrich"), 409, "enrichment_not_allowed")
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    refused(api.post(f"/v1/cases/{case.id}/enrich"), 409, "illegal_transition")


def test_a_found_contact_takes_up_the_playbook_where_it_stopped(api: factories.ApiClient) -> None:
    case = only(placed(api))
    Step.objects.update(status="sent", handed_over_at=TUESDAY, resolved_at=TUESDAY)
    Case.objects.update(status="enriching")
    operations.enrichment_done(debtor_id=case.debtor_id, at=TUESDAY)
    assert planned(case).intent == "first_call"


# --- the order of what is told


def test_the_payment_is_told_before_the_closing_it_causes(api: factories.ApiClient) -> None:
    case = only(placed(api))
    payment = api.post("/v1/payments", {"case_id": case.id, "amount": 15000, "method": "check"}).json()
    last = list(Event.objects.exclude(sequence=None).order_by("sequence"))[-2:]
    assert [event.type for event in last] == ["payment.received", "case.closed"]
    assert last[1].cause == payment["id"]
