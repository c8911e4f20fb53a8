"""`/v1/cases/{id}/hold` and `/release`: typed, timed, stacked, and whose they are."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Case, Hold, Step
from campaigns.rules import holds as rules
from campaigns.schema.cases import CASE_DETAIL
from events.models import Event
from outreach import operations as outreach
from tests import factories
from tests.campaigns.world import TUESDAY, client, fits, only, placed, planned, refused, told

pytestmark = pytest.mark.django_db

PAUSE = {"kind": "creditor_pause", "reason": "They asked for two weeks."}


@pytest.fixture
def api(empty_redis: None) -> factories.ApiClient:
    return client()


@pytest.fixture(autouse=True)
def tuesday() -> Any:
    with time_machine.travel(TUESDAY, tick=False) as moment:
        yield moment


def held(api: factories.ApiClient, case: Case, **body: Any) -> dict[str, Any]:
    return fits(api.post(f"/v1/cases/{case.id}/hold", PAUSE | body), CASE_DETAIL)


def test_a_hold_keeps_the_step_planned_and_says_why(api: factories.ApiClient) -> None:
    case = only(placed(api))
    said = held(api, case)
    (hold,) = said["holds"]
    assert (hold["kind"], hold["on"], hold["until"], hold["yours_to_release"]) == (
        "creditor_pause",
        "case",
        None,
        True,
    )
    assert hold["reason"] == PAUSE["reason"] and hold["actor"].startswith("key:")
    assert said["why"]["code"] == "held" and said["next_contact_at"] is None
    step = planned(case)
    assert said["next_step"]["id"] == step.id and outreach.send_due(at=step.due_at) == 1
    assert "creditor_pause" in planned(case).reason
    (event,) = told("case.held")
    assert (event["hold"], event["reason"], event["until"]) == ("creditor_pause", PAUSE["reason"], None)
    assert Event.objects.get(type="case.held").cause == hold["id"]


def test_the_same_hold_again_is_the_same_hold(api: factories.ApiClient) -> None:
    case = only(placed(api))
    held(api, case)
    held(api, case)
    assert len(told("case.held")) == 1
    until = clock.iso(TUESDAY + timedelta(days=14))
    said = held(api, case, until=until)
    assert [one["until"] for one in said["holds"]] == [until] and len(told("case.held")) == 2


def test_holds_of_several_kinds_stack(api: factories.ApiClient) -> None:
    case = only(placed(api))
    soon, late = (clock.iso(TUESDAY + timedelta(days=days)) for days in (2, 9))
    held(api, case, until=soon)
    said = held(api, case, kind="balance_unconfirmed", until=late)
    assert len(said["holds"]) == 2 and said["next_contact_at"] == late
    said = api.post(f"/v1/cases/{case.id}/release", {"kind": "balance_unconfirmed"}).json()
    assert said["next_contact_at"] == soon and said["why"]["code"] == "held"
    said = api.post(f"/v1/cases/{case.id}/release", {"hold_id": said["holds"][0]["id"]}).json()
    assert said["holds"] == [] and said["why"]["code"] == "planned"
    assert said["next_contact_at"] == clock.iso(planned(case).due_at)


def test_released_again_is_200_and_records_nothing(api: factories.ApiClient) -> None:
    case = only(placed(api))
    hold_id = held(api, case)["holds"][0]["id"]
    for body in ({"hold_id": hold_id}, {"hold_id": hold_id}, {"kind": "creditor_pause"}):
        fits(api.post(f"/v1/cases/{case.id}/release", body), CASE_DETAIL)
    assert len(told("case.released")) == 1
    assert Hold.objects.get().released_by.startswith("key:")


def test_what_waited_is_judged_at_once(api: factories.ApiClient) -> None:
    case = only(placed(api))
    held(api, case)
    due = planned(case).due_at
    outreach.send_due(at=due)
    assert planned(case).due_at == due + timedelta(days=1)
    with time_machine.travel(due + timedelta(hours=1), tick=False):
        api.post(f"/v1/cases/{case.id}/release", {"kind": "creditor_pause"})
        assert planned(case).due_at == clock.now()
        outreach.send_due(at=clock.now())
    assert Step.objects.get(case=case, index=0).status == "sent"


def test_a_timed_hold_ends_by_itself(api: factories.ApiClient) -> None:
    case = only(placed(api))
    until = TUESDAY + timedelta(days=1, hours=3)
    held(api, case, until=clock.iso(until))
    outreach.send_due(at=planned(case).due_at)
    assert planned(case).due_at == until

    assert operations.release_ended(at=until - timedelta(seconds=1)) == 0
    # The gate passes over it from that very moment on, whether or not the beat has come round.
    outreach.send_due(at=until)
    assert Step.objects.get(case=case, index=0).status == "sent"
    assert operations.release_ended(at=until) == 1 and operations.release_ended(at=until) == 0
    (event,) = told("case.released")
    assert event["hold"] == "creditor_pause"
    assert Event.objects.get(type="case.released").actor == "engine"


def test_a_hold_that_is_over_does_not_stand_in_the_way_of_a_new_one(api: factories.ApiClient, tuesday: Any) -> None:
    case = only(placed(api))
    held(api, case, until=clock.iso(TUESDAY + timedelta(hours=1)))
    tuesday.shift(timedelta(hours=2))
    said = held(api, case, until=clock.iso(TUESDAY + timedelta(hours=5)))
    assert len(said["holds"]) == 1 and Hold.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"kind": "promise"}, "invalid_choice", "kind"),
        ({"kind": "payment_processing"}, "invalid_choice", "kind"),
        ({"kind": None}, "invalid_type", "kind"),
        ({"reason": " "}, "missing_field", "reason"),
        ({"until": "2026-03-17T13:30:00Z"}, "time_in_past", "until"),
        ({"until": "2026-03-18T13:30:00"}, "invalid_date", "until"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "invalid_date", "until"),
        ({"until": 5}, "invalid_type", "until"),
        ({"kind": "bankruptcy", "until": "2026-04-01T00:00:00Z"}, "hold_without_end", "until"),
        ({"days": 3}, "unknown_field", "days"),
    ],
    ids=["promise", "processing", "null", "blank", "now", "no zone", "overflow", "type", "law's end", "unknown"],
)
def test_holds_that_are_refused(api: factories.ApiClient, body: dict[str, Any], code: str, param: str) -> None:
    case = only(placed(api))
    refused(api.post(f"/v1/cases/{case.id}/hold", PAUSE | body), 400, code, param)
    assert not Hold.objects.exists()


def test_a_hold_needs_kind_and_reason(api: factories.ApiClient) -> None:
    case = only(placed(api))
    said = refused(api.post(f"/v1/cases/{case.id}/hold", {}), 400, "missing_field")
    assert {one["param"] for one in said["errors"]} == {"kind", "reason"}


def test_a_closed_case_takes_no_hold(api: factories.ApiClient) -> None:
    case = only(placed(api))
    api.post(f"/v1/cases/{case.id}/close", {"reason": "recalled"})
    said = refused(api.post(f"/v1/cases/{case.id}/hold", PAUSE), 409, "illegal_transition")
    assert said["state"] == "closed"


# --- whose it is


@pytest.mark.parametrize("kind", sorted(rules.REPORTED))
def test_what_a_creditor_reports_is_not_the_creditors_to_lift(api: factories.ApiClient, kind: str) -> None:
    case = only(placed(api))
    said = held(api, case, kind=kind)
    assert said["holds"][0]["yours_to_release"] is False
    for body in ({"kind": kind}, {"hold_id": said["holds"][0]["id"]}):
        refused(api.post(f"/v1/cases/{case.id}/release", body), 409, "hold_not_yours")
    assert told("case.released") == [] and held(api, case, kind=kind, reason="other")["holds"] == said["holds"]


@pytest.mark.parametrize(
    ("kind", "actor", "theirs"),
    [
        ("creditor_pause", "key:key_1", True),
        ("creditor_pause", "member:mem_1", True),
        ("legal_hold", "key:key_1", True),
        ("legal_hold", "ops:ann", False),
        ("do_not_contact", "key:key_1", True),
        ("do_not_contact", "debtor", False),
        ("paid_claim", "debtor", True),
        ("identity_doubt", "engine", True),
        ("dispute", "debtor", False),
        ("dispute", "key:key_1", False),
        ("payment_processing", "debtor", False),
        ("domain_unverified", "engine", False),
        ("compliance_review", "ops:ann", False),
    ],
    ids=lambda value: str(value),
)
def test_whose_a_hold_is(kind: str, actor: str, theirs: bool) -> None:
    assert rules.creditor_may_release(kind, actor) is theirs


def test_every_kind_has_an_owner() -> None:
    assert not (rules.SETTABLE | rules.OUTLIVES_THE_CASE) - set(Hold.Kind.values)
    assert not [kind for kind in rules.REPORTED if rules.creditor_may_release(kind, "key:key_1")]


def test_a_hold_elsewhere_is_not_released_through_the_case(api: factories.ApiClient) -> None:
    case = only(placed(api))
    on_debtor = operations.hold(kind="do_not_contact", on=case.debtor, by="key:k", at=TUESDAY)
    said = fits(api.get(f"/v1/cases/{case.id}"), CASE_DETAIL)
    assert [(one["on"], one["kind"]) for one in said["holds"]] == [("debtor", "do_not_contact")]
    refused(api.post(f"/v1/cases/{case.id}/release", {"hold_id": on_debtor.id}), 409, "hold_elsewhere", "hold_id")
    stranger = only(placed(client()))
    theirs = operations.hold(kind="creditor_pause", on=stranger, by="key:k", at=TUESDAY)
    refused(api.post(f"/v1/cases/{case.id}/release", {"hold_id": theirs.id}), 404, "not_found", "hold_id")
    theirs.refresh_from_db()
    assert theirs.released_at is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "ambiguous_hold"),
        ({"hold_id": "hld_x", "kind": "creditor_pause"}, "ambiguous_hold"),
        ({"kind": "nap"}, "invalid_choice"),
        ({"hold": "x"}, "unknown_field"),
    ],
    ids=["neither", "both", "no kind", "unknown"],
)
def test_releases_that_are_refused(api: factories.ApiClient, body: dict[str, Any], code: str) -> None:
    case = only(placed(api))
    refused(api.post(f"/v1/cases/{case.id}/release", body), 400, code)
