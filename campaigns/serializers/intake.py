"""`POST /v1/campaigns`: the body, decoded and checked, or every fault of it at once.

msgspec decodes a well-formed body of 500 debtors in about a millisecond. It stops at the first fault, so only a body
that has one is read again field by field, to report them all. Amounts stay raw text until they are parsed as decimals
(campaigns.serializers.parsing).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.rules.playbook import BUILT_IN, POSTURE
from campaigns.serializers.offer_body import OfferPolicyIn

errors.define("ambiguous_body", 400, "Send exactly one of `invoice_amount`, `debtors` or `csv_url`.")
errors.define("too_many_debtors", 400, "A campaign takes at most 500 debtors; a CSV may be larger.")
errors.define("no_debtors", 400, "`debtors` is empty.")
errors.define("invalid_type", 400, "A field has the wrong JSON type.")
errors.define("invalid_text", 400, "A text is empty, too long, or holds characters no row can hold.")
errors.define("due_before_invoice", 400, "The due date lies before the invoice date.")
errors.define("nothing_owed", 400, "`invoice_amount` less `amount_paid` leaves nothing to collect.")
errors.define("mixed_currencies", 400, "A campaign has one currency.")
errors.define("invalid_url", 400, "The address is not one we may fetch.")
errors.define("invalid_choice", 400, "The value is not among those this field takes.")
errors.define("invalid_timezone", 400, "The time zone is not an IANA name.")
errors.define("invalid_country", 400, "A country is an ISO 3166-1 code of two letters.")
errors.define("invalid_metadata", 400, "`metadata` takes 50 keys of 40 characters with texts of 500.")

MAX_DEBTORS = 500
# What stands for a required field that is missing or faulty.
STAND_IN = "?0"
Body = TypeVar("Body", bound=Struct)
_Text = Annotated[str, Meta(max_length=200)]
_Short = Annotated[str, Meta(max_length=60)]
_Id = Annotated[str, Meta(max_length=100)]
_Long = Annotated[str, Meta(max_length=2000)]
_Maybe = UnsetType | None


class ContactIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A person at the debtor, as the creditor knows them."""

    name: _Text | _Maybe = UNSET
    email: _Text | _Maybe = UNSET
    phone: Annotated[str, Meta(max_length=32)] | _Maybe = UNSET
    title: Annotated[str, Meta(max_length=120)] | _Maybe = UNSET
    level: Annotated[int, Meta(ge=1, le=3)] | _Maybe = UNSET


class _Owed(Struct, forbid_unknown_fields=True, kw_only=True):
    """The invoice and the debtor's facts, shared by both request shapes."""

    invoice_amount: Raw | UnsetType = UNSET
    amount_paid: Raw | UnsetType = UNSET
    contact_email: Annotated[str, Meta(max_length=254)] | _Maybe = UNSET
    contact_name: _Text | _Maybe = UNSET
    contact_phone: Annotated[str, Meta(max_length=32)] | _Maybe = UNSET
    contacts: Annotated[list[ContactIn], Meta(max_length=10)] | _Maybe = UNSET
    invoice_number: _Short | _Maybe = UNSET
    invoice_date: _Short | _Maybe = UNSET
    due_date: _Short | _Maybe = UNSET
    currency: _Short | _Maybe = UNSET
    address: Annotated[str, Meta(max_length=300)] | _Maybe = UNSET
    country: _Short | _Maybe = UNSET
    state: Annotated[str, Meta(max_length=10)] | _Maybe = UNSET
    timezone: Annotated[str, Meta(max_length=64)] | _Maybe = UNSET
    language: _Short | _Maybe = UNSET
    debt_class: _Short | _Maybe = UNSET
    debtor_type: _Short | _Maybe = UNSET
    credit_kind: _Short | _Maybe = UNSET
    external_id: _Id | _Maybe = UNSET
    po_number: _Short | _Maybe = UNSET
    invoice_pdf_url: _Long | _Maybe = UNSET
    notes: _Long | _Maybe = UNSET
    do_not_contact: bool | _Maybe = UNSET
    metadata: dict[str, Any] | _Maybe = UNSET


class DebtorIn(_Owed, kw_only=True):
    """One row of `debtors`."""

    company_name: _Text


class Colors(Struct, forbid_unknown_fields=True, kw_only=True):
    primary: _Short | _Maybe = UNSET
    accent: _Short | _Maybe = UNSET


class BrandIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the debtor sees. Missing parts come from the organisation's default."""

    name: Annotated[str, Meta(max_length=120)] | _Maybe = UNSET
    legal_name: _Text | _Maybe = UNSET
    logo_url: _Long | _Maybe = UNSET
    domain: Annotated[str, Meta(max_length=253)] | _Maybe = UNSET
    from_email: Annotated[str, Meta(max_length=254)] | _Maybe = UNSET
    reply_to: Annotated[str, Meta(max_length=254)] | _Maybe = UNSET
    phone: Annotated[str, Meta(max_length=32)] | _Maybe = UNSET
    address: Annotated[str, Meta(max_length=300)] | _Maybe = UNSET
    caller_name: Annotated[str, Meta(max_length=60)] | _Maybe = UNSET
    colors: Colors | _Maybe = UNSET
    pay_domain: Annotated[str, Meta(max_length=253)] | _Maybe = UNSET


class CampaignIn(_Owed, kw_only=True):
    """The whole body. `company` is the debtor in the shorthand, the creditor's display name in the other shapes."""

    company: _Text
    debtors: list[DebtorIn] | UnsetType = UNSET
    source: _Short | _Maybe = UNSET
    csv_url: _Long | _Maybe = UNSET
    brand: BrandIn | _Maybe = UNSET
    name: Annotated[str, Meta(max_length=120)] | _Maybe = UNSET
    escalation: _Short | _Maybe = UNSET
    approval: _Short | _Maybe = UNSET
    playbook: _Short | _Maybe = UNSET
    posture: _Short | _Maybe = UNSET
    test_clock: _Short | _Maybe = UNSET
    mandate_months: Annotated[int, Meta(ge=1, le=24)] | _Maybe = UNSET
    start_at: _Short | _Maybe = UNSET
    offer_policy: OfferPolicyIn | _Maybe = UNSET


