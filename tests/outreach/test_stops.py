"""Kill switches and the contact fuse: what stops messages at once, and what lets them go on."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Step
from events.models import Event
from outreach import metrics, operations
from outreach.models import FuseTrip, KillSwitch, Message
from outreach.operations import fuse, switches
from outreach.providers.mailbox import MailboxTransport
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db
OPS = "ops:ada"
HOUR = timedelta(hours=1)


def asked(case: Case, **more: Any) -> dict[str, Any]:
    return {
        "livemode": case.livemode,
        "channel": "email",
        "provider": "mailbox",
        "organisation_id": case.organisation_id,
        "campaign_id": case.campaign_id,
        "playbook": "default@1",
        "prompt": "",
        "model": "",
    } | more


def stop(scope: str = "all", key: str = "") -> KillSwitch:
    return operations.set_switch(scope=scope, key=key, reason="a test", by=OPS, at=AT)


@pytest.mark.parametrize(
    ("scope", "key", "more"),
    [
        ("all", "", {}),
        ("channel", "email", {}),
        ("provider", "mailbox", {}),
        ("organisation", "organisation_id", {}),
        ("campaign", "campaign_id", {}),
        ("playbook", "default@1", {}),
        ("prompt", "draft@3", {"prompt": "draft@3"}),
        ("model", "gpt-x", {"model": "gpt-x"}),
    ],
)
def test_each_switch_stops_its_own_and_nothing_else(scope: str, key: str, more: dict[str, str]) -> None:
    case, other = world.case(), world.case()
    key = getattr(case, key) if key.endswith("_id") else key
    assert switches.why_stopped(**asked(case, **more)) == ""
    switch = stop(scope, key)
    with CaptureQueriesContext(connection) as made:
        why = switches.why_stopped(**asked(case, **more))
    assert len(made) == 1 and "a test" in why
    if scope in ("organisation", "campaign", "prompt", "model"):
        assert switches.why_stopped(**asked(other)) == ""
    operations.lift_switch(switch_id=switch.id, by=OPS, at=AT)
    assert switches.why_stopped(**asked(case, **more)) == ""


def test_a_switch_is_set_once_and_keeps_who_turned_it() -> None:
    first, again = stop("channel", "email"), stop("channel", "email")
    assert first.id == again.id
    operations.lift_switch(switch_id=first.id, by="ops:bob", at=AT + HOUR)
    operations.lift_switch(switch_id=first.id, by="ops:eve", at=AT + 2 * HOUR)
    row = KillSwitch.objects.get()
    assert (row.set_by, row.lifted_by, row.lifted_at) == (OPS, "ops:bob", AT + HOUR)
    assert stop("channel", "email").id != first.id


@pytest.mark.parametrize(("scope", "key"), [("all", "email"), ("channel", ""), ("weather", "rain")])
def test_what_names_nothing_stops_nothing(scope: str, key: str) -> None:
    with pytest.raises(ApiError):
        stop(scope, key)
    assert not KillSwitch.objects.exists()


def test_the_creditor_is_told_of_a_stop_of_theirs() -> None:
    case = world.case()
    switch = stop("campaign", case.campaign_id)
    operations.lift_switch(switch_id=switch.id, by=OPS, at=AT)
    told = Event.objects.filter(campaign_id=case.campaign_id, type__startswith="switch.").order_by("recorded_at")
    assert [(one.type, one.actor) for one in told] == [("switch.set", OPS), ("switch.lifted", OPS)]


def test_stopped_steps_wait_say_why_and_go_on_when_it_is_lifted() -> None:
    case = world.case()
    step, switch = world.step(case), stop("organisation", case.organisation_id)
    operations.send_due(at=AT)
    waits = Step.objects.get(id=step.id)
    assert (waits.status, Message.objects.exists()) == ("planned", False)
    assert "a test" in waits.reason
    operations.lift_switch(switch_id=switch.id, by=OPS, at=AT + timedelta(minutes=1))
    operations.send_due(at=AT + timedelta(minutes=12))
    assert Step.objects.get(id=step.id).status == "sent"


def test_what_waited_is_spread_oldest_first() -> None:
    steps = [world.step(world.case(), due_at=AT - timedelta(minutes=n)) for n in range(6)]
    later = world.step(world.case(), due_at=AT + HOUR)
    assert operations.switches.spread_due(Q(), at=AT) == 6
    due = [Step.objects.get(id=step.id).due_at for step in reversed(steps)]
    assert due == sorted(due) and len(set(due)) == 6 and due[0] == AT
    assert due[-1] <= AT + switches.SPREAD
    assert Step.objects.get(id=later.id).due_at == AT + HOUR


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pull", [lambda case: stop(), lambda case: blow(case.livemode)], ids=["switch", "fuse"])
def test_what_is_reserved_when_the_switch_is_turned_does_not_leave(
    pull: Callable[[Case], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has reserved the message and talks to the mail server; operations stop everything; then it asks."""
    case = world.case()
    step, deliver = world.step(case), MailboxTransport.deliver

    def stopped_meanwhile(self: MailboxTransport, parcel: Any, hand_over: Callable[[], None]) -> None:
        assert Message.objects.get(step_id=step.id).status == "reserved"
        pull(case)
        deliver(self, parcel, hand_over)

    world.far_away(monkeypatch)
    monkeypatch.setattr(MailboxTransport, "deliver", stopped_meanwhile)
    operations.send_due(at=AT)
    assert world.mails() == []
    assert Message.objects.get(step_id=step.id).status == "cancelled"
    waits = Step.objects.get(id=step.id)
    assert waits.status == "planned" and waits.handed_over_at is None


