"""A year in a minute: everything in its order, at its own moment, once, whatever happens to the driver."""

import itertools
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from accounts.models import TestClock
from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Debtor, Step, Suppression
from events.models import Event
from outreach import operations as outreach
from outreach.models import Attorney, Call, FuseTrip, Message
from outreach.operations import escalation, fuse
from outreach.queries.stuck import stuck
from outreach.queries.waiting import next_day
from payments import operations as payments
from payments.models import Offer, Payment, Promise
from sandbox import deeds, driver, windows
from tests import rows
from tests.outreach.test_kill import _database_url as database_url
from tests.sandbox import clocked
from tests.sandbox.clocked import DAY, START, YEAR

pytestmark = pytest.mark.django_db(transaction=True)


# --- the order of the story


def test_a_campaign_lives_a_year_in_2031_and_nothing_of_it_looks_at_the_wall() -> None:
    began = clock.now()
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 2)
    row = clocked.advance(api, clock_id, START + YEAR)
    assert (row.status, row.frozen_time, row.error) == ("ready", START + YEAR, "")
    told = list(Event.objects.filter(sequence__isnull=False).order_by("sequence"))
    assert told[-1].type == "campaign.completed"
    assert [one.created_at for one in told] == sorted(one.created_at for one in told)
    assert Message.objects.count() == 8 and Call.objects.count() == 4
    assert {case.status for case in Case.objects.all()} == {"escalated"}
    _on_the_story(campaign.organisation_id, began, START - timedelta(days=60), START + YEAR + timedelta(days=60))


# When it was recorded, leases, and what real machines outside do; the clock's own row.
_WALL = {"recorded_at", "lease_until", "next_attempt_at", "check_requested_at", "stirred_at"}
_OF_THE_WALL = {"TestClock", "ApiKey", "Organisation", "RequestLog", "IdempotentRequest", "AccessToken", "Playbook"}


def _on_the_story(organisation_id: str, began: datetime, first: datetime, last: datetime) -> None:
    looked = 0
    for model in apps.get_models():
        names = {one.name for one in model._meta.concrete_fields}
        if "organisation" not in names or model.__name__ in _OF_THE_WALL:
            continue
        moments = [one.name for one in model._meta.concrete_fields if isinstance(one, models.DateTimeField)]
        told = [name for name in moments if name not in _WALL]
        if model is Event:  # the key's and the organisation's own entries are the wall's
            rows: Any = Event.objects.exclude(campaign_id="")
        else:
            rows = model._default_manager.filter(organisation_id=organisation_id)
        for found in rows.values(*told) if told else ():
            for name, moment in found.items():
                looked += 1
                assert moment is None or first <= moment <= last, (model.__name__, name, moment)
        for moment in rows.values_list("recorded_at", flat=True) if "recorded_at" in moments else ():
            assert moment >= began, (model.__name__, moment)
    assert looked > 200


def test_of_one_debtor_everything_happens_in_order_and_each_thing_at_its_due_moment(monkeypatch: Any) -> None:
    acts: dict[str, list[datetime]] = {}
    real = windows._do

    def watched(batch: list[windows.Act]) -> None:
        assert len({act.item.debtor_id for act in batch}) == len(batch)
        for act in batch:
            acts.setdefault(act.item.debtor_id, []).append(act.at)
            assert act.at == act.item.due
        real(batch)

    monkeypatch.setattr(windows, "_do", watched)
    api = clocked.creditor()
    clock_id = clocked.make(api)
    clocked.place(api, clock_id, 2)
    clocked.advance(api, clock_id, START + 60 * DAY)
    assert len(acts) == 2 and all(len(moments) > 8 and moments == sorted(moments) for moments in acts.values())


def test_many_at_one_moment_go_in_several_windows_and_all_of_them_at_it(monkeypatch: Any) -> None:
    monkeypatch.setattr(windows, "MOST", 2)
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 5)
    clocked.advance(api, clock_id, START + timedelta(minutes=1))
    Step.objects.update(due_at=START + DAY)
    row = clocked.advance(api, clock_id, START + 2 * DAY)
    assert (row.status, Message.objects.filter(created_at=START + DAY).count()) == ("ready", 5)
    sizes = Event.objects.filter(campaign_id=campaign.id, type="message.sent").values_list("created_at", flat=True)
    assert set(sizes) == {START + DAY}


# --- several timelines


