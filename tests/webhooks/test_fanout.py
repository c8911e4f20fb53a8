"""What is owed is written with the fact, set-based, to whom it concerns."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock, db, ids
from events.models import Event
from events.operations import record
from tests import factories
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery, Endpoint, Rendering
from webhooks.rules import mail_due

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
    event_id = make_fact(organisation)
    owed = Delivery.objects.filter(event_id=event_id)
    assert {row.endpoint_id for row in owed} == {everything.id, payments.id}
    assert {(row.status, row.organisation_id, row.livemode, row.event_type) for row in owed} == {
        ("pending", organisation.id, False, "payment.received")
    }


STATES = ("active", "unverified", "paused", "disabled", "deleted")


def test_who_is_off_keeps_what_it_asked_for_with_the_reason(organisation):
    for state in STATES:
        for events in (["payment.received"], ["case.escalated"]):
            endpoint = make_endpoint(organisation, events=events)
            Endpoint.objects.filter(id=endpoint.id).update(status=state)
    event_id = make_fact(organisation)
    owed = Delivery.objects.filter(event_id=event_id).select_related("endpoint")
    assert {(row.endpoint.status, row.status, row.reason) for row in owed} == {
        ("active", "pending", ""),
        *((off, "not_sent", off) for off in ("unverified", "paused", "disabled")),
    }
    assert len(owed) == 4
    recorded_at = Event.objects.get(id=event_id).recorded_at
    assert {(row.next_attempt_at, row.settled_at) for row in owed if row.reason} == {(None, recorded_at)}
    assert {(row.next_attempt_at, row.settled_at) for row in owed if not row.reason} == {(recorded_at, None)}


def test_an_unverified_endpoint_is_owed_its_challenge_and_no_other(organisation):
    endpoints = [make_endpoint(organisation) for _ in range(2)]
    Endpoint.objects.update(status="unverified", challenge="abc")
    given = {"organisation_id": organisation.id, "livemode": False, "by": "test", "at": clock.now()}
    owed = operations.verify_endpoint(endpoint_id=endpoints[1].id, **given)
    assert [(row.id, row.endpoint_id, row.status) for row in Delivery.objects.all()] == [
        (owed.id, endpoints[1].id, "pending")
    ]


def test_queries_stay_the_same_with_every_kind_of_endpoint(organisation):
    make_endpoint(organisation)
    plain = count_queries(organisation, 1)
    others = [make_endpoint(organisation) for _ in range(10)]
    for endpoint, state in zip(others, 2 * STATES, strict=True):
        Endpoint.objects.filter(id=endpoint.id).update(status=state)
    assert count_queries(organisation, 1) == plain + 1  # the rows that are not sent
    for endpoint in others[:6]:
        Endpoint.objects.filter(id=endpoint.id).update(api_version="2026-05-01")
    mixed = count_queries(organisation, 1)
    assert mixed == plain + 2  # and the bytes of another version
    assert count_queries(organisation, 40) == mixed
    assert Rendering.objects.count() == 41


def mailbox(organisation, cadence: dict[str, str]) -> Endpoint:
    endpoint = make_endpoint(organisation, events=["case.held"])
    who = ids.new("mem")
    Endpoint.objects.filter(id=endpoint.id).update(
        kind="email", member_id=who, cadence=cadence, api_version="2026-05-01"
    )
    return endpoint


def test_a_member_is_owed_a_mail_when_his_cadence_says_so(organisation):
    at_once = mailbox(organisation, {"payment.received": "instant"})
    daily = mailbox(organisation, {"payment.received": "daily"})
    mailbox(organisation, {"case.held": "instant"})
    away = mailbox(organisation, {"payment.received": "instant"})
    Endpoint.objects.filter(id=away.id).update(status="paused")
    event = Event.objects.get(id=make_fact(organisation))
    owed = {row.endpoint_id: row for row in Delivery.objects.filter(event_id=event.id)}
    assert set(owed) == {at_once.id, daily.id, away.id}
    for endpoint, cadence in ((at_once, "instant"), (daily, "daily")):
        due = mail_due({event.type: cadence}, event.type, event.recorded_at, organisation.timezone)
        assert (owed[endpoint.id].status, owed[endpoint.id].next_attempt_at) == ("pending", due)
    assert (owed[away.id].status, owed[away.id].reason) == ("not_sent", "paused")
    assert not Rendering.objects.exists()  # a mail has no bytes of a version


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