BRAND_PARTS = tuple(name for name in BrandIn.__struct_fields__ if name != "colors")
_DECODER = msgspec.json.Decoder(CampaignIn)
_OWED_FIELDS = frozenset(_Owed.__struct_fields__)
_SHORTHAND_ONLY = _OWED_FIELDS - {"currency", "metadata"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The body as structs, and what was wrong with it so far; a faulty field reads as absent in `body`."""

    body: CampaignIn
    faults: list[FieldError]


_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _malformed(error: Exception) -> ApiError:
    return ApiError("malformed_json", f"The body is not valid JSON: {str(error)[:160]}.")


def decode(raw: bytes) -> Decoded:
    """The body as structs. Raises ApiError only when it is no JSON object at all; faults of fields are returned."""
    refuse_nul(raw)
    try:
        body = _DECODER.decode(raw)
    except msgspec.ValidationError:
        return Decoded(*slowly(CampaignIn, raw))
    except _MALFORMED as error:
        raise _malformed(error) from error
    if body.debtors is not UNSET and len(body.debtors) > MAX_DEBTORS:
        raise errors.invalid([too_many(len(body.debtors))])
    return Decoded(body, [])


def refuse_nul(raw: bytes) -> None:
    """Raise ApiError for a body that holds a NUL: no row can hold one."""
    if b"\\u0000" in raw or b"\x00" in raw:
        raise errors.invalid([_nul(raw)])


def _nul(raw: bytes) -> FieldError:
    try:
        for path, text in _texts(msgspec.json.decode(raw), ""):
            if "\0" in text:
                return FieldError(path, "invalid_text", f"{path} holds a NUL character.")
    except _MALFORMED:
        pass
    raise ApiError("malformed_json", "The body holds a NUL character.")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key), str(key)
            yield from _texts(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{at}]")


# --- the slow way, only for a body that has a fault: every field by itself


def slowly(kind: type[Body], raw: bytes) -> tuple[Body, list[FieldError]]:
    """The body as `kind`, field by field, with every fault of it. Raises ApiError only when it is no object at all."""
    try:
        return _by_field(kind, raw)
    except _MALFORMED as error:
        # The fast way stopped at the first wrong value; what stands behind it was no JSON.
        raise _malformed(error) from error


def _by_field(kind: type[Body], raw: bytes) -> tuple[Body, list[FieldError]]:
    try:
        fields = msgspec.json.decode(raw, type=dict[str, Raw])
    except msgspec.ValidationError:
        raise ApiError("invalid_type", "The body must be a JSON object.") from None
    faults: list[FieldError] = []
    rows = fields.get("debtors") if "debtors" in kind.__struct_fields__ else None
    if rows is not None:
        fields["debtors"] = Raw(b"[]")
    body: Any = _struct(kind, fields, "", faults)
    if rows is not None:
        body.debtors = _rows(rows, faults)
    return body, faults


def _rows(raw: Raw, faults: list[FieldError]) -> list[DebtorIn]:
    try:
        rows = msgspec.json.decode(raw, type=list[Raw])
    except msgspec.ValidationError:
        faults.append(FieldError("debtors", "invalid_type", "debtors must be a list."))
        return []
    if len(rows) > MAX_DEBTORS:
        raise errors.invalid([too_many(len(rows))])
    return [_debtor(row, f"debtors[{at}]", faults) for at, row in enumerate(rows)]


def _debtor(raw: Raw, path: str, faults: list[FieldError]) -> DebtorIn:
    try:
        fields = msgspec.json.decode(raw, type=dict[str, Raw])
    except msgspec.ValidationError:
        faults.append(FieldError(path, "invalid_type", f"{path} must be an object."))
        # A stand-in that raises no second fault for the same row.
        return DebtorIn(company_name=STAND_IN, invoice_amount=Raw(b"1"))
    return _struct(DebtorIn, fields, f"{path}.", faults)


def _struct(kind: type[Struct], fields: dict[str, Raw], prefix: str, faults: list[FieldError]) -> Any:
    """`kind` from the fields that are sound; the others are named in `faults` and read as absent."""
    known = {field.name: field for field in msgspec.structs.fields(kind)}
    faults += [
        FieldError(f"{prefix}{name}"[:200], "unknown_field", f"There is no field {name[:60]!r} here.")
        for name in fields
        if name not in known
    ]
    sound: dict[str, Any] = {}
    for name, field in known.items():
        if name in fields:
            value = _value(field.type, fields[name], f"{prefix}{name}", faults)
            sound |= {} if value is UNSET else {name: value}
        elif field.required:
            faults.append(FieldError(f"{prefix}{name}", "missing_field", f"{prefix}{name} is required."))
        if field.required and name not in sound:
            sound[name] = STAND_IN  # passes the later checks silently: its own fault stands already
    return kind(**sound)


def _value(kind: Any, raw: Raw, path: str, faults: list[FieldError]) -> Any:
    """The value, or UNSET with a fault that names the very field inside it."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        words, _, inner = str(error).partition(" - at `$")
        where = path + inner.rstrip("`")
    if unknown := re.match(r"Object contains unknown field `(.*)`", words):
        where = f"{where}.{unknown.group(1)}"[:200]
        faults.append(FieldError(where, "unknown_field", f"There is no field {unknown.group(1)[:60]!r} here."))
    else:
        code = "invalid_text" if "length" in words and "array" not in words else "invalid_type"
        faults.append(FieldError(where, code, f"{where}: {words}."))
    return UNSET


def too_many(count: int) -> FieldError:
    """The fault of a list that no campaign takes."""
    return FieldError("debtors", "too_many_debtors", f"debtors has {count} rows; a campaign takes {MAX_DEBTORS}.")


# --- values


class Row(Struct, frozen=True, kw_only=True):
    """One invoice, checked: money in minor units, dates as dates, texts trimmed, `path` as the client wrote it.

    `identity` and `invoice_key` are what makes two rows the same debtor, and the same invoice.
    """

    path: str
    company_name: str
    invoice_minor: int
    paid_minor: int
    invoice_number: str
    invoice_date: date | None
    due_date: date | None
    contacts: tuple[dict[str, Any], ...]
    address: str
    country: str
    region: str
    timezone: str
    phone: str
    language: str
    debt_class: str
    debtor_type: str
    credit_kind: str
    external_id: str
    po_number: str
    invoice_pdf_url: str
    notes: str
    do_not_contact: bool
    metadata: dict[str, str]
    identity: str
    invoice_key: str

    @property
    def placed_minor(self) -> int:
        return self.invoice_minor - self.paid_minor

    @property
    def email(self) -> str:
        return next((c["email"] for c in self.contacts if c.get("email")), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A checked campaign request. `rows` is empty exactly when `csv_url` is set."""

    creditor: str
    shorthand: bool
    rows: tuple[Row, ...]
    csv_url: str
    currency: str
    brand: dict[str, Any]
    name: str
    escalation: str
    approval: str = ""
    playbook: str = BUILT_IN
    posture: str = POSTURE
    test_clock: str = ""
    mandate_months: int
    start_at: datetime | None
    metadata: dict[str, str]
    offer_policy: dict[str, Any]
