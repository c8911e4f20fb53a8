"""An endpoint that fails: the breaker opens for all senders, one probe at a time closes it, after days it is off."""

from datetime import timedelta

import pytest
from django.core import mail

from accounts.models import Member
from accounts.operations import add_member
from agentcollect.kit import clock
from agentcollect.kit.http import Outcome
from events.catalogue import TYPES
from events.models import Event
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.health import oldest_due_seconds
from webhooks.models import Delivery, Endpoint, Health
from webhooks.operations import Result
from webhooks.operations.disabling import disable_failing, tell_owners
from webhooks.rules import BREAKS_AT, open_for

committed = pytest.mark.django_db(transaction=True)


def claims(at, **room):
    return operations.claim(at=at, room=room, default_room=100, limit=100)


def settle(found, at, status=500, **more):
    results = [Result(claim, {}, Outcome(status=status, **more), at, at, 0.0) for claim in found]
    return operations.settle(results=results, at=at)


def facts(organisation, count):
    for _ in range(count):
        make_fact(organisation)
    return clock.now()


def broken(organisation, owed):
    """An endpoint whose breaker has just opened, with `owed` deliveries more than it took to open it."""
    endpoint = make_endpoint(organisation)
    now = facts(organisation, BREAKS_AT + owed)
    found = claims(now, **{endpoint.id: BREAKS_AT})
    assert settle(found, now).opened == {endpoint.id}
    return endpoint, now


@pytest.mark.parametrize(
    ("times", "spread", "seconds"), [(0, 0, 30), (1, 0, 60), (4, 0, 480), (5, 0, 900), (1000, 0, 900), (0, 1, 33)]
)
def test_it_opens_for_longer_each_time(times, spread, seconds):
    assert open_for(times, spread).total_seconds() == pytest.approx(seconds)


@committed
def test_nothing_goes_to_an_open_breaker_then_one_probe(organisation):
    endpoint, now = broken(organisation, owed=5)
    assert Health.objects.get().open_until == now + timedelta(seconds=30)
    assert claims(now + timedelta(seconds=29.9)) == []
    assert oldest_due_seconds(now + timedelta(seconds=29.9)) == 0.0  # held back on purpose

    now += timedelta(seconds=30.5)
    assert 0.4 < oldest_due_seconds(now) < 0.6
    (probe,) = claims(now)
    assert probe.probe
    assert claims(now) == []  # not another beside it, in whatever process
    assert settle([probe], now).opened == {endpoint.id}
    health = Health.objects.get()
    assert (health.open_until, health.times_opened) == (now + timedelta(seconds=60), 2)
    assert claims(now + timedelta(seconds=59)) == []

    now += timedelta(seconds=61)
    settle(claims(now), now, status=200)
    health.refresh_from_db()
    assert (health.open_until, health.times_opened, health.failures_in_row, health.failing_since) == (None, 0, 0, None)
    assert health.last_success_at == now
    assert len(claims(now)) > 1


@committed
def test_a_probe_whose_sender_died_is_followed_by_another(organisation):
    _, now = broken(organisation, owed=5)
    now += timedelta(seconds=31)
    assert len(claims(now)) == 1
    assert len(claims(now + timedelta(seconds=31))) == 1


@committed
def test_what_was_out_when_it_opened_opens_it_no_further(organisation):
    endpoint = make_endpoint(organisation)
    now = facts(organisation, BREAKS_AT + 10)
    found = claims(now)
    settle(found[:BREAKS_AT], now)
    assert settle(found[BREAKS_AT:], now).opened == set()
    health = Health.objects.get()
    assert (health.times_opened, health.failures_in_row) == (1, BREAKS_AT + 10)
    assert health.endpoint_id == endpoint.id


@committed
@pytest.mark.parametrize("code", ["secret_unreadable", "headers_unreadable", "internal"])
def test_our_own_failures_are_not_held_against_it(organisation, code):
    make_endpoint(organisation)
    now = facts(organisation, BREAKS_AT)
    settle(claims(now), now, status=None, error="Ours.", error_code=code)
    assert Health.objects.filter(failing_since__isnull=False).count() == 0


@committed
def test_a_healthy_endpoint_writes_no_health(organisation, django_assert_max_num_queries):
    make_endpoint(organisation)
    now = facts(organisation, 30)
    found = claims(now)
    with django_assert_max_num_queries(5):  # begin, deliveries, attempts (COPY is not counted), health, commit
        assert settle(found, now, status=200).opened == set()
    assert not Health.objects.exists()


