"""When the next POST goes: what the receiver asked for, the long tail, the rate limit, and everybody's turn."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock, db, ids
from agentcollect.kit.http import Outcome
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery, Endpoint, Health
from webhooks.operations import Result
from webhooks.rules import LONG_TAIL, RETRY_AFTER, asked_wait, backoff, paced, settle_outcome

committed = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 3, 17, 14, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("9999999999", 9_999_999_999.0),
        ("Tue, 17 Mar 2026 14:22:30 GMT", 30.0),
        ("Tuesday, 17-Mar-26 14:23:00 GMT", 60.0),
        ("Tue, 17 Mar 2026 14:21:00 GMT", 0.0),
        ("Tue, 17 Mar 2026 16:22:10 +0200", 10.0),
        ("Tue, 17 Mar 2026 14:22:05 -0000", 5.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("99999999999999999999", None),
        ("soon", None),
        ("Tue, 99 Mar 2026 14:22:30 GMT", None),
        ("Tue, 17 Mar 99999 14:22:30 GMT", None),
        ("x" * 100_000, None),
    ],
)
def test_retry_after_is_read(header, seconds):
    assert asked_wait(header, AT) == seconds


@pytest.mark.parametrize(
    ("failures", "asked", "spread", "expected"),
    [
        (1, None, 0, 1.0),
        (1, None, -1, 0.9),
        (3, None, 1, 33.0),
        (1, 7, 0, 7.0),
        (1, 7, -1, 7.7),  # moved, but never to before what was asked
        (1, 0, 0, 1.0),  # never shorter than the schedule
        (3, 7, 0, 30.0),
        (2, 86_400, 0, 3600.0),  # at most an hour
        (2, 86_400, 1, 3960.0),
        (4, 7, 0, None),  # a wish prolongs no schedule
    ],
)
def test_a_wait_within_bounds(failures, asked, spread, expected):
    wait = backoff(failures, spread, asked=asked)
    assert (wait and wait.total_seconds()) == pytest.approx(expected)


def test_the_long_tail_grows_to_three_days():
    waits = [backoff(n, 0, long_tail=True) for n in range(1, len(RETRY_AFTER + LONG_TAIL) + 1)]
    assert waits == sorted(waits)
    assert timedelta(days=2, hours=23) < sum(waits, timedelta()) <= timedelta(days=3)
    assert backoff(len(waits) + 1, 0, long_tail=True) is None
    assert backoff(len(RETRY_AFTER) + 1, 0) is None


CODES = [None, 100, 199, 200, 204, 299, 300, 302, 304, 400, 404, 410, 429, 500, 503, 599, 999]


@pytest.mark.parametrize("failures", [0, 2, 3, 13, 14, 1000])
@pytest.mark.parametrize("long_tail", [True, False])
def test_a_settled_row_has_a_next_step_or_an_end(failures, long_tail):
    for code in CODES:
        check_settlement(code, failures, long_tail)


def check_settlement(code, failures, long_tail):
    to = settle_outcome(
        status_code=code,
        error="The connection broke." if code is None else None,
        failures_before=failures,
        finished_at=AT,
        spread=0.3,
        retry_after="30",
        long_tail=long_tail,
    )
    assert (to.status == "pending") == (to.next_attempt_at is not None)
    assert to.next_attempt_at is None or to.next_attempt_at > AT
    assert (to.status == "succeeded") == (code is not None and 200 <= code < 300)
    assert bool(to.error) != (to.status == "succeeded")


def settled(claims, at, status=200, **more):
    outcome = Outcome(status=status, **more)
    results = [Result(claim, {}, outcome, at, at, 0.0) for claim in claims]
    return operations.settle(results=results, at=at)


def claims(at, room=None, limit=100):
    return operations.claim(at=at, room=room or {}, default_room=8, limit=limit)


@committed
@pytest.mark.parametrize("status", [429, 503, 500, 302])
def test_what_a_receiver_asks_for_is_in_the_row(organisation, status):
    make_endpoint(organisation)
    make_fact(organisation)
    now = clock.now()
    settled(claims(now), now, status, headers={"retry-after": "90"})
    assert Delivery.objects.get().next_attempt_at == now + timedelta(seconds=90)


@committed
def test_the_long_tail_goes_on_after_the_schedule(organisation):
    make_endpoint(organisation, long_tail=True)
    make_fact(organisation)
    now, tried = clock.now(), 0
    while found := claims(now):
        tried += 1
        settled(found, now, 400)
        now = Delivery.objects.get().next_attempt_at or now + timedelta(days=9)
    assert tried == 1 + len(RETRY_AFTER) + len(LONG_TAIL)
    assert Delivery.objects.get().status == "failed"


# --- the rate limit


@pytest.mark.parametrize("rate", [1, 3, 10, 100, 1000])
@pytest.mark.parametrize("step", [0.004, 0.05, 0.3])
def test_no_second_takes_more_than_the_rate_allows(rate, step):
    until, went = None, []
    for tick in range(int(4 / step)):
        now = AT + timedelta(seconds=tick * step)
        count, until = paced(until, rate, 10_000, now)
        went += [tick * step] * count
    bound = rate * 1.1 + 1
    assert all(sum(1 for one in went if start <= one < start + 1) <= bound for start in set(went))
    if step < 0.1:  # who asks often enough gets all of it
        assert len(went) >= rate * 3.9 - 1


def test_a_clock_that_was_put_back_stops_nobody():
    _, until = paced(None, 1, 5, AT)
    assert paced(until, 1, 5, AT - timedelta(hours=1))[0] == 1


@committed
def test_the_limit_is_one_for_all_senders(organisation):
    limited = make_endpoint(organisation, rate_limit=2)
    free = make_endpoint(organisation, events=["case.escalated"])
    for _ in range(6):
        make_fact(organisation)
    make_fact(organisation, type="case.escalated")
    now, took = clock.now(), []
    for tick in range(20):  # 2 s, and each claim may be another process's
        found = claims(now + timedelta(seconds=tick / 10))
        took += [tick / 10 for claim in found if claim.endpoint_id == limited.id]
        assert tick or sum(claim.endpoint_id == free.id for claim in found) == 1
    assert took == [0.0, 0.4, 0.9, 1.4, 1.9]
    assert Delivery.objects.filter(lease_until=None, endpoint=limited).count() == 7 - len(took)
    assert Health.objects.get().endpoint_id == limited.id


@committed
def test_what_is_held_back_takes_nobodys_place(organisation):
    for _ in range(3):
        make_endpoint(organisation, rate_limit=1)
    for _ in range(3):
        make_fact(organisation)
    now = clock.now()
    assert len(claims(now)) == 3
    other = make_endpoint(organisation, events=["case.escalated"])
    make_fact(organisation, type="case.escalated")
    assert {claim.endpoint_id for claim in claims(now + timedelta(seconds=0.5), limit=1)} == {other.id}


# --- turns


def pile_up(endpoint: Endpoint, count: int, at: datetime) -> None:
    event_id = make_fact(endpoint.organisation)
    Delivery.objects.filter(event_id=event_id).delete()
    shared = {"organisation_id": endpoint.organisation_id, "livemode": False, "endpoint_id": endpoint.id}
    shared |= {"event_type": "payment.received", "status": "pending", "next_attempt_at": at - timedelta(hours=1)}
    shared |= {"created_at": at, "recorded_at": at}
    rows = [{"id": name, "event_id": name} for name in ids.new_many("whd", count)]
    db.insert_rows(Delivery, rows, shared)


@committed
def test_a_backlog_delays_another_by_no_more_than_one_claim(organisation):
    now = clock.now()
    piles = [make_endpoint(organisation, events=["nothing.else"]) for _ in range(3)]
    pile_up(piles[0], 20_000, now)
    for small in piles[1:]:
        pile_up(small, 50, now)
    other = make_endpoint(organisation, events=["case.escalated"])
    make_fact(organisation, type="case.escalated")
    # Fewer places than the others could fill, and all of theirs are older.
    found = claims(clock.now(), room={pile.id: 256 for pile in piles}, limit=16)
    assert other.id in {claim.endpoint_id for claim in found}


@committed
@pytest.mark.skipif(connection.vendor != "postgresql", reason="EXPLAIN ANALYZE")
def test_a_claim_costs_the_same_however_long_the_backlog(organisation):
    def touched() -> int:
        with connection.cursor() as cursor, CaptureQueriesContext(connection) as seen:
            cursor.execute("ANALYZE")
            claims(clock.now(), limit=8)
        (asked,) = [query["sql"] for query in seen.captured_queries if "LATERAL" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + asked.replace("%", "%%"))
            plan = json.loads(json.dumps(cursor.fetchone()[0]))[0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    endpoint = make_endpoint(organisation, events=["nothing.else"])
    pile_up(endpoint, 500, clock.now())
    short = touched()
    pile_up(endpoint, 20_000, clock.now())
    assert touched() <= short + 20


@committed
@pytest.mark.parametrize(("ahead", "free"), [(timedelta(seconds=20), False), (timedelta(hours=1), True)])
def test_a_lease_that_no_clock_in_order_wrote_holds_nothing(organisation, ahead, free):
    """Claimed while the clock was an hour ahead, by a worker that is gone: not an hour of waiting."""
    make_endpoint(organisation)
    make_fact(organisation)
    now = clock.now()
    Delivery.objects.update(lease_until=now + ahead)
    assert len(claims(now, limit=8)) == int(free)