def test_clocks_and_the_wall_do_not_see_each_other(monkeypatch: Any) -> None:
    api = clocked.creditor()
    first, second = clocked.make(api), clocked.make(api, START + 30 * DAY)
    one, two = clocked.place(api, first), clocked.place(api, second)
    wall = api.post(
        "/v1/campaigns",
        {"company": "Your Company Inc.", "debtors": [_dated(row) for row in clocked.rows(3)]},
    )
    assert wall.status_code == 201, wall.content
    assert Debtor.objects.count() == 9 and Debtor.objects.values("identity").distinct().count() == 3
    clocked.advance(api, first, START + 2 * DAY)
    for contact in Contact.objects.filter(clock_id=first):
        campaigns.suppress(contact=contact, channel="email", reason="asked", by="debtor", at=START + 2 * DAY)
    assert Suppression.objects.values_list("clock_id", flat=True).distinct().get() == first
    clocked.advance(api, second, START + 32 * DAY)
    assert [Message.objects.filter(campaign=campaign).count() for campaign in (one, two)] == [3, 3]
    assert not Message.objects.exclude(campaign__in=[one, two]).exists()


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"invoice_date": "2025-10-01", "due_date": "2025-11-01"}


def test_what_the_wall_sweeps_reads_and_fears_leaves_a_clock_alone(monkeypatch: Any) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api, datetime(2020, 3, 3, 15, tzinfo=START.tzinfo))
    campaign = clocked.place(api, clock_id, 2, debtors=[_past(row) for row in clocked.rows(2)])
    campaigns.open_cases(at=clock.now())
    assert not Case.objects.exclude(opened_at=None).exists()
    clocked.drive(clock_id)
    assert Step.objects.filter(status="planned").count() == 2
    before = list(Step.objects.order_by("id").values_list("id", "status", "lease_token"))
    events = Event.objects.count()
    late = clock.now()
    for sweep in _WALL_SWEEPS:
        sweep(at=late)
    assert list(Step.objects.order_by("id").values_list("id", "status", "lease_token")) == before
    assert (Event.objects.count(), Message.objects.count()) == (events, 0)
    assert stuck(at=late + DAY) == []
    assert next_day(campaign.organisation_id, False, late) == []


def test_a_clock_does_not_blow_the_fuse(monkeypatch: Any) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    clocked.place(api, clock_id, 4)
    clocked.advance(api, clock_id, START + DAY)
    monkeypatch.setattr(fuse, "FLOOR", 0)
    Message.objects.update(text="one text for all")
    assert fuse.check(at=START + timedelta(hours=1, minutes=5)) == [] and not FuseTrip.objects.exists()


_WALL_SWEEPS = (
    campaigns.open_cases,
    campaigns.judge_exhausted,
    campaigns.release_ended,
    campaigns.end_mandates,
    campaigns.expire_tasks,
    outreach.enrich_due,
    outreach.check_contacts,
    outreach.send_due,
    outreach.recall_tasks,
    outreach.process_inbound,
    outreach.escalate_exhausted,
    payments.judge_promises,
    payments.judge_plans,
    payments.expire_offers,
    payments.sweep_processing,
)


def _past(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"invoice_date": "2020-01-02", "due_date": "2020-02-02"}


# --- what surfaces do


def test_what_is_done_to_a_clocks_things_happens_at_its_moment() -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 1)
    at = START + 3 * DAY
    clocked.advance(api, clock_id, at)
    case = Case.objects.get(campaign=campaign)
    assert TestClock.objects.get(id=clock_id).stirred_at is None
    answer = api.post("/v1/payments", {"case_id": case.id, "amount": 1000, "method": "check"})
    assert answer.status_code == 201, answer.content
    assert Payment.objects.get().created_at == at and Case.objects.get().closed_at == at
    assert TestClock.objects.get(id=clock_id).stirred_at is not None
    clocked.drive(clock_id)
    assert TestClock.objects.get(id=clock_id).stirred_at is None
    clocked.advance(api, clock_id, at + 30 * DAY)
    assert Message.objects.count() == 1


def test_a_promise_made_on_a_clock_is_judged_on_it() -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 1)
    clocked.advance(api, clock_id, START + 3 * DAY)
    case = Case.objects.get(campaign=campaign)
    answer = api.post(f"/v1/cases/{case.id}/promise", {"due_on": "2031-03-12"})
    assert answer.status_code == 201, answer.content
    clocked.advance(api, clock_id, START + 5 * DAY)
    assert Promise.objects.get().status == "open"
    clocked.advance(api, clock_id, START + 20 * DAY)
    promise = Promise.objects.get()
    assert (promise.status, promise.ended_at) == ("broken", promise.judged_after)


