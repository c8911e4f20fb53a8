"""Rows' fields as the law's facts: pure, so that both the gate and a preview read them alike."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from compliance.facts import Carries, Collector, Consent, Facts, Inconvenient, Licence, Recipient
from compliance.roles import role_of
from compliance.wishes import Window


def asked(kind: str) -> str:
    """What a step of `kind` is to the law: a settlement offer asks for money as any outreach does."""
    return "outreach" if kind == "offer" else kind


def recipient(contact: Any, address: str) -> Recipient:
    """A contact's row as the law reads it; `address` is the one the channel uses."""
    proofs = [at for at in (contact.verified_at, contact.vouched_at) if at is not None]
    return Recipient(
        contact_id=contact.id,
        address=address,
        basis=contact.basis,
        source=contact.source,
        role=role_of(contact.title),
        sources=tuple(map(str, contact.sources or ())),
        found_at=contact.created_at,
        verified_at=max(proofs, default=None),
        line_type=contact.line_type,
        consents=tuple(_consent(one) for one in contact.consents or ()),
        number_checked_at=contact.number_checked_at,
    )


def _consent(row: Mapping[str, Any]) -> Consent:
    revoked = row.get("revoked_at")
    return Consent(
        channel=row["channel"],
        kind=row["kind"],
        since=datetime.fromisoformat(row["since"]),
        revoked_at=datetime.fromisoformat(revoked) if revoked else None,
    )


def collector(legal_name: str, address: str, licences: Iterable[Mapping[str, Any]]) -> Collector:
    """The collector of record; a licence that names no region counts for none."""
    return Collector(
        legal_name=legal_name,
        address=address,
        licences=tuple(
            Licence(
                region=str(one.get("region", "")).upper(),
                number=str(one.get("number", "")),
                expires_on=date.fromisoformat(one["expires_on"]) if one.get("expires_on") else None,
            )
            for one in licences
        ),
    )


def inconvenient(rows: Iterable[Mapping[str, Any]], *, since: datetime) -> tuple[Inconvenient, ...]:
    """What the debtor told us (Debtor.inconvenient); `since` where a row does not say when."""
    return tuple(
        Inconvenient(
            since=datetime.fromisoformat(row["since"]) if row.get("since") else since,
            channel=row.get("channel") or None,
            address=row.get("address") or None,
            days=frozenset(row.get("days") or ()),
            starts=time.fromisoformat(row["from"]) if row.get("from") else None,
            ends=time.fromisoformat(row["to"]) if row.get("to") else None,
        )
        for row in rows
    )


_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def as_row(told: Window) -> dict[str, Any]:
    """What they said, as Debtor.inconvenient keeps it; what is not said is left out."""
    row = {"channel": told.channel, "days": list(told.days), "from": told.starts, "to": told.ends}
    return {name: value for name, value in row.items() if value}


def said(told: Window) -> str:
    """The same for people: `no call before 10:00 on Fridays`."""
    hours = f"from {told.starts} to {told.ends}" if told.starts and told.ends else ""
    hours = hours or (f"after {told.starts}" if told.starts else f"before {told.ends}" if told.ends else "")
    days = f"on {', '.join(_DAYS[day] for day in told.days)}" if told.days else ""
    return " ".join(part for part in (f"no {told.channel or 'contact'}", hours, days) if part)


def brand_names(name: str, legal_name: str, campaign: Any) -> set[str]:
    """The names this creditor is known by: those a message may come under."""
    found = {name, legal_name}
    if campaign is not None:
        found |= {campaign.creditor, campaign.brand.get("name") or "", campaign.brand.get("legal_name") or ""}
    return found - {""}


def carried(campaign: Any, *, itemised: bool | None = None, source_notice: bool | None = None, **read: Any) -> Carries:
    """What a message of the campaign carries: its sender, and what was told of its text by who rendered it.

    `read`: further fields of Carries, as they were read from the text (outreach.rendering.carries).
    The sender's domain is proven apart: an unproven one is a hold (domain_unverified).
    """
    sender = (campaign.brand.get("name") or campaign.creditor) if campaign is not None else None
    aligned = None if campaign is None else True
    found: dict[str, Any] = {"sender": sender} | read
    return Carries(from_aligned=aligned, itemised=itemised, source_notice=source_notice, **found)


def place(debtor: Any, organisation: Any, case: Any) -> Facts:
    """No more of the facts than what class the debt is of, where, and since when: for words, never for the gate."""
    return Facts(
        debt_class=debtor.debt_class or None,
        attested_class=organisation.attested_class or None,
        debtor_type=debtor.debtor_type or None,
        livemode=debtor.livemode,
        country=debtor.country or None,
        region=debtor.region or None,
        declared_zone=debtor.timezone or None,
        phone=debtor.phone or None,
        recipient=None,
        credit_kind=case.credit_kind,
        owed_since=case.due_date or case.invoice_date,
    )
