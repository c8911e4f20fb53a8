"""Endpoints: made, changed, paused, switched off, given a new secret, tried."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from agentcollect.kit import clock, db, due, errors, ids
from agentcollect.kit.errors import ApiError, FieldError
from webhooks import queries, vault
from webhooks.models import Delivery, Endpoint, Health, Replay
from webhooks.operations import ownership
from webhooks.operations.common import audit, locked, tell
from webhooks.operations.disabling import GONE, tell_disabled
from webhooks.operations.replay_jobs import start_replay
from webhooks.operations.sweeping import give_up
from webhooks.rules import (
    EVERYTHING,
    MASK,
    MAX_SECRETS,
    OVERLAP_HOURS,
    TEST_EVENT,
    VERIFICATION,
    live_secrets,
    masked_headers,
    mint_secret,
)

MAX_ENDPOINTS = 100  # every event of an organisation is matched against all of them

errors.define("too_many_webhooks", 409, f"An organisation has at most {MAX_ENDPOINTS} webhook endpoints in a mode.")
errors.define("too_many_secrets", 409, f"At most {MAX_SECRETS} secrets of an endpoint are live at a time.")


def create_endpoint(
    *,
    organisation_id: str,
    livemode: bool,
    url: str,
    events: Sequence[str] = (EVERYTHING,),
    description: str = "",
    metadata: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    rate_limit: int | None = None,
    long_tail: bool = False,
    api_version: str = "",
    by: str,
    at: datetime,
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown this once. What is given was checked before.

    Active, or `unverified` and asked for its challenge where the organisation wants that of new addresses. Its events
    keep the shape of `api_version` (empty: today's) for ever.
    """
    secret = mint_secret()
    endpoint = Endpoint(
        id=ids.new("wh"),
        organisation_id=organisation_id,
        livemode=livemode,
        url=url,
        description=description,
        events=list(events),
        status=Endpoint.Status.ACTIVE,
        secrets=vault.seal([[secret, None]]),
        headers=vault.seal(headers),
        rate_limit=rate_limit,
        long_tail=long_tail,
        api_version=api_version or settings.API_VERSION,
        metadata=metadata or {},
        created_by=by,
        created_at=at,
        recorded_at=at,
        updated_at=at,
    )
    with db.atomic():
        if queries.endpoints(organisation_id, livemode).filter(kind=Endpoint.Kind.WEBHOOK).count() >= MAX_ENDPOINTS:
            raise ApiError("too_many_webhooks")
        _address(endpoint)
        endpoint.save(force_insert=True)
        audit("endpoint.created", endpoint, by=by, at=at)
        if endpoint.status == Endpoint.Status.UNVERIFIED:
            ownership.ask(endpoint, by=by, at=at)
    return endpoint, secret


def _address(endpoint: Endpoint) -> None:
    """A new address has proved nothing yet; where the organisation asks for it, an active one is `unverified`."""
    asked = ownership.asked_of(endpoint.organisation_id)
    endpoint.challenge, endpoint.verified_at = (ownership.draw() if asked else ""), None
    if endpoint.status in (Endpoint.Status.ACTIVE, Endpoint.Status.UNVERIFIED):
        endpoint.status = Endpoint.Status.UNVERIFIED if asked else Endpoint.Status.ACTIVE


# What an update may move, directly or by the way; the last two are no news to anybody.
_MOVES = (
    *("url", "events", "description", "metadata", "headers", "rate_limit", "long_tail", "status"),
    *("challenge", "verified_at"),
)


def update_endpoint(
    *,
    endpoint_id: str,
    organisation_id: str,
    livemode: bool,
    changes: dict[str, Any],
    recover_since: datetime | None = None,
    by: str,
    at: datetime,
) -> Endpoint:
    """`change_endpoint` for who does not ask for the job."""
    given: dict[str, Any] = {"organisation_id": organisation_id, "livemode": livemode, "by": by, "at": at}
    return change_endpoint(endpoint_id=endpoint_id, changes=changes, recover_since=recover_since, **given)[0]


