"""What is old goes, in slices; what is unresolved stays; nobody else may delete an attempt."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, OperationalError, connection

from accounts.models import Organisation
from agentcollect.kit import clock, db, ids, integrity, partitions
from tests import factories
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Attempt, Delivery, Endpoint, Rendering, Replay
from webhooks.operations import pruning
from webhooks.queries.retention import overdue_seconds

pytestmark = pytest.mark.django_db
AT = clock.now()
DAY = timedelta(days=1)
only_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no partitions")
Row = dict[str, Any]


@pytest.fixture
def endpoint() -> Endpoint:
    return make_endpoint(factories.organisation(), livemode=True)


def name_of(prefix: str, days: float) -> str:
    """An id as it was drawn so many days ago."""
    return ids.first_of(prefix, AT - days * DAY) + ids.random62(ids.RANDOM_LENGTH)


def deliveries(endpoint: Endpoint, days: float, count: int = 1, attempts: int = 2, **facts: Any) -> list[str]:
    """Settled so many days ago at their first hour; each with its attempts of that time."""
    moment = AT - days * DAY
    shared = {"organisation_id": endpoint.organisation_id, "livemode": endpoint.livemode}
    shared |= {"created_at": moment, "recorded_at": moment}
    owed: Row = {"endpoint_id": endpoint.id, "event_type": "payment.received", "status": "succeeded"}
    owed |= {"settled_at": moment, "attempts_made": attempts} | facts
    names = sorted(name_of("whd", days) for _ in range(count))
    db.insert_rows(Delivery, [{"id": name, "event_id": ids.new("evt")} for name in names], shared | owed)
    made = [
        {"id": name_of("att", days), "delivery_id": name, "number": n + 1} for name in names for n in range(attempts)
    ]
    db.insert_rows(Attempt, made, shared | {"endpoint_id": endpoint.id, "request_headers": {}, "status_code": 200})
    return names


def left() -> set[str]:
    return set(Delivery.objects.values_list("id", flat=True))


PENDING = {"status": "pending", "settled_at": None, "next_attempt_at": AT}


@pytest.mark.parametrize(
    ("days", "facts", "goes"),
    [
        (91, {}, True),
        (91, {"status": "failed"}, True),
        (91, {"status": "not_sent", "reason": "paused", "settled_at": None}, True),
        (89, {}, False),
        (89, {"status": "not_sent", "reason": "paused", "settled_at": None}, False),
        (400, PENDING, False),
        (400, {"status": "failed", "settled_at": AT - 89 * DAY}, False),
        (400, {"status": "failed", "settled_at": AT - 91 * DAY}, True),
    ],
)
def test_what_is_resolved_goes_after_its_time(endpoint: Endpoint, days: float, facts: Row, goes: bool) -> None:
    deliveries(endpoint, days, **facts)
    pruned = operations.prune(at=AT)
    assert (pruned.deliveries, pruned.attempts) == ((1, 2) if goes else (0, 0))
    assert (Delivery.objects.count(), Attempt.objects.count()) == ((0, 0) if goes else (1, 2))


def test_the_retention_is_a_setting(endpoint: Endpoint, settings: Any) -> None:
    deliveries(endpoint, 8)
    settings.WEBHOOK_RETENTION_DAYS = 7
    assert round(overdue_seconds(AT)) == 86_400
    assert operations.prune(at=AT).deliveries == 1
    assert overdue_seconds(AT) == 0


def test_what_a_replay_touched_stays_and_goes_later(endpoint: Endpoint) -> None:
    (name,) = deliveries(endpoint, 89, status="failed")
    Delivery.objects.filter(id=name).update(settled_at=AT + DAY)  # sent again, and failed again
    assert operations.prune(at=AT + 90 * DAY).deliveries == 0
    assert operations.prune(at=AT + 92 * DAY) == (1, 2, 0, 0, ())


def test_slices_pass_over_what_stays(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "SLICE", 3)
    stay = deliveries(endpoint, 100, 4, **PENDING) + deliveries(endpoint, 80, 2)
    deliveries(endpoint, 95, 7)
    assert operations.prune(at=AT, most=3).deliveries == 3
    assert operations.prune(at=AT).deliveries == 4
    assert left() == set(stay)
    assert Attempt.objects.count() == 12


def test_a_crash_between_slices_loses_a_slice_at_most(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "SLICE", 2)
    deliveries(endpoint, 95, 5)
    real, calls = Delivery.objects.none().__class__._raw_delete, []

    def dying(self: Any, using: str) -> int:
        calls.append(self.model)
        if len(calls) == 4:  # the second slice: its attempts are gone, its deliveries not yet
            raise KeyboardInterrupt
        return real(self, using)

    monkeypatch.setattr(Delivery.objects.none().__class__, "_raw_delete", dying)
    with pytest.raises(KeyboardInterrupt):
        operations.prune(at=AT)
    assert (Delivery.objects.count(), Attempt.objects.count()) == (3, 6)
    with pytest.raises(DatabaseError), db.atomic():
        delete_by_hand()
    assert operations.prune(at=AT) == (3, 6, 0, 0, ())


def delete_by_hand(table: str = "webhooks_attempt") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}"')


def test_by_hand_nothing_is_deleted(endpoint: Endpoint) -> None:
    deliveries(endpoint, 400)
    for wrong in (delete_by_hand, Attempt.objects.all().delete, lambda: Attempt.objects.update(error="x")):
        with pytest.raises((IntegrityError, DatabaseError), match="append-only"), db.atomic():
            wrong()
    with integrity.pruning(AT - 90 * DAY):
        with pytest.raises(DatabaseError, match="append-only"), db.atomic():
            delete_by_hand("events_event")  # events are never pruned
        with pytest.raises(DatabaseError, match="append-only"), db.atomic():
            Attempt.objects.update(error="x")
    with pytest.raises(DatabaseError, match="append-only"), db.atomic():
        delete_by_hand()  # the door is shut again
    assert Attempt.objects.count() == 2


def test_even_pruning_deletes_nothing_younger(endpoint: Endpoint) -> None:
    deliveries(endpoint, 89)
    with pytest.raises(DatabaseError, match="append-only"), integrity.pruning(AT - 90 * DAY):
        delete_by_hand()
    with integrity.pruning(AT - 88 * DAY):
        delete_by_hand()
    assert Attempt.objects.count() == 0


def rendering(endpoint: Endpoint, days: float, event_id: str) -> None:
    moment = AT - days * DAY
    shared = {
        "organisation_id": endpoint.organisation_id,
        "livemode": True,
        "created_at": moment,
        "recorded_at": moment,
    }
    more = {"event_id": event_id, "api_version": "2026-01-01", "payload": "{}"}
    Rendering.objects.create(id=name_of("ren", days), **shared, **more)


def test_a_rendering_goes_with_the_last_delivery_of_its_event(endpoint: Endpoint) -> None:
    kept, gone = deliveries(endpoint, 91, **PENDING) + deliveries(endpoint, 91)
    events = dict(Delivery.objects.values_list("id", "event_id"))
    for days, event_id in ((91, events[kept]), (91, events[gone]), (89, "evt_of_nobody")):
        rendering(endpoint, days, event_id)
    assert operations.prune(at=AT).renderings == 1
    assert set(Rendering.objects.values_list("event_id", flat=True)) == {events[kept], "evt_of_nobody"}


@pytest.mark.parametrize(
    ("status", "days", "goes"),
    [("succeeded", 91, True), ("cancelled", 91, True), ("running", 91, False), ("succeeded", 89, False)],
)
def test_finished_replays_go(endpoint: Endpoint, status: str, days: int, goes: bool) -> None:
    moment = AT - days * DAY
    tenant = {"organisation_id": endpoint.organisation_id, "livemode": True}
    times = {"created_at": moment, "recorded_at": moment, "updated_at": moment, "next_run_at": moment}
    finished = None if status == "running" else moment
    more = {"filters": {}, "rate": 1, "total": 0, "status": status, "finished_at": finished}
    Replay.objects.create(id=name_of("rpl", days), **tenant, **times, **more)
    assert operations.prune(at=AT).replays == int(goes)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_workers_do_not_wait_for_each_other(endpoint: Endpoint) -> None:
    deliveries(endpoint, 95, 6)
    holds, leave = threading.Event(), threading.Event()

    def replaying() -> None:
        with db.atomic():
            list(db.locked(Delivery.objects.order_by("id"))[:2])
            holds.set()
            leave.wait(20)
        connection.close()

    other = threading.Thread(target=replaying)
    other.start()
    assert holds.wait(10)
    try:
        assert operations.prune(at=AT).deliveries == 4
    finally:
        leave.set()
        other.join()
    assert operations.prune(at=AT).deliveries == 2


# --- by month


@pytest.fixture
def partitioned(endpoint: Endpoint) -> Endpoint:
    """The attempts as they are after a conversion; the transaction of the test takes it back."""
    deliveries(endpoint, 130, 3)
    deliveries(endpoint, 0, 1)
    partitions.convert(Attempt, at=AT)
    return endpoint


def test_sqlite_is_refused(endpoint: Endpoint) -> None:
    if connection.vendor == "postgresql":
        with pytest.raises(CommandError, match="Attempts are one table"):
            call_command("partition_attempts", "keep")
        return
    with pytest.raises(CommandError, match="no partitions"):
        call_command("partition_attempts", "convert")


@only_postgresql
def test_converting_keeps_rows_rules_and_reads(partitioned: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert partitions.is_partitioned(Attempt)
    assert Attempt.objects.count() == 8
    assert integrity.missing() == []
    integrity.install()  # as every migrate does
    assert integrity.missing() == []
    call_command("partition_attempts", "show")
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) >= 4 and shown[-1].startswith("webhooks_attempt_rest")
    with pytest.raises(CommandError, match="already"):
        call_command("partition_attempts", "convert")


@only_postgresql
def test_django_works_on_it_unchanged(partitioned: Endpoint, organisation: Organisation) -> None:
    first, *_ = deliveries(partitioned, -40, 1)  # forty days from now: a month made ahead
    deliveries(partitioned, -400, 1)  # beyond all of them: the rest
    assert partitions.pieces(Attempt)[-1].name == "webhooks_attempt_rest"
    assert counts()["webhooks_attempt_rest"] == 2
    assert list(Attempt.objects.filter(delivery_id=first).order_by("-number").values_list("number", flat=True)) == [
        2,
        1,
    ]
    shared: Row = {"organisation_id": partitioned.organisation_id, "livemode": True}
    shared |= {"created_at": AT, "recorded_at": AT, "request_headers": {}}
    with pytest.raises(IntegrityError, match="number"), db.atomic():
        twin = Attempt.objects.filter(delivery_id=first).first()
        Attempt.objects.create(id=twin.id[:-4] + "zzzz", delivery_id=first, number=1, **shared)
    with pytest.raises(IntegrityError, match="tenant"), db.atomic():
        Attempt.objects.create(delivery_id=first, number=9, **(shared | {"organisation_id": organisation.id}))
    with pytest.raises(DatabaseError, match="append-only"), db.atomic():
        delete_by_hand()
    with pytest.raises(DatabaseError, match="append-only"), db.atomic():
        Attempt.objects.update(error="x")


def counts() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for piece in partitions.pieces(Attempt):
            cursor.execute(f'SELECT count(*) FROM "{piece.name}"')
            found[piece.name] = cursor.fetchone()[0]
    return found


@only_postgresql
def test_months_are_made_ahead_once(partitioned: Endpoint) -> None:
    assert partitions.ahead(Attempt, at=AT) == []
    later = partitions.month(AT, 4)
    (made,) = partitions.ahead(Attempt, at=partitions.month(AT, 1))
    assert made == f"webhooks_attempt_{later:%Y_%m}"
    deliveries(partitioned, -200, 1)  # nobody had made its month: it stands in the rest
    assert counts()["webhooks_attempt_rest"] == 2
    partitions.ahead(Attempt, at=AT + 200 * DAY)
    assert counts()["webhooks_attempt_rest"] == 0
    assert counts()[f"webhooks_attempt_{AT + 200 * DAY:%Y_%m}"] == 2
    assert Attempt.objects.count() == 10
    assert integrity.missing() == []


@only_postgresql
def test_an_old_month_is_dropped_and_the_unresolved_kept(
    partitioned: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,) = deliveries(partitioned, -1, 1, **PENDING)
    old = partitions.pieces(Attempt)[0].name
    later = partitions.month(AT, 6) + DAY
    assert operations.prune(at=partitions.month(AT, 2)).months == ()
    pruned = operations.prune(at=later)
    assert old in pruned.months
    assert pruned.deliveries == 1  # the one of today; the old three went row by row, in time
    assert left() == {name}
    assert set(Attempt.objects.values_list("delivery_id", flat=True)) == {name}
    assert counts()["webhooks_attempt_rest"] == 2
    assert operations.prune(at=later).months == ()


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_the_tables_are_busy(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "50ms")
    holds, leave = threading.Event(), threading.Event()

    def settling() -> None:
        with db.atomic():
            Delivery.objects.update(last_error="")
            holds.set()
            leave.wait(20)
        connection.close()

    other = threading.Thread(target=settling)
    other.start()
    assert holds.wait(10)
    began = time.monotonic()
    try:
        with pytest.raises(OperationalError, match="lock timeout"):
            partitions.convert(Attempt, at=AT)
    finally:
        leave.set()
        other.join()
    assert time.monotonic() - began < 1
    assert not partitions.is_partitioned(Attempt)


def test_a_fact_is_told_as_before(endpoint: Endpoint, organisation: Organisation) -> None:
    make_endpoint(organisation)
    make_fact(organisation)
    assert operations.prune(at=clock.now()) == (0, 0, 0, 0, ())
    assert Delivery.objects.count() == 1
