"""The bodies that change what stands already: terms, corrections, holds, credits. Absent leaves, `null` clears."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Campaign, Case, Hold
from campaigns.rules.holds import REPORTED, SETTABLE
from campaigns.serializers import checks, intake, offers, parsing
from campaigns.serializers.brand import brand_parts
from campaigns.serializers.checks import Terms
from campaigns.serializers.intake import MAX_DEBTORS, BrandIn, DebtorIn, Row
from campaigns.serializers.offer_body import OfferPolicyIn
from campaigns.serializers.reading import Faults, fetchable, metadata, moment, text

errors.define("time_in_past", 400, "`until` must lie ahead.")
errors.define(
    "hold_without_end", 400, "A hold that the debtor or the law sets ends by what it is about: it takes no `until`."
)
errors.define("ambiguous_hold", 400, "Name the hold by `hold_id` or by `kind`, one of the two.")

Body = TypeVar("Body", bound=Struct)
_Text = Annotated[str, Meta(max_length=300)]
_Maybe = UnsetType | None


class TermsIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`PATCH /v1/campaigns/{id}`."""

    name: Annotated[str, Meta(max_length=120)] | _Maybe = UNSET
    metadata: dict[str, Any] | _Maybe = UNSET
    escalation: str | UnsetType = UNSET
    approval: str | _Maybe = UNSET
    mandate_months: Annotated[int, Meta(ge=1, le=24)] | UnsetType = UNSET
    brand: BrandIn | _Maybe = UNSET
    offer_policy: OfferPolicyIn | _Maybe = UNSET


class AddIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/campaigns/{id}/debtors`."""

    debtors: list[DebtorIn]


class CorrectionIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`PATCH /v1/cases/{id}`."""

    invoice_amount: Raw | UnsetType = UNSET
    amount_paid: Raw | UnsetType = UNSET
    invoice_number: Annotated[str, Meta(max_length=60)] | _Maybe = UNSET
    invoice_date: str | _Maybe = UNSET
    due_date: str | _Maybe = UNSET
    po_number: Annotated[str, Meta(max_length=60)] | _Maybe = UNSET
    invoice_pdf_url: Annotated[str, Meta(max_length=2000)] | _Maybe = UNSET
    notes: Annotated[str, Meta(max_length=2000)] | _Maybe = UNSET
    external_id: Annotated[str, Meta(max_length=100)] | _Maybe = UNSET
    metadata: dict[str, Any] | _Maybe = UNSET
    reason: _Text | _Maybe = UNSET


class HoldIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/cases/{id}/hold`."""

    kind: str
    reason: _Text
    until: str | _Maybe = UNSET


class ReleaseIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/cases/{id}/release`."""

    hold_id: Annotated[str, Meta(max_length=32)] | _Maybe = UNSET
    kind: str | _Maybe = UNSET


class CloseIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/cases/{id}/close`."""

    reason: str
    note: _Text | _Maybe = UNSET


class CreditIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/cases/{id}/credits`."""

    amount: Raw
    reason: _Text
    reference: Annotated[str, Meta(max_length=120)] | _Maybe = UNSET


class VetoIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/cases/{id}/veto_escalation`."""

    reason: _Text | _Maybe = UNSET


class NothingIn(Struct, forbid_unknown_fields=True):
    """An action that takes no body."""


def read(kind: type[Body], raw: bytes) -> tuple[Body, Faults]:
    """The body as `kind`, and its faults so far (a faulty field reads as absent). Raises ApiError for no object."""
    intake.refuse_nul(raw)
    try:
        return msgspec.json.decode(raw, type=kind), Faults([])
    except msgspec.ValidationError:
        body, faults = intake.slowly(kind, raw)
        return body, Faults(faults)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError("malformed_json", f"The body is not valid JSON: {str(error)[:160]}.") from error


def nothing(raw: bytes) -> None:
    """An action's body must be empty, or an empty object."""
    _, faults = read(NothingIn, raw)
    faults.done()


def veto(raw: bytes) -> str:
    """Why, if it is said."""
    body, faults = read(VetoIn, raw)
    faults.done()
    return text(body.reason)


def terms(raw: bytes, campaign: Campaign) -> dict[str, Any]:
    """What to change about a campaign, as `operations.change_terms` takes it."""
    body, faults = read(TermsIn, raw)
    changes: dict[str, Any] = {}
    if body.name is not UNSET:
        changes["name"] = text(body.name)
    if body.metadata is not UNSET:
        changes["metadata"] = merged(campaign.metadata, body.metadata, faults)
    if body.escalation is not UNSET:
        changes["escalation"] = faults.choice("escalation", checks.ESCALATIONS, body.escalation, "")
    if body.approval is not UNSET:
        changes["approval"] = faults.choice("approval", checks.APPROVALS, body.approval, "")
    if body.mandate_months is not UNSET:
        changes["mandate_months"] = body.mandate_months
    if body.brand is not UNSET:
        changes["brand"] = brand_parts(body.brand, faults) if body.brand else None
    if body.offer_policy is not UNSET:
        given = body.offer_policy
        changes["offer_policy"] = offers.policy(given, campaign.currency, faults) if given else {}
    faults.done()
    return changes


