"""The demo: a small month, played and moved to the wall; a second run changes nothing, and it can be made anew."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts.models import Member, RequestLog, TestClock
from agentcollect.kit import clock
from agentcollect.kit.models import OnClock
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Document, Export, Import, Suppression
from events.models import Event
from outreach.models import Inbound, Message
from outreach.queries.waiting import next_day
from payments.models import BankLine, FeeSchedule, Offer, Payment, Refund, RemitTo
from sandbox import demo as demo_room
from sandbox.month import cast, making, money, office, receivers, wall
from sandbox.month.acts import ACTS
from sandbox.month.door import Door
from tests.sandbox import clocked
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
STATES = {"Main Street Toy Shop": "promised", "Parkside Yoga Studio": "in_plan", "Lantern House Hotel": "disputed"}


def demo(*words: str) -> str:
    out = StringIO()
    call_command("demo", "--organisation", "Small Month Inc.", "--debtors", "3", *words, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def small(monkeypatch: Any, empty_redis: None) -> None:
    """One campaign of four days, and of each delivery two attempts: what takes time."""
    retail = cast.PORTFOLIOS[1]
    three = tuple(one for one in retail.companies if one.name in STATES)
    monkeypatch.setattr(cast, "PORTFOLIOS", (cast.Portfolio(((4.5, 3),), three, retail.body, retail.prefix),))
    monkeypatch.setattr(making, "MONTH", 4.5 * DAY)
    monkeypatch.setattr(making, "_LOOK", DAY / 2)
    monkeypatch.setattr(receivers, "_ATTEMPTS", (0, 2))


def counted() -> dict[str, int]:
    made: Any = (Campaign, Case, Debtor, Message, Event, Delivery, Document, Export, Member, Endpoint, BankLine)
    return {model.__name__: model._default_manager.count() for model in made}


def on_a_clock() -> set[str]:
    rows: Any = (one for one in apps.get_models() if issubclass(one, OnClock))
    return {model.__name__ for model in rows if model._default_manager.exclude(clock_id="").exists()}


def told() -> list[tuple[Any, ...]]:
    return sorted(Case.objects.values_list("debtor__name", "placed_minor", "status"))


def test_a_month_stands_on_the_wall_once_and_is_made_anew(small: None) -> None:
    said = demo()
    assert "Did not come about" not in said, said
    now = clock.now()
    assert (on_a_clock(), TestClock.objects.count()) == (set(), 0)
    states = dict(Case.objects.exclude(campaign__name="New this week").values_list("debtor__name", "status"))
    assert states == STATES
    moments = list(Event.objects.exclude(case_id="").values_list("created_at", flat=True))
    assert max(moments) <= now and min(moments) < now - 4 * DAY
    report = Import.objects.get()
    assert (report.status, len({one["line"] for one in report.problems})) == ("completed", len(office._FAULTY))
    organisation_id = Campaign.objects.values_list("organisation_id", flat=True)[0]
    assert next_day(organisation_id, False, now + 2 * DAY)
    assert RequestLog.objects.filter(status__gte=400).count() >= 3
    assert set(Endpoint.objects.filter(kind="webhook").values_list("status", flat=True)) == {"active", "paused"}
    assert (FeeSchedule.objects.count(), RemitTo.objects.filter(status="active").count()) == (1, 2)
    assert FeeSchedule.objects.get().effective_at < now - 4 * DAY
    assert list(BankLine.objects.values_list("status", flat=True)) == ["unmatched"]
    _again(organisation_id)


def _again(organisation_id: str) -> None:
    before, first, people = counted(), told(), set(Debtor.objects.values_list("id", flat=True))
    assert "there already" in demo()
    assert counted() == before
    demo("--again")
    assert told() == first
    assert not people & set(Debtor.objects.values_list("id", flat=True))
    assert wall.erase(organisation_id, by="test", at=clock.now()) == 2
    assert not any(counted()[name] for name in ("Campaign", "Case", "Debtor", "Message", "BankLine"))
    assert (Inbound.objects.count(), TestClock.objects.count()) == (0, 0)


def test_what_a_person_closed_stays_closed_on_the_wall(empty_redis: None) -> None:
    api = clocked.creditor()
    clock_id, at = _played(api)
    closed = Contact.objects.filter(clock_id=clock_id).exclude(email="").order_by("id")[0]
    campaigns.suppress(contact=closed, channel="email", reason="opt_out", by="debtor", at=at)
    wall.land(clock_id)
    row = Suppression.objects.get()
    assert (row.clock_id, row.address, row.contact_id, row.created_at) == ("", closed.email, closed.id, at)
    assert on_a_clock() == set()


def test_what_does_not_stand_still_or_is_there_already_does_not_land(empty_redis: None) -> None:
    api = clocked.creditor()
    clock_id, _ = _played(api)
    for state in ({"status": "advancing"}, {"status": "ready", "frozen_time": clock.now() + DAY}):
        TestClock.objects.filter(id=clock_id).update(**state)
        with pytest.raises(wall.NotLandedError):
            wall.land(clock_id)
    TestClock.objects.filter(id=clock_id).update(frozen_time=clock.now() - DAY)
    api.post("/v1/campaigns", {"company": "Your Company Inc.", "debtors": [_past(row) for row in clocked.rows(1)]})
    with pytest.raises(wall.NotLandedError, match="Firm 0 LLC"):
        wall.land(clock_id)
    assert "Debtor" in on_a_clock()


def _played(api: Any) -> tuple[str, datetime]:
    """A clock that has arrived yesterday, with two debtors on it."""
    at = clock.now() - DAY
    clock_id = clocked.make(api, at - DAY)
    clocked.place(api, clock_id, debtors=[_past(row) for row in clocked.rows(2)])
    clocked.advance(api, clock_id, at)
    return clock_id, at


def _past(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"invoice_date": "2025-01-02", "due_date": "2025-02-02"}


# --- money


def test_what_is_paid_refunded_settled_and_wired_comes_through_the_doors_of_reality(empty_redis: None) -> None:
    door, cases, owner = _billed(cast.WHOLESALE)

    def act(name: str, case: Case, told: Any = None) -> None:
        ACTS[name](door, Case.objects.get(id=case.id), told, clock.now())

    basket = cases["basket"]
    act("card", basket[0], 2)
    assert [Case.objects.get(id=case.id).status for case in basket] == ["closed", "closed", "active"]
    for credited in (True, False):
        act("card", cases["refunded"][0] if credited else cases["refunded_owed"][0])
        act("refund", cases["refunded" if credited else "refunded_owed"][0], _told(credited))
    assert dict(Refund.objects.values_list("credited", "status")) == {True: "succeeded", False: "succeeded"}
    for name, last in (("settles", "settle"), ("offered", "send"), ("offer_waits", "offer")):
        for step in ("offer", "send", "settle"):
            act(step, cases[name][0], 10 if step == "offer" else None)
            if step == last:
                break
    assert sorted(Offer.objects.values_list("status", flat=True)) == ["accepted", "draft", "sent"]
    assert Offer.objects.get(status="accepted").settled_at and Case.objects.get(id=cases["settles"][0].id).closed_at
    money.close(owner, by="test", at=clock.now())
    assert sorted(BankLine.objects.values_list("status", "outcome")) == [
        ("matched", "exact"), ("matched", "exact"), ("matched", "many"), ("matched", "partial"),
        ("suggested", "named"), ("unmatched", ""),
    ]  # fmt: skip
    assert Payment.objects.filter(source="transfer").count() == 4


def _told(credited: bool) -> dict[str, Any]:
    return {"part": 0.25, "credited": credited, "reason": "Two boxes came damaged."}


def _billed(companies: Any) -> tuple[Door, dict[str, list[Case]], demo_room.Demo]:
    """Those of the cast who pay by card, settle or wire, billed on the wall; their cases by story."""
    stories = {"basket", "refunded", "refunded_owed", "settles", "offered", "offer_waits", *cast.WIRES}
    some = tuple(one for one in companies if one.story in stories)
    portfolio = replace(cast.PORTFOLIOS[0], companies=some)
    login = demo_room.ensure(name="Money Month Inc.", by="test", at=clock.now())
    door = Door(login.api_key)
    rows = list(cast.rows(portfolio, seed=7, today=clock.now().date()))
    rows += list(cast.further(portfolio, rows, seed=7))
    door.post("/v1/campaigns", portfolio.body | {"debtors": rows})
    campaigns.open_cases(at=clock.now())
    stories_of = {one.name: one.story for one in some}
    found: dict[str, list[Case]] = {}
    for case in Case.objects.select_related("debtor").order_by("invoice_number"):
        found.setdefault(stories_of[case.debtor.name], []).append(case)
    return door, found, login
