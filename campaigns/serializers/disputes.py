"""A dispute as the API shows it, and the bodies that open, answer and end one."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from agentcollect.kit import clock, money
from campaigns.models import Dispute
from campaigns.serializers.bodies import read
from campaigns.serializers.intake import STAND_IN
from campaigns.serializers.parsing import parse_amount
from campaigns.serializers.reading import Faults, text

REASONS = frozenset(Dispute.Reason.values)
# Withdrawing has an address of its own: it is the debtor's.
OUTCOMES = frozenset({"upheld", "partially_upheld", "rejected"})
_Maybe = UnsetType | None
_Words = Annotated[str, Meta(max_length=2000)]
_Note = Annotated[str, Meta(max_length=300)]


def dispute(row: Dispute) -> dict[str, Any]:
    """A dispute (its case and debtor are loaded). `amount` null: the whole invoice."""
    currency = row.currency
    return {
        "id": row.id,
        "case_id": row.case_id,
        "campaign_id": row.case.campaign_id,
        "debtor_id": row.debtor_id,
        "debtor": row.case.debtor.name,
        "invoice_number": row.case.invoice_number or None,
        "status": row.status,
        "reason": row.reason,
        "text": row.text or None,
        "source": row.source,
        "amount": money.to_json(row.amount_minor, currency) if row.amount_minor else None,
        "amount_reduced": money.to_json(row.reduced_minor, currency),
        "currency": currency,
        "questions": [{"at": one["at"], "text": one["asked"]} for one in row.evidence.get("questions", [])],
        "answer": row.answer or None,
        "answer_due_at": _time(row.answer_due_at) if row.resolved_at is None else None,
        "answered_at": _time(row.answered_at),
        "resolved_at": _time(row.resolved_at),
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


def _time(moment: Any) -> str | None:
    return clock.iso(moment) if moment else None


class OpenIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/cases/{id}/dispute`."""

    reason: str
    text: _Words | _Maybe = UNSET
    amount: Raw | UnsetType = UNSET


class SandboxOpenIn(OpenIn, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/sandbox/disputes`."""

    case_id: Annotated[str, Meta(max_length=60)]


class AskIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/disputes/{id}/request_information`."""

    text: _Words


class AnswerIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/disputes/{id}/answer`."""

    text: _Words


class ResolveIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/disputes/{id}/resolve`."""

    outcome: str
    amount: Raw | UnsetType = UNSET
    note: _Note | _Maybe = UNSET


class WithdrawIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /v1/disputes/{id}/withdraw`."""

    note: _Note | _Maybe = UNSET


def opening(raw: bytes, currency: str) -> dict[str, Any]:
    """`reason`, `text` and `amount_minor` as `operations.open_dispute` takes them."""
    body, faults = read(OpenIn, raw)
    return _opened(body, currency, faults)


def sandbox_case(raw: bytes) -> str:
    """The case that a sandbox body is about."""
    body, faults = read(SandboxOpenIn, raw)
    if body.case_id == STAND_IN:
        faults.done()
    return body.case_id


def sandbox_opening(raw: bytes, currency: str) -> dict[str, Any]:
    body, faults = read(SandboxOpenIn, raw)
    return _opened(body, currency, faults)


def _opened(body: OpenIn, currency: str, faults: Faults) -> dict[str, Any]:
    reason = faults.choice("reason", REASONS, body.reason, "") if body.reason != STAND_IN else ""
    amount = _amount(body.amount, currency, faults)
    faults.done()
    return {"reason": reason, "text": text(body.text), "amount_minor": amount}


def _amount(given: Raw | UnsetType, currency: str, faults: Faults) -> int | None:
    if given is UNSET or bytes(given) == b"null":
        return None
    return faults.read("amount", "invalid_amount", lambda value: parse_amount(value, currency), given, None)


def asking(raw: bytes) -> str:
    """What is asked."""
    return _words(*read(AskIn, raw))


def answering(raw: bytes) -> str:
    """The answer."""
    return _words(*read(AnswerIn, raw))


def _words(body: AskIn | AnswerIn, faults: Faults) -> str:
    words = "" if body.text == STAND_IN else text(body.text)
    if not words and not faults.found:
        faults.add("text", "missing_field", "is required")
    faults.done()
    return words


def resolving(raw: bytes, currency: str) -> dict[str, Any]:
    """`outcome`, `reduced_minor` and `note` as `operations.resolve_dispute` takes them."""
    body, faults = read(ResolveIn, raw)
    outcome = faults.choice("outcome", OUTCOMES, body.outcome, "") if body.outcome != STAND_IN else ""
    amount = _amount(body.amount, currency, faults)
    if outcome == "partially_upheld" and amount is None and not faults.found:
        faults.add("amount", "missing_field", "is required: what goes off the invoice")
    if outcome in ("upheld", "rejected") and amount is not None:
        faults.add("amount", "unknown_field", f"is not for {outcome}")
    faults.done()
    return {"outcome": outcome, "reduced_minor": amount or 0, "note": text(body.note)}


def withdrawing(raw: bytes) -> str:
    """Why, if anybody said."""
    body, faults = read(WithdrawIn, raw)
    faults.done()
    return text(body.note)
