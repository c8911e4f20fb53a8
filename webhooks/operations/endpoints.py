"""Endpoints: made, changed, switched off, tried."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings

from agentcollect.kit import crypto, db, errors, ids
from agentcollect.kit.errors import ApiError
from events.operations import record
from webhooks import queries
from webhooks.models import Delivery, Endpoint
from webhooks.operations.sweeping import give_up
from webhooks.rules import EVERYTHING, TEST_EVENT, mint_secret

MAX_ENDPOINTS = 100  # every event of an organisation is matched against all of them

errors.define("too_many_webhooks", 409, f"An organisation has at most {MAX_ENDPOINTS} webhook endpoints in a mode.")


def create_endpoint(
    *,
    organisation_id: str,
    livemode: bool,
    url: str,
    events: Sequence[str] = (EVERYTHING,),
    description: str = "",
    metadata: dict[str, str] | None = None,
    by: str,
    at: datetime,
) -> tuple[Endpoint, str]:
    """A new active endpoint and its secret, which is shown this once. `url` and `events` were checked before."""
    secret = mint_secret()
    endpoint = Endpoint(
        id=ids.new("wh"),
        organisation_id=organisation_id,
        livemode=livemode,
        url=url,
        description=description,
        events=list(events),
        status=Endpoint.Status.ACTIVE,
        secrets=crypto.encrypt(orjson.dumps([secret]).decode()),
        api_version=settings.API_VERSION,
        metadata=metadata or {},
        created_by=by,
        created_at=at,
        recorded_at=at,
        updated_at=at,
    )
    with db.atomic():
        if queries.endpoints(organisation_id, livemode).count() >= MAX_ENDPOINTS:
            raise ApiError("too_many_webhooks")
        endpoint.save(force_insert=True)
        _audit("endpoint.created", endpoint, by=by, at=at)
    return endpoint, secret


def update_endpoint(
    *, endpoint_id: str, organisation_id: str, livemode: bool, changes: dict[str, Any], by: str, at: datetime
) -> Endpoint:
    """Change `url`, `events`, `description`, `metadata` or `status` (active, disabled).

    What is still owed to an endpoint that is switched off fails, visibly, and can be replayed. A change to what
    already holds records nothing. Raises ApiError(not_found).
    """
    with db.atomic():
        endpoint = _locked(organisation_id, livemode, endpoint_id)
        changed = sorted(name for name, value in changes.items() if getattr(endpoint, name) != value)
        if not changed:
            return endpoint
        for name in changed:
            setattr(endpoint, name, changes[name])
        if "status" in changed:
            active = endpoint.status == Endpoint.Status.ACTIVE
            endpoint.disabled_reason = "" if active else "Switched off by its owner."
        endpoint.updated_at = at
        endpoint.save(update_fields=[*changed, "disabled_reason", "updated_at"])
        if endpoint.status != Endpoint.Status.ACTIVE:
            give_up(endpoint_ids=[endpoint.id], at=at)
        _audit("endpoint.updated", endpoint, by=by, at=at, changed=changed)
    return endpoint


def delete_endpoint(*, endpoint_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> str:
    """No further POST starts; deliveries and attempts stay readable. Raises ApiError(not_found)."""
    with db.atomic():
        endpoint = _locked(organisation_id, livemode, endpoint_id)
        endpoint.status = Endpoint.Status.DELETED
        endpoint.updated_at = at
        endpoint.save(update_fields=["status", "updated_at"])
        give_up(endpoint_ids=[endpoint.id], at=at)
        _audit("endpoint.deleted", endpoint, by=by, at=at)
    return endpoint.id


def send_test(*, endpoint_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> Delivery:
    """Owe this endpoint one `webhook.test`, whatever types it asked for. Raises not_found, illegal_transition."""
    with db.atomic():
        endpoint = _locked(organisation_id, livemode, endpoint_id)
        if endpoint.status != Endpoint.Status.ACTIVE:
            raise ApiError("illegal_transition", f"The endpoint is {endpoint.status}: nothing is sent to it.")
        event_id = record(
            type=TEST_EVENT,
            organisation_id=organisation_id,
            livemode=livemode,
            data={"webhook_id": endpoint.id, "message": "It works."},
            by=by,
            at=at,
        )
    return Delivery.objects.get(endpoint_id=endpoint.id, event_id=event_id)


def disable_gone(*, endpoint_ids: Sequence[str], at: datetime) -> list[str]:
    """Switch off endpoints that answered 410 Gone; the ids of those that were still active."""
    reason = "It answered 410 Gone."
    with db.atomic():
        gone = db.locked(Endpoint.objects.filter(id__in=endpoint_ids, status=Endpoint.Status.ACTIVE).order_by("id"))
        endpoints = list(gone)
        Endpoint.objects.filter(id__in=[endpoint.id for endpoint in endpoints]).update(
            status=Endpoint.Status.DISABLED, disabled_reason=reason, updated_at=at
        )
        for endpoint in endpoints:
            _record(
                "endpoint.disabled",
                endpoint,
                {"webhook_id": endpoint.id, "url": endpoint.url, "reason": reason},
                by="engine",
                at=at,
            )
    return [endpoint.id for endpoint in endpoints]


def _locked(organisation_id: str, livemode: bool, endpoint_id: str) -> Endpoint:
    found = db.locked(queries.endpoints(organisation_id, livemode).filter(id=endpoint_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def _audit(type: str, endpoint: Endpoint, *, by: str, at: datetime, **more: Any) -> None:
    _record(type, endpoint, {"webhook_id": endpoint.id, "url": endpoint.url, **more}, by=by, at=at)


def _record(type: str, endpoint: Endpoint, data: dict[str, Any], *, by: str, at: datetime) -> None:
    record(
        type=type,
        organisation_id=endpoint.organisation_id,
        livemode=endpoint.livemode,
        data=data,
        by=by,
        at=at,
    )
