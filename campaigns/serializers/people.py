"""What the API answers about debtors, the people there, and what is closed to us."""

from typing import Any

from agentcollect.kit import clock
from campaigns.models import Contact, Debtor, Exclusion, Hold, Suppression
from campaigns.rules.holds import creditor_may_release


def debtor(row: Debtor) -> dict[str, Any]:
    """A company that owes (`do_not_contact` is annotated by the query)."""
    return {
        "id": row.id,
        "name": row.name,
        "external_id": row.external_id or None,
        "domain": row.email_domain or None,
        "country": row.country,
        "state": row.region or None,
        "timezone": row.timezone or None,
        "phone": row.phone or None,
        "address": row.address or None,
        "language": row.language,
        "debt_class": row.debt_class or None,
        "debtor_type": row.debtor_type or None,
        "do_not_contact": row.do_not_contact,  # type: ignore[attr-defined]
        "metadata": row.metadata,
        "test_clock": row.clock_id or None,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


def contact(row: Contact) -> dict[str, Any]:
    """A person at the debtor, where we know them from, and what closed them to us (annotated by the query)."""
    closed = _closed(row)
    return {
        "id": row.id,
        "debtor_id": row.debtor_id,
        "debtor": row.debtor.name,
        "name": row.name or None,
        "title": row.title or None,
        "seniority": row.seniority or None,
        "email": row.email or None,
        "email_status": row.email_status,
        "phone": row.phone or None,
        "level": row.level,
        "source": row.source,
        "basis": row.basis,
        "confidence": row.confidence,
        "sources": row.sources,
        "verification": _verification(row),
        "verified_at": clock.iso(row.verified_at) if row.verified_at else None,
        "suppressed": bool(closed),
        "suppressed_at": clock.iso(closed[1]) if closed else None,
        "suppressed_by": closed[0] if closed else None,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


def _closed(row: Any) -> tuple[str, Any] | None:
    """Who closed this contact, and when; what the debtor closed comes first."""
    if row.opted_out_at:
        return "debtor", row.opted_out_at
    if row.stopped_at:
        return ("engine" if row.stopped_by == Hold.Kind.COMPLIANCE_REVIEW else "creditor"), row.stopped_at
    return None


def _verification(row: Contact) -> dict[str, Any]:
    """What was looked at: `status` pending while a worker has it, `none` while nobody asked."""
    status = "pending" if row.check_requested_at else "done" if row.checks else "none"
    checks: dict[str, Any] = row.checks or {}
    return {
        "status": status,
        "syntax": checks.get("syntax"),
        "mx": checks.get("mx"),
        "detail": checks.get("detail"),
        "checked_at": checks.get("checked_at"),
    }


def enriched_contact(row: Contact) -> dict[str, Any]:
    """The `contact` of `contact.enriched`."""
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "seniority": row.seniority,
        "email": row.email,
        "email_status": row.email_status,
        "level": row.level,
        "confidence": row.confidence,
        "sources": row.sources,
        "verified_at": clock.iso(row.verified_at) if row.verified_at else None,
    }


def suppression(row: Suppression) -> dict[str, Any]:
    """A medium that a debtor closed for one address."""
    return {
        "id": row.id,
        "address": row.address,
        "channel": row.channel,
        "reason": row.reason,
        "contact_id": row.contact_id,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
    }


def exclusion(row: Exclusion) -> dict[str, Any]:
    """A rule of the creditor's. `settled`: its holds stand on everything that was there when it was made."""
    return {
        "id": row.id,
        "match": row.match,
        "value": row.value,
        "effect": row.effect,
        "reason": row.reason or None,
        "settled": row.settled_at is not None,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


def hold(row: Hold) -> dict[str, Any]:
    """A reason to wait, and what it is on."""
    return {
        "id": row.id,
        "kind": row.kind,
        "on": next(name for name in ("campaign", "debtor", "case", "contact") if getattr(row, f"{name}_id")),
        "campaign_id": row.campaign_id,
        "debtor_id": row.debtor_id,
        "case_id": row.case_id,
        "contact_id": row.contact_id,
        "exclusion_id": row.exclusion_id,
        "reason": row.evidence.get("reason") or None,
        "until": clock.iso(row.ends_at) if row.ends_at else None,
        "actor": row.actor,
        "yours_to_release": creditor_may_release(row.kind, row.actor),
        "created_at": clock.iso(row.created_at),
    }
