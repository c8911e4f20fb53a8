"""What kit.db promises: events last and gap-free, savepoints that forget, bulk insert to the letter."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection

from agentcollect.kit import clock, db, integrity
from agentcollect.kit.jobs import enqueue
from campaigns.models import Case, Debtor
from events.models import Counter, Event
from events.operations import record
from tests import factories
from tests.webhooks.conftest import make_endpoint
from webhooks.models import Endpoint


def note(organisation: Any, **data: Any) -> str:
    return record(
        type="webhook.test", organisation_id=organisation.id, livemode=False, data=data, by="test", at=clock.now()
    )


@pytest.mark.django_db
def test_a_fact_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        note(factories.organisation())


@pytest.mark.django_db
def test_what_a_failed_savepoint_recorded_is_dropped_and_leaves_no_gap() -> None:
    organisation = factories.organisation()
    with db.atomic():
        note(organisation, n=1)
        with pytest.raises(ZeroDivisionError), db.atomic():
            note(organisation, n=2)
            raise ZeroDivisionError
        with db.atomic():
            note(organisation, n=3)
    found = Event.objects.filter(organisation=organisation).order_by("sequence")
    numbers = [(event.sequence, event.data) for event in found if event.sequence]
    assert numbers[-2:] == [(1, {"n": 1}), (2, {"n": 3})]


@pytest.mark.django_db
def test_a_rolled_back_transaction_gives_its_number_back() -> None:
    organisation = factories.organisation()
    with pytest.raises(ZeroDivisionError), db.atomic():
        with db.atomic():
            note(organisation, n=1)
        raise ZeroDivisionError
    with db.atomic():
        note(organisation, n=2)
    assert list(Event.objects.filter(sequence__isnull=False).values_list("sequence", flat=True)) == [1]
    assert not db.in_transaction()


@pytest.mark.django_db(transaction=True)
def test_numbers_are_gap_free_when_eight_threads_record_at_once() -> None:
    organisation = factories.organisation()

    def work() -> None:
        for _ in range(5):
            with db.atomic():
                note(organisation)
                note(organisation)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = Event.objects.filter(sequence__isnull=False).order_by("sequence").values_list("sequence", flat=True)
    assert list(numbers) == list(range(1, 81))
    assert Counter.objects.get().value == 80


NASTY = ["tab\there", "line\nbreak\r\n", "back\\slash \\N", "quote'\"", "日本語 ümlaut 🙂", "", "{json}", "%s %% :x"]


@pytest.mark.django_db
@pytest.mark.parametrize("text", NASTY)
def test_bulk_insert_keeps_every_character(text: str) -> None:
    organisation = factories.organisation()
    at = clock.now()
    tenant = {"organisation_id": organisation.id, "livemode": False, "created_at": at, "recorded_at": at}
    rows = [
        Debtor(**tenant, updated_at=at, name=text, identity=f"{n}", country="US", metadata={"k": text, "n": None})
        for n in range(3)
    ]
    db.bulk_insert(Debtor, rows)
    kept = Debtor.objects.get(id=rows[1].id)
    assert (kept.name, kept.metadata, kept.enriched_at, kept.created_at) == (text, {"k": text, "n": None}, None, at)


@pytest.mark.django_db
def test_a_conflict_in_a_batch_writes_none_of_it() -> None:
    case = factories.case(factories.organisation())
    twin = Case.objects.get(id=case.id)
    twin.id = "cas_another00000000000000"
    with pytest.raises(IntegrityError), db.atomic():
        db.bulk_insert(Case, [twin])
    assert Case.objects.count() == 1


@pytest.mark.django_db
def test_every_rule_the_models_declare_stands_in_the_database() -> None:
    assert integrity.missing() == []
    with connection.cursor() as cursor:
        if db.is_postgresql():
            cursor.execute('DROP TRIGGER "events_event_no_update" ON events_event')
        else:
            cursor.execute('DROP TRIGGER "events_event_no_update"')
    assert integrity.missing() == ["events_event_no_update"]


@pytest.mark.django_db
def test_a_dead_broker_never_breaks_a_request(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from agentcollect.celery import app
    from agentcollect.kit import jobs

    monkeypatch.setattr(jobs, "_silent_until", 0.0)
    calls = []

    def refuse(*args: Any, **kwargs: Any) -> None:
        calls.append(args)
        raise ConnectionRefusedError

    monkeypatch.setattr(app, "send_task", refuse)
    jobs._nudge("campaigns.open_cases", {})
    jobs._nudge("campaigns.open_cases", {})
    assert len(calls) == 1  # the second one knows already, and does not wait
    enqueue("campaigns.open_cases")


@pytest.mark.django_db(transaction=True)
def test_a_child_is_inserted_while_its_parent_is_locked() -> None:
    """Else a fan-out, which holds the counter, and a change of an endpoint, which wants it, wait for each other."""
    if not db.is_postgresql():
        pytest.skip("SQLite has one writer: nobody waits inside a transaction")
    endpoint = make_endpoint(factories.organisation())

    def fan_out() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        with db.atomic():
            note(endpoint.organisation, webhook_id=endpoint.id)
        connection.close()
        told.append(True)

    told: list[bool] = []
    with db.atomic():
        assert list(db.locked(Endpoint.objects.filter(id=endpoint.id))) == [endpoint]
        other = threading.Thread(target=fan_out)
        other.start()
        other.join(5)
        assert told