def test_a_settlement_made_on_a_clock_is_told_and_ends_on_it() -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    policy = {"settlement": [{"min_age_days": 0, "max_discount_percent": 50}], "settlement_approval": "auto"}
    campaign = clocked.place(api, clock_id, 2, offer_policy=policy)
    clocked.advance(api, clock_id, START + 3 * DAY)
    made = []
    for case in Case.objects.filter(campaign=campaign).order_by("invoice_number"):
        drafted = api.post(f"/v1/cases/{case.id}/offers", {"discount_percent": 20, "valid_until": "2031-03-12"})
        assert drafted.status_code == 201, drafted.content
        made.append(drafted.json()["id"])
        assert api.post(f"/v1/offers/{made[-1]}/send").status_code == 200
        assert api.post(f"/v1/offers/{made[-1]}/accept").status_code == 200
    # Of the first, more is owed from now on: nobody has agreed to that.
    first = Case.objects.get(invoice_number="I-0")
    raised = {"invoice_amount": 5000, "reason": "It was more."}
    assert api.patch(f"/v1/cases/{first.id}", raised).status_code == 200
    clocked.advance(api, clock_id, START + 4 * DAY)
    states = {one.id: one.status for one in Offer.objects.all()}
    assert [states[one] for one in made] == ["void", "accepted"]
    clocked.advance(api, clock_id, START + 20 * DAY)
    second = Offer.objects.get(id=made[1])
    assert (second.status, second.ended_at) == ("expired", second.valid_until)


# --- a driver dies, an act fails


class Dead(BaseException):
    """What nobody catches, as a process that is no more."""


_STORY: list[Any] = []


@pytest.fixture
def whole_story() -> Any:
    """The story of two debtors over 60 days, as it goes when nothing happens to its driver: made once."""
    if not _STORY:
        api = clocked.creditor()
        clock_id = clocked.make(api)
        campaign = clocked.place(api, clock_id, 2)
        clocked.advance(api, clock_id, START + 60 * DAY)
        _STORY.append(clocked.story(campaign))
    return _STORY[0]


@pytest.mark.parametrize("where", ["before a window", "in a window", "at its end", "after a window"])
def test_a_driver_that_dies_loses_and_repeats_nothing(where: str, whole_story: Any, monkeypatch: Any) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 2)
    counted = itertools.count(1)
    owner: Any = {"in a window": windows}.get(where, driver._Way)
    name = {"in a window": "alone", "at its end": "mine"}.get(where, "_commit")
    real = getattr(owner, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        fifth = next(counted) == 5
        if fifth and where != "after a window":
            raise Dead
        found = real(*args, **kwargs)
        if fifth:
            raise Dead
        return found

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dying)
        with pytest.raises(Dead):
            clocked.advance(api, clock_id, START + 60 * DAY)
    reached = TestClock.objects.get(id=clock_id)
    assert reached.status == "advancing" and reached.frozen_time < START + 60 * DAY
    assert driver.drive(wall=clock.now(), clock_id=clock_id) == 0  # the dead one's lease still stands
    TestClock.objects.update(lease_until=clock.now())
    assert clocked.drive(clock_id).status == "ready"
    assert clocked.story(campaign) == whole_story


@pytest.mark.processes
def test_kill_9_in_the_middle_of_a_window(whole_story: Any) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 2)
    api.post(f"/v1/sandbox/clocks/{clock_id}/advance", {"frozen_time": clock.iso(START + 60 * DAY)})
    root = Path(settings.BASE_DIR)
    environment = os.environ | {"DATABASE_URL": database_url(), "SECRETS_FROM_VAR": "1", "PYTHONPATH": str(root)}
    environment |= {"DJANGO_SETTINGS_MODULE": "agentcollect.settings"}
    script = [sys.executable, str(root / "tests" / "sandbox" / "kill_driver.py"), clock_id]
    done = subprocess.run(script, env=environment, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert START < TestClock.objects.get(id=clock_id).frozen_time < START + 60 * DAY
    TestClock.objects.update(lease_until=clock.now())
    assert clocked.drive(clock_id).status == "ready"
    assert clocked.story(campaign) == whole_story


def test_a_driver_that_lost_its_lease_commits_nothing(monkeypatch: Any) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    clocked.place(api, clock_id, 1)
    real = windows.run

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        done = real(*args, **kwargs)
        TestClock.objects.filter(id=clock_id).update(lease_token=99)
        return done

    monkeypatch.setattr(windows, "run", overtaken)
    api.post(f"/v1/sandbox/clocks/{clock_id}/advance", {"frozen_time": clock.iso(START + 3 * DAY)})
    assert driver.drive(wall=clock.now(), clock_id=clock_id) == 0
    assert TestClock.objects.get(id=clock_id).frozen_time == START
    assert not Message.objects.exists()


def test_an_act_that_raises_twice_stops_the_clock_before_it_and_it_goes_on_later(
    whole_story: Any, monkeypatch: Any
) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 2)
    real = deeds.DEEDS["judgement"]
    raised = []

    def broken(step_id: str, at: datetime) -> object:
        raised.append((step_id, at))
        raise ValueError("nobody can judge this")

    monkeypatch.setitem(deeds.DEEDS, "judgement", broken)
    row = clocked.advance(api, clock_id, START + 60 * DAY)
    (step_id, at) = raised[0]
    assert row.status == "failed" and step_id in row.error and "nobody can judge this" in row.error
    assert raised == [(step_id, at)] * 2 and row.frozen_time < at
    assert Event.objects.filter(created_at__gt=row.frozen_time, campaign_id=campaign.id).count() == 0
    shown = api.get(f"/v1/sandbox/clocks/{clock_id}").json()
    assert shown["error"] == row.error and 0 < shown["progress"] < 100
    assert driver.drive(wall=clock.now(), clock_id=clock_id) == 0
    monkeypatch.setitem(deeds.DEEDS, "judgement", real)
    assert clocked.advance(api, clock_id, START + 60 * DAY).status == "ready"
    assert clocked.story(campaign) == whole_story


