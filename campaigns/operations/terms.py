"""A campaign's terms, changed while it runs: name, brand, escalation, mandate, metadata."""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db, errors
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign
from campaigns.operations.create import brand_snapshot, mandate_end
from campaigns.operations.facts import campaign_data
from campaigns.rules import transitions
from events.operations import About, record

errors.define(
    "mandate_over", 409, "With so few months the mandate would be over already; complete the campaign instead."
)

_OVER = (Campaign.Status.COMPLETED, Campaign.Status.CANCELLED)
# What is still the creditor's to write when the campaign is over.
_ALWAYS = frozenset({"name", "metadata"})


def change_terms(*, campaign_id: str, changes: dict[str, Any], by: str, at: datetime) -> Campaign:
    """Change what `changes` names: name, metadata, escalation, approval, mandate_months, brand (its own parts, None
    clears one).

    A message takes the brand as it is when it leaves. Changing nothing records nothing. Raises ApiError:
    illegal_transition (what a finished campaign cannot change), mandate_over.
    """
    with db.atomic():
        campaign = db.locked(Campaign.objects.select_related("organisation").filter(id=campaign_id)).get()
        wanted = _wanted(campaign, changes)
        differing = {name: value for name, value in wanted.items() if getattr(campaign, name) != value}
        if not differing:
            return campaign
        if campaign.status in _OVER and changes.keys() - _ALWAYS:
            raise transitions.refused(campaign.status, f"change its {sorted(changes.keys() - _ALWAYS)[0]}")
        if differing.get("mandate_ends_at", at) < at:
            raise ApiError("mandate_over", param="mandate_months")
        shown = {
            name: {"before": _public(getattr(campaign, name)), "after": _public(value)}
            for name, value in differing.items()
        }
        _apply(campaign, differing, at=at)
        _record_change(campaign, shown, by=by, at=at)
        return campaign


def _wanted(campaign: Campaign, changes: dict[str, Any]) -> dict[str, Any]:
    """The columns as `changes` want them."""
    wanted = {name: changes[name] for name in ("name", "metadata", "escalation", "approval") if name in changes}
    if "mandate_months" in changes:
        begin = campaign.start_at or campaign.created_at
        wanted["mandate_ends_at"] = mandate_end(begin, changes["mandate_months"], campaign.organisation.timezone)
    if "offer_policy" in changes:
        given = changes["offer_policy"]
        wanted["offer_policy"] = campaign.offer_policy | given if given else {}
    if "brand" in changes:
        wanted["brand"] = _brand(campaign, changes["brand"])
    return wanted


def _brand(campaign: Campaign, given: dict[str, Any] | None) -> dict[str, Any]:
    """The snapshot with the parts of `given`; what is cleared falls back to the organisation's own."""
    own = {} if given is None else {k: v for k, v in campaign.brand.items() if k not in given or k == "colors"}
    parts = given or {}
    colors = own.pop("colors", {}) | (parts.get("colors") or {})
    colors = {} if "colors" in parts and parts["colors"] is None else colors
    merged = own | {name: value for name, value in parts.items() if value is not None}
    merged["colors"] = {name: value for name, value in colors.items() if value is not None}
    return brand_snapshot(campaign.organisation, merged, campaign.creditor)


def _apply(campaign: Campaign, differing: dict[str, Any], *, at: datetime) -> None:
    logo = differing.get("brand", campaign.brand).get("logo_url", "")
    if logo != campaign.logo_url:
        differing |= {"logo_url": logo, "logo_state": "pending" if logo else "none", "logo_file": ""}
        differing["warnings"] = [one for one in campaign.warnings if one.get("code") != "logo_unavailable"]
    for name, value in differing.items():
        setattr(campaign, name, value)
    campaign.updated_at = at
    campaign.save(update_fields=[*differing, "updated_at"])


def _public(value: Any) -> Any:
    if isinstance(value, dict):
        # How much may be given up is the creditor's own: an event goes wherever their endpoints are.
        return {name: said for name, said in value.items() if name != "settlement"}
    return clock.iso(value) if isinstance(value, datetime) else value


def _record_change(campaign: Campaign, shown: dict[str, Any], *, by: str, at: datetime) -> None:
    record(
        type="campaign.updated",
        organisation_id=campaign.organisation_id,
        livemode=campaign.livemode,
        data=campaign_data(campaign, change=", ".join(name.replace("_", " ") for name in shown), changes=shown),
        by=by,
        at=at,
        about=About(campaign_id=campaign.id),
    )