def change_endpoint(
    *,
    endpoint_id: str,
    organisation_id: str,
    livemode: bool,
    changes: dict[str, Any],
    recover_since: datetime | None = None,
    by: str,
    at: datetime,
) -> tuple[Endpoint, Replay | None]:
    """Change `url`, `events`, `description`, `metadata`, `headers`, `rate_limit`, `long_tail` or `status` (active,
    paused, disabled); a change to what already holds records nothing.

    What is owed to an endpoint that is paused or switched off becomes `not_sent`, visibly; `recover_since` (a moment)
    sends again what an active one did not get from then on, as a replay job, which is returned. Headers replace all
    there were; a value sent back as it was shown, masked, keeps what it stands for. Raises ApiError: not_found,
    illegal_transition, invalid_request.
    """
    with db.atomic():
        endpoint = locked(organisation_id, livemode, endpoint_id)
        before = {name: getattr(endpoint, name) for name in _MOVES}
        _apply(endpoint, changes)
        _settle_status(endpoint, before)
        if changed := [name for name in _MOVES if getattr(endpoint, name) != before[name]]:
            _save_changes(endpoint, changed, by=by, at=at)
        if endpoint.status == Endpoint.Status.UNVERIFIED and "challenge" in changed:
            ownership.ask(endpoint, by=by, at=at)
        recovery = _recover(endpoint, recover_since, by=by, at=at) if recover_since else None
    return endpoint, recovery