def rows(raw: bytes, currency: str, terms: Terms) -> tuple[Row, ...]:
    """The checked rows of an addition. Raises ApiError with every fault: 400, or 422 where the organisation may not."""
    body, faults = read(AddIn, raw)
    listed = body.debtors if isinstance(body.debtors, list) else []
    if not listed and not faults.found:
        raise ApiError("no_debtors", param="debtors")
    if len(listed) > MAX_DEBTORS:
        raise errors.invalid([intake.too_many(len(listed))])
    return checks.check_rows(listed, currency, terms, faults)


def correction(raw: bytes, case: Case, terms: Terms) -> tuple[dict[str, Any], str]:
    """(changes, reason) as `operations.correct` takes them."""
    body, faults = read(CorrectionIn, raw)
    changes: dict[str, Any] = {}
    for name in ("invoice_number", "po_number", "notes", "external_id"):
        if (value := getattr(body, name)) is not UNSET:
            changes[name] = text(value)
    for name in ("invoice_date", "due_date"):
        if (value := getattr(body, name)) is not UNSET:
            changes[name] = faults.read(name, "invalid_date", parsing.parse_date, value, None)
    if (invoiced := changes.get("invoice_date")) and invoiced > terms.today:
        faults.add("invoice_date", "invalid_date", "lies in the future")
    if body.invoice_pdf_url is not UNSET:
        changes["invoice_pdf_url"] = fetchable(body.invoice_pdf_url, "invoice_pdf_url", faults)
    if body.metadata is not UNSET:
        changes["metadata"] = merged(case.metadata, body.metadata, faults)
    changes |= _amounts(body, case.currency, faults)
    faults.done()
    return changes, text(body.reason)


def _amounts(body: CorrectionIn, currency: str, faults: Faults) -> dict[str, int]:
    given = {}
    if body.invoice_amount is not UNSET:
        given["invoice_amount"] = faults.read(
            "invoice_amount", "invalid_amount", lambda v: parsing.parse_amount(v, currency), body.invoice_amount, 1
        )
    if body.amount_paid is not UNSET:
        paid = body.amount_paid if bytes(body.amount_paid) != b"null" else b"0"
        given["amount_paid"] = faults.read(
            "amount_paid", "invalid_amount", lambda v: parsing.parse_amount(v, currency, zero=True), paid, 0
        )
    return given


def hold(raw: bytes, at: datetime) -> dict[str, Any]:
    """`kind`, `ends_at`, `reason` as `operations.hold_case` takes them."""
    body, faults = read(HoldIn, raw)
    kind = faults.choice("kind", SETTABLE, body.kind, "") if body.kind != intake.STAND_IN else ""
    until = faults.read("until", "invalid_date", moment, body.until, None)
    reason = _required("reason", body.reason, faults)
    if until and kind in REPORTED:
        faults.add("until", "hold_without_end", f"is not for {kind}, which ends by what it is about")
    if until and until <= at:
        faults.add("until", "time_in_past", "must lie ahead")
    faults.done()
    return {"kind": kind, "ends_at": until, "reason": reason}


def release(raw: bytes) -> dict[str, str]:
    """`hold_id` or `kind`."""
    body, faults = read(ReleaseIn, raw)
    given = {name: value for name in ("hold_id", "kind") if (value := text(getattr(body, name)))}
    if "kind" in given:
        faults.choice("kind", frozenset(Hold.Kind.values), given["kind"], "")
    faults.done()
    if len(given) != 1:
        raise ApiError("ambiguous_hold", param="hold_id")
    return given


def close(raw: bytes, reasons: frozenset[str]) -> dict[str, str]:
    """`reason` and `note`."""
    body, faults = read(CloseIn, raw)
    reason = faults.choice("reason", reasons, body.reason, "") if body.reason != intake.STAND_IN else ""
    faults.done()
    return {"reason": reason, "note": text(body.note)}


def credit(raw: bytes, currency: str) -> dict[str, Any]:
    """`amount_minor`, `reason`, `reference`."""
    body, faults = read(CreditIn, raw)
    amount = 1
    if body.amount != intake.STAND_IN:
        amount = faults.read("amount", "invalid_amount", lambda v: parsing.parse_amount(v, currency), body.amount, 1)
    reason = _required("reason", body.reason, faults)
    faults.done()
    return {"amount_minor": amount, "reason": reason, "reference": text(body.reference)}


def _required(name: str, value: str, faults: Faults) -> str:
    found = text(value)
    if not found:
        faults.found.append(FieldError(name, "missing_field", f"{name} is required."))
    return found


def merged(standing: dict[str, str], given: dict[str, Any] | None, faults: Faults) -> dict[str, str]:
    """Metadata after a PATCH: the given keys are set, those given as null or empty go, `null` for all clears all."""
    if given is None:
        return {}
    gone = {key for key, value in given.items() if value in (None, "")}
    kept = standing | {key: value for key, value in given.items() if key not in gone}
    return metadata({key: value for key, value in kept.items() if key not in gone}, "metadata", faults)
