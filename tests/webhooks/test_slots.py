"""An endpoint's slots are those of all senders together; a dead sender's leases slow it down and never stop it."""

from datetime import timedelta

import pytest

from agentcollect.kit import clock
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks import operations
from webhooks.models import Delivery
from webhooks.sender import SLOTS, Lane

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(at, *, holding, room=None):
    found = operations.claim(at=at, room=room or {}, default_room=SLOTS, limit=100, holding=holding)
    assert len({claim.delivery_id for claim in found}) == len(found)
    return len(found)


def test_what_others_hold_takes_room(organisation):
    endpoint = make_endpoint(organisation)
    for _ in range(SLOTS + 5):
        make_fact(organisation)
    at = clock.now() + timedelta(seconds=1)
    mine = [endpoint.id]
    assert claimed(at, holding=[]) == SLOTS
    assert claimed(at, holding=mine) == 0
    assert claimed(at, holding=[]) == 1  # one for a sender that has none: whoever holds the others may be dead
    assert claimed(at, holding=mine, room={endpoint.id: SLOTS + 3}) == 2
    assert claimed(at + operations.LEASE, holding=mine) == SLOTS  # the leases have ended


def test_what_was_settled_makes_room_and_others_are_not_touched(organisation):
    one, two = (make_endpoint(organisation, f"https://yourapp.com/{n}") for n in range(2))
    for _ in range(SLOTS + 3):
        make_fact(organisation)
    at = clock.now() + timedelta(seconds=1)
    assert claimed(at, holding=[]) == 2 * SLOTS
    leased = Delivery.objects.filter(endpoint=one, lease_until__isnull=False)
    done = leased.values_list("id", flat=True)[:3]
    Delivery.objects.filter(id__in=list(done)).update(status="succeeded", next_attempt_at=None, lease_until=None)
    assert claimed(at, holding=[one.id, two.id]) == 3
    assert Delivery.objects.filter(endpoint=two, lease_until__isnull=False).count() == SLOTS


def test_without_holding_the_room_is_the_callers_own(organisation):
    make_endpoint(organisation)
    for _ in range(2 * SLOTS):
        make_fact(organisation)
    at = clock.now() + timedelta(seconds=1)
    assert [claimed(at, holding=None) for _ in range(3)] == [SLOTS, SLOTS, 0]


def test_a_lane_asks_for_the_room_of_all(organisation):
    lane = Lane(window=40, flying=3)
    assert (lane.most, lane.room) == (40, 37)
    lane.limited = True
    assert (lane.most, lane.room) == (SLOTS, SLOTS - 3)
