"""What is owed is written with the fact, set-based, to whom it concerns."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock, db
from events.models import Event
from events.operations import record
from tests import factories
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery, Endpoint

pytestmark = pytest.mark.django_db


def count_queries(organisation, facts: int) -> int:
    with (
        CaptureQueriesContext(
            connection,
        ) as seen,
        db.atomic(),
    ):
        for _ in range(facts):
            record(
                type="payment.received",
                organisation_id=organisation.id,
                livemode=False,
                data={},
                by="test",
                at=clock.now(),
            )
    return len(seen)


def test_queries_depend_on_neither_events_nor_endpoints(organisation):
    make_endpoint(organisation)
    one = count_queries(organisation, 1)
    for _ in range(9):
        make_endpoint(organisation)
    assert count_queries(organisation, 1) == one
    assert count_queries(organisation, 50) == one
    assert Delivery.objects.count() == 1 + 10 + 500


def test_without_endpoints_one_query_more_than_nothing(organisation):
    make_fact(organisation)
    bare = count_queries(organisation, 1)
    make_endpoint(organisation)
    with_one = count_queries(organisation, 1)
    assert with_one - bare == 1


def test_only_who_asked_for_the_type_in_this_mode(organisation):
    everything = make_endpoint(organisation)
    payments = make_endpoint(organisation, events=["payment.received"])
    make_endpoint(organisation, events=["case.escalated"])
    make_endpoint(organisation, livemode=True)
    make_endpoint(factories.organisation("Another"))
    off = make_endpoint(organisation)
    operations.update_endpoint(
        endpoint_id=off.id,
        organisation_id=organisation.id,
        livemode=False,
        changes={"status": "disabled"},
        by="test",
        at=clock.now(),
    )
    event_id = make_fact(organisation)
    owed = Delivery.objects.filter(event_id=event_id)
    assert {row.endpoint_id for row in owed} == {everything.id, payments.id}
    assert {(row.status, row.organisation_id, row.livemode, row.event_type) for row in owed} == {
        ("pending", organisation.id, False, "payment.received")
    }


def test_once_per_endpoint_and_event(organisation):
    make_endpoint(organisation)
    make_fact(organisation)
    event = Event.objects.get(type="payment.received")
    with pytest.raises(IntegrityError), db.atomic():
        operations.fan_out([event])


def test_a_pending_delivery_has_a_next_step(organisation):
    make_endpoint(organisation)
    make_fact(organisation)
    with pytest.raises(IntegrityError), db.atomic():
        Delivery.objects.update(next_attempt_at=None)


def _record_and_fail(organisation) -> None:
    with db.atomic():
        make = {"type": "payment.received", "organisation_id": organisation.id, "livemode": False}
        record(**make, data={}, by="test", at=clock.now())
        raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_rollback_leaves_neither_event_nor_delivery():
    organisation = factories.organisation()
    make_endpoint(organisation)
    before = Event.objects.count()
    with pytest.raises(RuntimeError):
        _record_and_fail(organisation)
    assert (Event.objects.count(), Delivery.objects.count()) == (before, 0)
    make_fact(organisation)
    assert Event.objects.get(type="payment.received").sequence == 1


def test_a_test_event_goes_to_the_endpoint_it_names_only(organisation):
    named = make_endpoint(organisation, events=["case.escalated"])
    make_endpoint(organisation)
    delivery = operations.send_test(
        endpoint_id=named.id, organisation_id=organisation.id, livemode=False, by="test", at=clock.now()
    )
    assert [row.endpoint_id for row in Delivery.objects.all()] == [named.id]
    assert delivery.event_type == "webhook.test"


def test_secrets_are_encrypted_at_rest(organisation):
    endpoint, secret = operations.create_endpoint(
        organisation_id=organisation.id, livemode=False, url="https://a.com/", by="test", at=clock.now()
    )
    assert secret not in Endpoint.objects.get(id=endpoint.id).secrets
    assert secret.removeprefix("whsec_") not in "".join(Event.objects.values_list("payload", flat=True))