def _apply(endpoint: Endpoint, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if name == "headers":
            kept = _kept(endpoint)
            wanted = _unmasked(value, kept or {})
            endpoint.headers = endpoint.headers if wanted == kept else vault.seal(wanted)
        else:
            setattr(endpoint, name, value)


def _kept(endpoint: Endpoint) -> dict[str, str] | None:
    """Its headers; None where no key of ours opens them: new ones may still take their place."""
    try:
        return vault.headers(endpoint.headers)
    except ValueError:
        return None


def _unmasked(given: dict[str, str], kept: dict[str, str]) -> dict[str, str]:
    """Headers as they are meant: a mask stands for the value that is shown by it."""
    shown = {name.lower(): (mask, kept[name]) for name, mask in masked_headers(kept).items()}
    found = dict(given)
    for name, value in given.items():
        if value.startswith(MASK):
            mask, whole = shown.get(name.lower(), ("", ""))
            if value != mask:
                words = f"{name} is masked, and no header of that name and ending is kept: send its whole value."
                raise errors.invalid([FieldError(f"headers.{name}", "invalid_request", words)])
            found[name] = whole
    return found


def _settle_status(endpoint: Endpoint, before: dict[str, Any]) -> None:
    """A new address proves itself again, and nobody gets round that by way of a pause."""
    was = before["status"]
    if endpoint.url != before["url"]:
        _address(endpoint)
    elif endpoint.status == Endpoint.Status.ACTIVE and was != Endpoint.Status.ACTIVE and _owes_proof(endpoint):
        if was == Endpoint.Status.UNVERIFIED and ownership.asked_of(endpoint.organisation_id):
            raise ApiError("illegal_transition", "The address has not answered its challenge yet: verify it first.")
        _address(endpoint)
    if endpoint.status != was:
        off = endpoint.status == Endpoint.Status.DISABLED
        endpoint.disabled_reason = _OFF if off else ""


def _owes_proof(endpoint: Endpoint) -> bool:
    return bool(endpoint.challenge) and endpoint.verified_at is None


_OFF = "Switched off by its owner."
_OFF_BY_US = "Switched off by AgentCollect."


def _save_changes(endpoint: Endpoint, changed: list[str], *, by: str, at: datetime) -> None:
    if endpoint.disabled_reason == _OFF and by.startswith("ops:"):
        endpoint.disabled_reason = _OFF_BY_US
    endpoint.updated_at = at
    endpoint.save(update_fields=[*changed, "disabled_reason", "updated_at"])
    if "url" in changed:
        _withdraw_challenge(endpoint, at=at)
    if endpoint.status != Endpoint.Status.ACTIVE:
        give_up(endpoint_ids=[endpoint.id], at=at)
    if {"status", "url"} & set(changed):
        _forget_failures(endpoint)
    audit("endpoint.updated", endpoint, by=by, at=at, changed=sorted(set(changed) - {"challenge", "verified_at"}))


def _withdraw_challenge(endpoint: Endpoint, *, at: datetime) -> None:
    """What was to be asked of the address before is asked of nobody."""
    asked = Delivery.objects.filter(
        due.unleased(at), endpoint=endpoint, status=due.literal(Delivery.Status.PENDING), event_type=VERIFICATION
    )
    asked.update(
        status=Delivery.Status.FAILED,
        next_attempt_at=None,
        settled_at=at,
        last_error="Not sent: the address was changed.",
    )


def _forget_failures(endpoint: Endpoint) -> None:
    """Who comes back, or moves, starts anew: an old row of failures would switch it off at the next one."""
    Health.objects.filter(endpoint=endpoint).update(
        failures_in_row=0, failing_since=None, open_until=None, times_opened=0, paced_until=None
    )


def _recover(endpoint: Endpoint, since: datetime, *, by: str, at: datetime) -> Replay:
    if endpoint.status != Endpoint.Status.ACTIVE:
        raise ApiError("illegal_transition", f"The endpoint is {endpoint.status}: nothing can be recovered yet.")
    missing = [Delivery.Status.FAILED.value, Delivery.Status.NOT_SENT.value]
    return start_replay(
        organisation_id=endpoint.organisation_id,
        livemode=endpoint.livemode,
        filters={"webhook_ids": [endpoint.id], "statuses": missing, "since": clock.iso(since)},
        rate=None,
        by=by,
        at=at,
    )


def rotate_secret(
    *,
    endpoint_id: str,
    organisation_id: str,
    livemode: bool,
    overlap_hours: int = OVERLAP_HOURS,
    by: str,
    at: datetime,
) -> tuple[Endpoint, str, list[datetime]]:
    """The endpoint, its new secret (shown this once), and when each older one ends that still signs beside it.

    The one before signs for `overlap_hours` more (0 to 168). 0, for a leak, ends every older one at once. Raises
    ApiError: not_found, too_many_secrets.
    """
    secret = mint_secret()
    with db.atomic():
        endpoint = locked(organisation_id, livemode, endpoint_id)
        older = _still_signing(endpoint, at, at + timedelta(hours=overlap_hours)) if overlap_hours else []
        if len(older) >= MAX_SECRETS:
            raise ApiError("too_many_secrets")
        endpoint.secrets = vault.seal([[secret, None], *older])
        endpoint.updated_at = at
        endpoint.save(update_fields=["secrets", "updated_at"])
        audit("endpoint.secret_rotated", endpoint, by=by, at=at, overlap_hours=overlap_hours)
    return endpoint, secret, [datetime.fromtimestamp(ends, UTC) for _, ends in older]


def _still_signing(endpoint: Endpoint, at: datetime, until: datetime) -> list[list[Any]]:
    """The live secrets, newest first, each with its end: its own, or `until` for the one that had none."""
    found = []
    for entry in vault.secrets(endpoint.secrets):
        text, ends = (entry, None) if isinstance(entry, str) else entry
        if live_secrets([entry], at):
            found.append([text, until.timestamp() if ends is None else ends])
    return found


def delete_endpoint(*, endpoint_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> str:
    """No further POST starts; deliveries and attempts stay readable. Raises ApiError(not_found)."""
    with db.atomic():
        endpoint = locked(organisation_id, livemode, endpoint_id)
        endpoint.status = Endpoint.Status.DELETED
        endpoint.updated_at = at
        endpoint.save(update_fields=["status", "updated_at"])
        give_up(endpoint_ids=[endpoint.id], at=at)
        audit("endpoint.deleted", endpoint, by=by, at=at)
    return endpoint.id


def send_test(
    *, endpoint_id: str, organisation_id: str, livemode: bool, event_type: str = TEST_EVENT, by: str, at: datetime
) -> Delivery:
    """Owe this endpoint one test, whatever types it asked for: `webhook.test`, or the example of another type.

    The fact is a `webhook.test` in either case, so that nobody who reads `GET /v1/events` takes an example for a
    payment; the body that is sent is the example's (`fanout`). Raises ApiError: not_found, illegal_transition.
    """
    with db.atomic():
        endpoint = locked(organisation_id, livemode, endpoint_id)
        if endpoint.status != Endpoint.Status.ACTIVE:
            raise ApiError("illegal_transition", f"The endpoint is {endpoint.status}: nothing is sent to it.")
        data = {"webhook_id": endpoint.id, "message": "It works."}
        data |= {"event_type": event_type} if event_type != TEST_EVENT else {}
        event_id = tell(TEST_EVENT, endpoint, data, by=by, at=at)
    return Delivery.objects.get(endpoint_id=endpoint.id, event_id=event_id)


def disable_gone(*, endpoint_ids: Sequence[str], at: datetime) -> list[str]:
    """Switch off endpoints that answered 410 Gone; the ids of those that were still active."""
    reason = GONE
    with db.atomic():
        known = Health.objects.in_bulk(endpoint_ids)
        gone = db.locked(Endpoint.objects.filter(id__in=endpoint_ids, status=Endpoint.Status.ACTIVE).order_by("id"))
        endpoints = list(gone)
        Endpoint.objects.filter(id__in=[endpoint.id for endpoint in endpoints]).update(
            status=Endpoint.Status.DISABLED, disabled_reason=reason, updated_at=at
        )
        for endpoint in endpoints:
            endpoint.disabled_reason = reason
            tell_disabled(endpoint, known.get(endpoint.id), at=at)
    return [endpoint.id for endpoint in endpoints]