def test_a_driver_that_is_broken_itself_says_so_instead_of_trying_for_ever(monkeypatch: Any) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("no such kind")

    monkeypatch.setattr(driver.due, "earliest", broken)
    row = clocked.advance(api, clock_id, START + DAY)
    assert (row.status, row.error, row.lease_until) == ("failed", "KeyError: 'no such kind'", None)


# --- gone


def test_where_no_attorney_is_free_one_is_asked_for_once_a_day(monkeypatch: Any) -> None:
    """Not in each window, of which a busy clock has many a day; and who is free by then gets the case."""
    api = clocked.creditor()
    Attorney.objects.update(active=False)
    clock_id = clocked.make(api)
    case = Case.objects.get(campaign=clocked.place(api, clock_id, 1))
    waiting = rows.referral(case, status="authorised", attorney=None, updated_at=START)
    asked: list[datetime] = []
    move = escalation.MOVES["offer_due"]
    monkeypatch.setitem(escalation.MOVES, "offer_due", lambda id, at: (asked.append(at), move(id, at=at)))
    for hours in range(6, 54, 6):
        clocked.advance(api, clock_id, START + timedelta(hours=hours))
    assert asked == [START + DAY, START + 2 * DAY]
    Attorney.objects.update(active=True)
    clocked.advance(api, clock_id, START + 3 * DAY)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.offered_at) == ("offered", START + 3 * DAY)


def test_a_deleted_clock_leaves_nothing_but_what_was_told() -> None:
    api = clocked.creditor()
    clock_id, other = clocked.make(api), clocked.make(api)
    campaign, kept = clocked.place(api, clock_id, 4), clocked.place(api, other, 1)
    for one in (clock_id, other):
        clocked.advance(api, one, START + 4 * DAY)
    case = Case.objects.filter(campaign=campaign).first()
    assert case is not None
    api.post("/v1/payments", {"case_id": case.id, "amount": 10, "method": "check"})
    api.post(f"/v1/cases/{case.id}/promise", {"due_on": "2031-03-20"})
    api.post(f"/v1/cases/{case.id}/hold", {"kind": "creditor_pause"})
    last = Case.objects.filter(campaign=campaign).last()
    assert last is not None
    api.post(f"/v1/cases/{last.id}/plan", {"instalments": 2, "first_on": "2031-03-20", "agreed": True})
    api.post("/v1/sandbox/replies", {"case_id": last.id, "template": "opt_out"})
    clocked.drive(clock_id)
    mine = _rows_of(campaign.organisation_id)
    told = Event.objects.count()
    assert api.delete(f"/v1/sandbox/clocks/{clock_id}").json()["status"] == "deleting"
    refused = api.post(f"/v1/cases/{last.id}/hold", {"kind": "creditor_pause"})
    assert (refused.status_code, refused.json()["error"]) == (409, "clock_deleting")
    driver.drive(wall=clock.now())
    left = _rows_of(campaign.organisation_id)
    assert not TestClock.objects.filter(id=clock_id).exists() and Event.objects.count() == told
    assert {name for name, count in mine.items() if count > left[name]} >= {"Message", "Case", "Payment", "Instalment"}
    for model in apps.get_models():
        if "clock_id" in {one.name for one in model._meta.concrete_fields}:
            assert not model._default_manager.filter(clock_id=clock_id).exists(), model
        for one in model._meta.concrete_fields:
            if isinstance(one, models.ForeignKey):  # SQLite checks no composite keys: nothing may point at what is gone
                named = set(model._default_manager.values_list(one.attname, flat=True)) - {None}
                standing = one.related_model._default_manager.values_list(one.target_field.attname, flat=True)
                assert named <= set(standing), (model, one.name)
    assert Case.objects.get().campaign_id == kept.id
    assert clocked.advance(api, other, START + 20 * DAY).status == "ready"


def _rows_of(organisation_id: str) -> dict[str, int]:
    of = [model for model in apps.get_models() if "organisation" in {one.name for one in model._meta.concrete_fields}]
    return {model.__name__: model._default_manager.filter(organisation_id=organisation_id).count() for model in of}