# --- the fuse


def blow(livemode: bool = False) -> FuseTrip:
    return FuseTrip.objects.create(livemode=livemode, cause="volume", reason="too many", tripped_at=AT)


def left(count: int, *, planned: bool = True, same_case: bool = False, livemode: bool = False, **facts: Any) -> None:
    """Messages handed over in the last hour, each by a step of its own that was due (or by nothing)."""
    case = world.case(livemode=livemode)
    for number in range(count):
        if number and not same_case:
            more = {"organisation": case.organisation, "campaign": case.campaign, "debtor": case.debtor}
            case = world.case(livemode=livemode, invoice_number=f"{number}", invoice_key=f"{number}", **more)
        step = world.step(case, due_at=AT - HOUR / 2, status="sent", attempt=number + 1) if planned else None
        more = {"step_id": step.id if step else "", "handed_over_at": AT - HOUR / 4, "text": f"text {number}"}
        factories.message(case, **(more | facts))


def test_a_busy_hour_that_was_planned_is_none_of_its_business() -> None:
    left(40)
    assert fuse.check(at=AT) == []


def test_a_small_campaign_never_trips_it() -> None:
    left(30, planned=False)
    assert fuse.check(at=AT) == []


@pytest.mark.parametrize("how", [{"planned": False}, {"same_case": True}], ids=["unplanned", "again and again"])
def test_more_than_was_planned_stops_everything_of_that_mode(how: dict[str, bool], caplog: Any) -> None:
    left(31, **how)
    [trip] = fuse.check(at=AT)
    assert (trip.cause, trip.livemode, trip.evidence["handed_over"]) == ("volume", False, 31)
    assert any(record.levelname == "CRITICAL" for record in caplog.records)
    assert fuse.check(at=AT) == []
    case = world.case()
    assert "fuse" in switches.why_stopped(**asked(case))
    assert switches.why_stopped(**asked(case, livemode=True)) == ""
    shown = {sample.labels["mode"]: sample.value for sample in next(iter(metrics.stops(AT))).samples}
    assert shown == {"live": 0.0, "test": 1.0}
    step = world.step(case)
    operations.send_due(at=AT)
    assert Step.objects.get(id=step.id).status == "planned"


