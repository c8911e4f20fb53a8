"""Whose address is it? An organisation may ask that every new one answers a challenge before anything is sent to it."""

import secrets
from datetime import datetime

from accounts.models import Organisation
from agentcollect.kit import db, due
from agentcollect.kit.errors import ApiError
from events.models import Event
from webhooks.models import Delivery, Endpoint
from webhooks.operations.common import audit, locked, tell
from webhooks.operations.replay_jobs import start_replay
from webhooks.rules import VERIFICATION


def asked_of(organisation_id: str) -> bool:
    """Whether this organisation's new addresses must answer a challenge."""
    return Organisation.objects.filter(id=organisation_id, verify_webhooks=True).exists()


def draw() -> str:
    """A challenge nobody can guess: 192 bits, letters and digits of base64url."""
    return secrets.token_urlsafe(24)


def ask(endpoint: Endpoint, *, by: str, at: datetime) -> str:
    """Owe this endpoint its challenge, inside the caller's transaction; the event id."""
    data = {"webhook_id": endpoint.id, "challenge": endpoint.challenge}
    return tell(VERIFICATION, endpoint, data, by=by, at=at)


def verify_endpoint(*, endpoint_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> Delivery:
    """Owe the challenge to the endpoint, `unverified` or `active`, whatever types it asked for.

    One that is still being tried is returned as it is: nobody is made to knock at a stranger's door in a loop.
    Raises ApiError: not_found, or illegal_transition for an endpoint that is paused or disabled.
    """
    with db.atomic():
        endpoint = locked(organisation_id, livemode, endpoint_id)
        if endpoint.status not in (Endpoint.Status.UNVERIFIED, Endpoint.Status.ACTIVE):
            raise ApiError("illegal_transition", f"The endpoint is {endpoint.status}: nothing is sent to it.")
        if under_way := _asked(endpoint):
            return under_way
        if not endpoint.challenge:
            endpoint.challenge = draw()
            endpoint.save(update_fields=["challenge"])
        event_id = ask(endpoint, by=by, at=at)
    return Delivery.objects.get(endpoint_id=endpoint.id, event_id=event_id)


def _asked(endpoint: Endpoint) -> Delivery | None:
    """The challenge that is under way, when it is the one that counts: another address had another."""
    owed = Delivery.objects.filter(endpoint=endpoint, status=due.literal(Delivery.Status.PENDING))
    return owed.filter(event_type=VERIFICATION).order_by("-id").first()


def verified(*, endpoint_id: str, at: datetime) -> bool:
    """The endpoint answered its challenge: it is active from now on. False when that was known, or it is gone.

    Called once the delivery has succeeded. The present challenge must have been answered: the address may have changed
    while the one before it was thinking, and its answer says nothing about the new one. What happened meanwhile is
    sent now (a replay job, paced): registering and answering takes a moment, and nothing that falls into it is lost.
    """
    with db.atomic():
        endpoint = db.locked(Endpoint.objects.filter(id=endpoint_id)).first()
        if endpoint is None or not _news(endpoint) or not _answered(endpoint):
            return False
        waited = endpoint.status == Endpoint.Status.UNVERIFIED
        endpoint.status, endpoint.verified_at, endpoint.updated_at = Endpoint.Status.ACTIVE, at, at
        endpoint.save(update_fields=["status", "verified_at", "updated_at"])
        audit("endpoint.verified", endpoint, by="engine", at=at)
        if waited:
            _send_what_waited(endpoint, at=at)
    return True


def _news(endpoint: Endpoint) -> bool:
    waits = endpoint.status == Endpoint.Status.UNVERIFIED
    return waits or (endpoint.status == Endpoint.Status.ACTIVE and endpoint.verified_at is None)


_LATEST = 300  # challenges of the organisation that are looked at: some for each endpoint it may have


def _answered(endpoint: Endpoint) -> bool:
    asked = Event.objects.filter(
        organisation_id=endpoint.organisation_id, livemode=endpoint.livemode, type=VERIFICATION
    ).order_by("-sequence")[:_LATEST]
    present = {"webhook_id": endpoint.id, "challenge": endpoint.challenge}
    names = [event.id for event in asked if event.data == present]
    answers = Delivery.objects.filter(endpoint=endpoint, event_id__in=names, status=Delivery.Status.SUCCEEDED)
    return answers.exists()


def _send_what_waited(endpoint: Endpoint, *, at: datetime) -> None:
    kept = Delivery.objects.filter(endpoint=endpoint, status=due.literal(Delivery.Status.NOT_SENT))
    if not kept.filter(reason=Endpoint.Status.UNVERIFIED).exists():
        return
    reasons = [Endpoint.Status.UNVERIFIED.value]
    start_replay(
        organisation_id=endpoint.organisation_id,
        livemode=endpoint.livemode,
        filters={"webhook_ids": [endpoint.id], "statuses": [Delivery.Status.NOT_SENT.value], "reasons": reasons},
        rate=None,
        by="engine",
        at=at,
    )
