"""What stops an organisation, and what bounds it."""

from datetime import datetime
from typing import Any

from accounts import credentials, queries
from accounts.models import Organisation
from accounts.operations.organisations import note
from agentcollect.kit import clock, db
from agentcollect.kit.errors import ApiError
from events.operations import record

HIGHEST_RATE = 1_000_000
# As campaigns.Campaign.Approval has them.
APPROVALS = ("none", "first_message", "first_per_debtor", "always")


def pause_organisation(*, organisation_id: str, livemode: bool, by: str, at: datetime) -> Organisation:
    """Stop everything of this mode that is not yet handed to a provider: each send reads the row again before it goes.

    Pausing what is paused records nothing. Raises ApiError(not_found).
    """
    return _set_pause(organisation_id, livemode, by, at, paused_at=at)


def resume_organisation(*, organisation_id: str, livemode: bool, by: str, at: datetime) -> Organisation:
    """Go on where the plan stands. Resuming what runs records nothing. Raises ApiError(not_found)."""
    return _set_pause(organisation_id, livemode, by, at, paused_at=None)


def _set_pause(
    organisation_id: str, livemode: bool, by: str, at: datetime, *, paused_at: datetime | None
) -> Organisation:
    column = "paused_at" if livemode else "test_paused_at"
    with db.atomic():
        rows = Organisation.objects.filter(id=organisation_id, **{f"{column}__isnull": paused_at is not None})
        if rows.update(**{column: paused_at}):
            record(
                type="organisation.paused" if paused_at else "organisation.resumed",
                organisation_id=organisation_id,
                livemode=livemode,
                data={"organisation_id": organisation_id, "paused_at": clock.iso(paused_at) if paused_at else None},
                by=by,
                at=at,
            )
        return queries.organisation(organisation_id)


def verify_webhooks(*, organisation_id: str, on: bool, by: str, at: datetime) -> Organisation:
    """Whether a new or changed webhook address must answer a challenge before anything is sent to it, in both modes.

    Endpoints that stand keep their state. Setting what holds records nothing. Raises ApiError(not_found).
    """
    with db.atomic():
        if Organisation.objects.filter(id=organisation_id).exclude(verify_webhooks=on).update(verify_webhooks=on):
            note("organisation.webhook_verification_set", organisation_id, {"on": on}, by, at)
        return queries.organisation(organisation_id)


def set_approval(*, organisation_id: str, approval: str, by: str, at: datetime) -> Organisation:
    """Which messages wait for a person in live mode, in campaigns that do not say: none, first_message,
    first_per_debtor or always. Drafts that wait go on waiting. Raises ApiError: not_found, invalid_request."""
    if approval not in APPROVALS:
        raise ApiError("invalid_request", f"approval is one of {', '.join(APPROVALS)}.", param="approval")
    with db.atomic():
        if Organisation.objects.filter(id=organisation_id).exclude(approval=approval).update(approval=approval):
            note("organisation.updated", organisation_id, {"fields": ["approval"], "approval": approval}, by, at)
        return queries.organisation(organisation_id)


def set_offer_policy(*, organisation_id: str, offer_policy: dict[str, Any], by: str, at: datetime) -> Organisation:
    """What debtors who ask for time are granted, in both modes, in campaigns that do not say: names and values as
    campaigns.rules.offers has them, checked by the caller; what is not named is the house's. It counts from the next
    promise, plan or dispute on. Raises ApiError(not_found)."""
    with db.atomic():
        row = db.locked(Organisation.objects.filter(id=organisation_id)).first()
        if row and row.offer_policy != offer_policy:
            changed = {"fields": ["offer_policy"], "before": row.offer_policy, "offer_policy": offer_policy}
            Organisation.objects.filter(id=organisation_id).update(offer_policy=offer_policy)
            note("organisation.updated", organisation_id, changed, by, at)
        return queries.organisation(organisation_id)


def set_rate_limit(*, organisation_id: str, requests_per_minute: int | None, by: str, at: datetime) -> int:
    """Let each key of the organisation make so many requests a minute; None = the usual number.

    Returns the seconds until every process knows. Raises ApiError: not_found, invalid_request.
    """
    if requests_per_minute is not None and not 1 <= requests_per_minute <= HIGHEST_RATE:
        message = f"A limit is between 1 and {HIGHEST_RATE:,} requests a minute."
        raise ApiError("invalid_request", message, param="requests_per_minute")
    with db.atomic():
        before = queries.organisation(organisation_id).rate_limit
        if before != requests_per_minute:
            Organisation.objects.filter(id=organisation_id).update(rate_limit=requests_per_minute)
            change = {"before": before, "requests_per_minute": requests_per_minute}
            note("organisation.rate_limit_set", organisation_id, change, by, at)
    return credentials.forget_organisation(organisation_id)