def test_old_messages_and_the_other_mode_do_not_count() -> None:
    left(31, planned=False, handed_over_at=AT - 2 * HOUR)
    assert fuse.check(at=AT) == []
    left(31, planned=False, livemode=True)
    assert [trip.livemode for trip in fuse.check(at=AT)] == [True]


def test_one_text_for_two_debtors_blows_it_and_for_one_it_does_not() -> None:
    case = world.case()
    facts = {"text": "Dear customer, pay.", "handed_over_at": AT}
    for address in ("ap@acmecorp.com", "cfo@acmecorp.com"):
        factories.message(case, recipient=address, **facts)
    assert fuse.check(at=AT) == []
    factories.message(world.case(), recipient="someone@else.example", **facts)
    [trip] = fuse.check(at=AT)
    assert trip.cause == "same_text" and len(trip.evidence["message_ids"]) == 3


def test_only_a_person_restarts_it_and_it_starts_counting_anew() -> None:
    left(31, planned=False)
    fuse.check(at=AT)
    for hours in (1, 24):
        fuse.check(at=AT + hours * HOUR)
    assert FuseTrip.objects.filter(restarted_at=None).count() == 1
    assert fuse.restart(livemode=True, by=OPS, at=AT) is None
    trip = fuse.restart(livemode=False, by=OPS, at=AT)
    assert trip and trip.restarted_by == OPS
    assert fuse.check(at=AT + timedelta(minutes=1)) == []


# --- by hand


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_switches_by_command() -> None:
    assert "stopped" in run("killswitch", "set", "channel", "email", "--reason", "bounces")
    assert "channel email" in run("killswitch", "list") and "bounces" in run("killswitch", "list")
    assert "goes on" in run("killswitch", "lift", "channel", "email")
    assert run("killswitch", "list") == "0 kill switches stand.\n"
    for words in (("lift", "all"), ("set", "channel", "--reason", "no key")):
        with pytest.raises(CommandError):
            run("killswitch", *words)


def test_the_fuse_by_command() -> None:
    assert "It has not blown." in run("fuse", "show", "--mode", "test")
    with pytest.raises(CommandError):
        run("fuse", "restart", "--mode", "test")
    blow()
    assert "Blown since" in run("fuse", "show", "--mode", "test")
    assert "goes on" in run("fuse", "restart", "--mode", "test")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ops@example.com", "a-password"))
    return client


def test_the_switches_in_the_admin(staff: Client) -> None:
    path = "/admin/outreach/killswitch/"
    form = {"scope": "channel", "key": "email", "reason": "bounces"}
    assert staff.post(f"{path}add/", form).status_code == 200 and not KillSwitch.objects.exists()
    assert staff.post(f"{path}add/", form | {"confirmed": "on"}).status_code == 302
    switch = KillSwitch.objects.get()
    assert switch.set_by == "ops:ops@example.com"
    assert staff.get(f"{path}{switch.pk}/change/").status_code == 200
    act = {"action": "lift", "_selected_action": [switch.pk]}
    asked_first = staff.post(path, act)
    assert b"judged anew" in asked_first.content and KillSwitch.objects.filter(lifted_at=None).exists()
    staff.post(path, act | {"confirmed": "yes"})
    assert KillSwitch.objects.get().lifted_by == "ops:ops@example.com"


def test_the_fuse_in_the_admin(staff: Client) -> None:
    trip = blow()
    act = {"action": "restart", "_selected_action": [trip.pk]}
    staff.post("/admin/outreach/fusetrip/", act)
    assert FuseTrip.objects.filter(restarted_at=None).exists()
    staff.post("/admin/outreach/fusetrip/", act | {"confirmed": "yes"})
    assert FuseTrip.objects.get().restarted_by == "ops:ops@example.com"
