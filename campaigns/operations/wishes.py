"""What suits a debtor, in their own words: times and media that do not (R-02), and calls they agreed to (R-23)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db
from campaigns.models import Contact, Debtor
from campaigns.operations.people import record_debtor

Row = dict[str, Any]
_NAMES = ("channel", "address", "days", "from", "to")


def note_inconvenient(
    *, debtor: Debtor, windows: Iterable[Row], by: str, at: datetime, evidence: Row, words: str
) -> bool:
    """Keep the times and media of `windows` (rows of Debtor.inconvenient without `since`); False: all known already.

    `words`: what they come to, for the timeline. It counts from the next contact on. Call with the debtor's row locked.
    """
    with db.atomic():
        standing = [_same(row) for row in debtor.inconvenient]
        fresh = [row for row in windows if _same(row) not in standing]
        if not fresh:
            return False
        told = {"since": clock.iso(at), "evidence": evidence}
        debtor.inconvenient = [*debtor.inconvenient, *(row | told for row in fresh)]
        debtor.updated_at = at
        debtor.save(update_fields=["inconvenient", "updated_at"])
        record_debtor("debtor.inconvenient", debtor, by=by, at=at, windows=fresh, words=words, evidence=evidence)
        return True


def _same(row: Row) -> list[Any]:
    return [row.get(name) or None for name in _NAMES]


def consent(*, contact: Contact, channel: str, phone: str, by: str, at: datetime, evidence: Row) -> bool:
    """They agreed to be reached by `channel` ("call" or "sms") on `phone`, which is theirs from now on: by a person.
    "You may call me" says nothing of an artificial voice, so that no machine may call on the strength of it (R-23).

    False: they agreed before. Raises ValueError where another number of theirs is on record: a consent is for one
    number, and which of them it is for is a person's question. Call with the debtor's row locked.
    """
    with db.atomic():
        if contact.phone and _digits(contact.phone) != _digits(phone):
            raise ValueError("another number is on record for this contact")
        if any(one["channel"] == channel and not one.get("revoked_at") for one in contact.consents):
            return False
        given = {"channel": channel, "kind": "person", "since": clock.iso(at), "revoked_at": None}
        contact.consents = [*contact.consents, given | {"phone": phone, "evidence": evidence}]
        contact.phone, contact.updated_at = contact.phone or phone, at
        contact.save(update_fields=["consents", "phone", "updated_at"])
        _record("contact.consented", contact, channel, by=by, at=at, evidence=evidence)
        return True


def revoke_consents(*, contact: Contact, channels: Iterable[str], by: str, at: datetime, evidence: Row) -> bool:
    """They take back what they agreed to on `channels`; False: there was nothing (R-24)."""
    wanted = set(channels)
    standing = [one for one in contact.consents if one["channel"] in wanted and not one.get("revoked_at")]
    if not standing:
        return False
    with db.atomic():
        taken = {"revoked_at": clock.iso(at), "revocation": evidence}
        contact.consents = [one | taken if one in standing else one for one in contact.consents]
        contact.updated_at = at
        contact.save(update_fields=["consents", "updated_at"])
        for channel in sorted({one["channel"] for one in standing}):
            _record("contact.consent_revoked", contact, channel, by=by, at=at, evidence=evidence)
    return True


def _record(type: str, contact: Contact, channel: str, *, by: str, at: datetime, evidence: Row) -> None:
    data = {"contact_id": contact.id, "name": contact.name or contact.email, "channel": channel, "evidence": evidence}
    record_debtor(type, contact.debtor, by=by, at=at, **data)


def _digits(phone: str) -> str:
    """The last ten: with or without a country's code, it is the same number."""
    return "".join(letter for letter in phone if letter.isdigit())[-10:]