@committed
def test_one_success_among_failures_keeps_it_closed(organisation):
    make_endpoint(organisation)
    now = facts(organisation, BREAKS_AT + 1)
    found = claims(now)
    settle(found[:10], now)
    settle(found[10:11], now, status=204)
    settle(found[11:], now)
    assert Health.objects.get().open_until is None


@committed
def test_a_clock_that_was_put_back_leaves_no_breaker_open(organisation):
    _, now = broken(organisation, owed=5)
    Delivery.objects.update(next_attempt_at=now - timedelta(hours=3), lease_until=None)
    assert len(claims(now - timedelta(hours=2))) == 1


# --- switched off


@pytest.fixture
def owner(organisation):
    Member.objects.filter(organisation=organisation).delete()
    given = {"email": "owner@yourapp.com", "password": None, "role": "owner", "by": "test", "at": clock.now()}
    return add_member(organisation_id=organisation.id, **given)


def failing(organisation, days, *, latest_after=None):
    """An endpoint that began to fail `days` ago and failed last just now (or `latest_after` days after it began)."""
    endpoint = make_endpoint(organisation, long_tail=True)
    make_fact(organisation)
    now = clock.now()
    settle(claims(now), now, status=503)
    begun = now - timedelta(days=days)
    latest = now if latest_after is None else begun + timedelta(days=latest_after)
    Health.objects.update(failing_since=begun, last_failure_at=latest)
    Endpoint.objects.update(updated_at=begun - timedelta(days=1))
    return endpoint, now


@committed
def test_five_days_of_failure_switch_it_off(organisation):
    endpoint, now = failing(organisation, days=5.1)
    swept = operations.sweep(at=now)
    assert (swept.disabled, swept.given_up) == (1, 1)
    endpoint.refresh_from_db()
    assert endpoint.status == "disabled"
    assert endpoint.disabled_reason == ("It answered nothing but failure for 5 days. Last: The receiver answered 503.")
    owed = Delivery.objects.exclude(event_type="endpoint.disabled").get()
    assert (owed.status, owed.reason, owed.next_attempt_at) == ("not_sent", "disabled", None)
    event = Event.objects.get(type="endpoint.disabled")
    assert event.data["reason"] == endpoint.disabled_reason
    assert (event.data["last_event_id"], event.data["last_delivery_id"]) == (owed.event_id, owed.id)
    assert TYPES["endpoint.disabled"].says(event.data).endswith(f"503. Failed last: {owed.event_id}")
    assert operations.sweep(at=now).disabled == 0


@committed
@pytest.mark.parametrize(("days", "latest_after", "tended"), [(4.9, None, False), (9, 0.01, False), (9, None, True)])
def test_it_is_given_its_time(organisation, days, latest_after, tended):
    """Not yet five days; asked nothing since; changed by somebody within them."""
    endpoint, now = failing(organisation, days, latest_after=latest_after)
    if tended:
        Endpoint.objects.update(updated_at=now - timedelta(days=2))
    assert disable_failing(at=now) == []
    endpoint.refresh_from_db()
    assert endpoint.status == "active"


@committed
def test_owners_are_told_once_with_the_failing_event(organisation, owner):
    endpoint, now = failing(organisation, days=6)
    failed = Delivery.objects.get()
    operations.sweep(at=now)
    assert tell_owners(at=now + timedelta(seconds=30)) == 0  # what was out may still come back
    assert [tell_owners(at=now + timedelta(seconds=61 + run)) for run in range(2)] == [1, 0]
    (letter,) = mail.outbox
    assert letter.to == [owner.user.email]
    for needed in (endpoint.url, failed.event_id, "payment.received", "The receiver answered 503.", "recover_since"):
        assert needed in letter.body
    health = Health.objects.get()
    assert (health.failing_since, health.last_delivery_id) == (None, failed.id)  # it begins anew when it comes back


@committed
def test_a_mail_server_that_is_down_is_asked_once(organisation, owner, monkeypatch):
    _, now = failing(organisation, days=6)
    operations.sweep(at=now)
    asked = []

    def down(*args):
        asked.append(args)
        raise OSError("down")

    monkeypatch.setattr("webhooks.operations.disabling.send_mail", down)
    assert [tell_owners(at=now + timedelta(seconds=61 + run)) for run in range(2)] == [1, 0]
    assert len(asked) == 1


@committed
def test_nobody_is_told_of_what_he_switched_off_himself(organisation, owner):
    endpoint, now = failing(organisation, days=6)
    Endpoint.objects.update(status="disabled", disabled_reason="Switched off by its owner.")
    assert tell_owners(at=now) == 0
    assert mail.outbox == []
    assert not Health.objects.filter(failing_since__isnull=False).exists()
    assert endpoint.id
