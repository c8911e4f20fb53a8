"""The bodies about debtors, contacts and exclusions. Absent leaves, `null` clears."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from agentcollect.kit.errors import FieldError
from campaigns.models import Debtor, Exclusion
from campaigns.rules.exclusions import key_of
from campaigns.serializers import checks, intake, parsing
from campaigns.serializers.bodies import merged, read
from campaigns.serializers.reading import Faults, country_code, text, zone_name
from compliance.reading import LANGUAGES

_Maybe = UnsetType | None
_Name = Annotated[str, Meta(max_length=120)]
_Phone = Annotated[str, Meta(max_length=32)]
_Email = Annotated[str, Meta(max_length=254)]
_Reason = Annotated[str, Meta(max_length=300)]


class DebtorIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`PATCH /v1/debtors/{id}`."""

    name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    external_id: Annotated[str, Meta(max_length=100)] | _Maybe = UNSET
    address: Annotated[str, Meta(max_length=300)] | _Maybe = UNSET
    country: str | UnsetType = UNSET
    state: Annotated[str, Meta(max_length=10)] | _Maybe = UNSET
    timezone: Annotated[str, Meta(max_length=64)] | _Maybe = UNSET
    phone: _Phone | _Maybe = UNSET
    language: str | UnsetType = UNSET
    debt_class: str | _Maybe = UNSET
    debtor_type: str | _Maybe = UNSET
    do_not_contact: bool | UnsetType = UNSET
    metadata: dict[str, Any] | _Maybe = UNSET
    reason: _Reason | _Maybe = UNSET


class PersonIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`PATCH /v1/contacts/{id}`."""

    name: _Name | _Maybe = UNSET
    email: _Email | _Maybe = UNSET
    phone: _Phone | _Maybe = UNSET
    title: _Name | _Maybe = UNSET
    level: Annotated[int, Meta(ge=1, le=3)] | UnsetType = UNSET
    suppressed: bool | UnsetType = UNSET


class ContactIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/contacts`."""

    debtor_id: str
    name: _Name | _Maybe = UNSET
    email: _Email | _Maybe = UNSET
    phone: _Phone | _Maybe = UNSET
    title: _Name | _Maybe = UNSET
    level: Annotated[int, Meta(ge=1, le=3)] | UnsetType = UNSET


class VerifyIn(Struct, forbid_unknown_fields=True):
    """`POST /v1/contacts/{id}/verify`."""

    vouched: bool = False


class SuppressIn(Struct, forbid_unknown_fields=True):
    """`POST /v1/contacts/{id}/suppress`."""

    reason: _Reason | _Maybe = UNSET


class ExclusionIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/exclusions`."""

    match: str
    value: Annotated[str, Meta(max_length=300)]
    effect: str
    reason: _Reason | _Maybe = UNSET


def debtor(raw: bytes, standing: Debtor) -> tuple[dict[str, Any], str]:
    """(changes, reason) as `operations.correct_debtor` takes them."""
    body, faults = read(DebtorIn, raw)
    changes: dict[str, Any] = {}
    if body.name is not UNSET:
        changes["name"] = _company(body.name, faults)
    for name in ("external_id", "address", "phone"):
        if (value := getattr(body, name)) is not UNSET:
            changes[name] = text(value)
    if body.state is not UNSET:
        changes["region"] = text(body.state).upper()
    if body.country is not UNSET:
        changes["country"] = faults.read("country", "invalid_country", country_code, body.country, standing.country)
    if body.timezone is not UNSET:
        changes["timezone"] = faults.read("timezone", "invalid_timezone", zone_name, body.timezone, "")
    for name, allowed in _CHOICES.items():
        if (value := getattr(body, name)) is not UNSET:
            changes[name] = faults.choice(name, allowed, value, "")
    if body.metadata is not UNSET:
        changes["metadata"] = merged(standing.metadata, body.metadata, faults)
    if isinstance(body.do_not_contact, bool):
        changes["do_not_contact"] = body.do_not_contact
    faults.done()
    return changes, text(body.reason)


_CHOICES = {
    "language": LANGUAGES,
    "debt_class": checks.DEBT_CLASSES,
    "debtor_type": checks.DEBTOR_TYPES,
}


def _company(name: Any, faults: Faults) -> str:
    plain = " ".join(text(name).split())
    if not any(letter.isalnum() for letter in plain):
        faults.add("name", "invalid_text", "must name a company")
    return plain


def contact(raw: bytes) -> tuple[str, dict[str, Any]]:
    """(debtor id, facts) as `operations.add_contact` takes them."""
    body, faults = read(ContactIn, raw)
    facts = _person(body, faults)
    if not faults.found and not (facts.get("email") or facts.get("phone")):
        faults.found.append(FieldError("email", "missing_field", "email or phone is required."))
    faults.done()
    return body.debtor_id, facts


def correction(raw: bytes) -> dict[str, Any]:
    """What `operations.correct_contact` takes."""
    body, faults = read(PersonIn, raw)
    changes = _person(body, faults)
    if isinstance(body.suppressed, bool):
        changes["suppressed"] = body.suppressed
    faults.done()
    return changes


def _person(body: ContactIn | PersonIn, faults: Faults) -> dict[str, Any]:
    facts: dict[str, Any] = {
        name: text(value) for name in ("name", "phone", "title") if (value := getattr(body, name)) is not UNSET
    }
    if body.email is not UNSET:
        facts["email"] = faults.read("email", "invalid_email", parsing.parse_email, text(body.email) or None, "")
    if isinstance(body.level, int):
        facts["level"] = body.level
    return facts


def verify(raw: bytes) -> bool:
    """Does the creditor vouch for the contact?"""
    body, faults = read(VerifyIn, raw)
    faults.done()
    return body.vouched is True


def suppress(raw: bytes) -> str:
    """The creditor's reason."""
    body, faults = read(SuppressIn, raw)
    faults.done()
    return text(body.reason)


def exclusion(raw: bytes) -> dict[str, Any]:
    """What `operations.exclude` takes."""
    body, faults = read(ExclusionIn, raw)
    match = _chosen("match", frozenset(Exclusion.Match.values), body.match, faults)
    effect = _chosen("effect", frozenset(Exclusion.Effect.values), body.effect, faults)
    value = text(body.value)
    if match and not faults.found:
        _check_value(match, value, faults)
    faults.done()
    return {"match": match, "value": value, "effect": effect, "reason": text(body.reason)}


def _chosen(name: str, allowed: frozenset[str], value: str, faults: Faults) -> str:
    return faults.choice(name, allowed, value, "") if value != intake.STAND_IN else ""


def _check_value(match: str, value: str, faults: Faults) -> None:
    if match == "email":
        faults.read("value", "invalid_email", parsing.parse_email, value, "")
    elif match == "domain":
        faults.read("value", "invalid_domain", parsing.parse_domain, key_of(match, value), "")
    elif not key_of(match, value) or (match == "phone" and len(key_of(match, value)) < 7):
        faults.add("value", "invalid_text", f"names no {match.replace('_', ' ')}")
