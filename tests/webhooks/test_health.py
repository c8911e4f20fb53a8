"""What is read of an endpoint's health, and how far behind the senders are."""

from datetime import timedelta

import pytest

from agentcollect.kit import clock, db, ids
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.health import oldest_due_seconds, summary
from webhooks.models import Attempt, Delivery, Endpoint, Health

pytestmark = pytest.mark.django_db(transaction=True)


def attempts(endpoint, made):
    """(minutes ago, status, error, took_ms), oldest first."""
    make_fact(endpoint.organisation)
    delivery = Delivery.objects.filter(endpoint=endpoint).latest("id")
    now = clock.now()
    shared = {"organisation_id": endpoint.organisation_id, "livemode": False, "endpoint_id": endpoint.id}
    shared |= {"delivery_id": delivery.id, "recorded_at": now, "request_headers": {}}
    rows = [
        {
            "id": name,
            "number": number,
            "created_at": now - timedelta(minutes=ago),
            "status_code": status,
            "error": error,
            "took_ms": ms,
        }
        for number, (name, (ago, status, error, ms)) in enumerate(
            zip(ids.new_many("att", len(made)), made, strict=True), start=1
        )
    ]
    db.insert_rows(Attempt, rows, shared)
    return now


def test_figures_of_the_last_day(organisation):
    endpoint, quiet = make_endpoint(organisation), make_endpoint(organisation, events=["nothing.else"])
    made = [(60 * 25, 500, "old", 9)] * 5
    made += [(100 - n, 200, "", n + 1) for n in range(90)]
    made += [(5, 503, "The receiver answered 503.", 2000)] * 4
    made += [(4, 200, "Not finished after 10 s.", 10_000)] * 4  # its status came, its end did not
    made += [(3, None, "Not sent: TypeError.", None)] * 2
    now = attempts(endpoint, made)
    found = summary([endpoint.id, quiet.id], now)
    figures = found[endpoint.id]
    assert (figures.attempts, figures.success_rate) == (100, 0.9)
    assert (figures.p50_ms, figures.p95_ms) == (49, 2000)
    assert figures.last_success_at == now - timedelta(minutes=11)
    assert figures.breaker == "closed"
    assert found[quiet.id][:5] == (0, None, None, None, "closed")


def test_no_more_than_the_latest_thousand(organisation):
    endpoint = make_endpoint(organisation)
    now = attempts(endpoint, [(9, 500, "no", 5)] * 300 + [(8, 200, "", 5)] * 1000)
    assert summary([endpoint.id], now)[endpoint.id][:2] == (1000, 1.0)


def test_a_page_of_endpoints_costs_two_statements(organisation, django_assert_num_queries):
    several = [make_endpoint(organisation, events=["payment.received"]) for _ in range(4)]
    for number, endpoint in enumerate(several):
        now = attempts(endpoint, [(9, 200, "", 5 + number)] * (number + 1))
    with django_assert_num_queries(2):
        found = summary([endpoint.id for endpoint in several], now)
    assert [found[one.id][:3] for one in several] == [(n + 1, 1.0, 5 + n) for n in range(4)]
    assert summary([], now) == {}


@pytest.mark.parametrize(("seconds", "words"), [(None, "closed"), (10, "open"), (-10, "half_open")])
def test_the_breaker_in_a_word(organisation, seconds, words):
    endpoint, now = make_endpoint(organisation), clock.now()
    moment = None if seconds is None else now + timedelta(seconds=seconds)
    Health.objects.create(
        endpoint=endpoint, open_until=moment, failing_since=now, last_error="no", last_delivery_id="x"
    )
    figures = summary([endpoint.id], now)[endpoint.id]
    assert (figures.breaker, figures.open_until, figures.last_error) == (words, moment, "no")


def test_the_oldest_due(organisation):
    now = clock.now()
    assert oldest_due_seconds(now) == 0.0
    endpoint = make_endpoint(organisation)
    make_fact(organisation)
    Delivery.objects.update(next_attempt_at=now - timedelta(seconds=70))
    assert oldest_due_seconds(now) == pytest.approx(70)
    operations.claim(at=now, room={}, default_room=8, limit=8)
    assert oldest_due_seconds(now) == 0.0  # a sender has it
    Delivery.objects.update(lease_until=None)
    Endpoint.objects.filter(id=endpoint.id).update(status="paused")
    assert oldest_due_seconds(now) == 0.0


def test_a_long_queue_behind_a_rate_limit_is_not_staleness(organisation):
    make_endpoint(organisation, rate_limit=1)
    for _ in range(3):
        make_fact(organisation)
    now = clock.now()
    Delivery.objects.update(next_attempt_at=now - timedelta(hours=5))
    operations.claim(at=now, room={}, default_room=8, limit=8)
    assert oldest_due_seconds(now + timedelta(seconds=0.5)) == 0.0
    assert oldest_due_seconds(now + timedelta(seconds=1)) == pytest.approx(0.1, abs=0.01)  # free to go since 0.9
    assert oldest_due_seconds(now + timedelta(seconds=21)) == pytest.approx(20.1, abs=0.01)  # nobody came
