"""The public shape of a refund, and the body that asks for one."""

from decimal import Decimal
from typing import Any

from agentcollect.kit import errors, money
from agentcollect.kit.api import body_object
from agentcollect.kit.clock import iso
from agentcollect.kit.errors import FieldError
from payments.models import Refund

_FIELDS = frozenset({"amount", "reason", "credited"})


def refund(row: Refund) -> dict[str, Any]:
    """A refund as the API shows it."""
    return {
        "id": row.id,
        "payment_id": row.payment_id,
        "amount": money.to_json(row.amount_minor, row.currency),
        "currency": row.currency,
        "status": row.status,
        "credited": row.credited,
        "reason": row.reason or None,
        "reference": row.reference or None,
        "failure": row.failure or None,
        "settled_at": iso(row.settled_at) if row.settled_at else None,
        "created_at": iso(row.created_at),
        "livemode": row.livemode,
    }


def read_refund(request: Any, currency: str) -> dict[str, Any]:
    """`amount_minor` (None: all that is left), `reason`, `credited`. Raises ApiError with every fault at once."""
    body = body_object(request, _FIELDS, frozenset({"reason"}))
    faults: list[FieldError] = []
    given = {
        "amount_minor": _minor(body.get("amount"), currency, faults),
        "reason": _reason(body.get("reason"), faults),
        "credited": _yes_or_no(body.get("credited"), faults),
    }
    if faults:
        raise errors.invalid(faults)
    return given


def read_credit(request: Any, currency: str) -> dict[str, Any]:
    """`case_id`, and `minor` (None: all of the credit, as far as that is owed). Raises ApiError with every fault."""
    body = body_object(request, frozenset({"case_id", "amount"}), frozenset({"case_id"}))
    faults: list[FieldError] = []
    case_id, minor = body["case_id"], _minor(body.get("amount"), currency, faults)
    if not isinstance(case_id, str) or not 0 < len(case_id) <= 60 or "\0" in case_id:
        faults.append(FieldError("case_id", "invalid_text", "case_id must be the id of an open invoice of theirs."))
    if faults:
        raise errors.invalid(faults)
    return {"case_id": case_id, "minor": minor}


def _minor(value: Any, currency: str, faults: list[FieldError]) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        faults.append(FieldError("amount", "invalid_amount", "amount must be a JSON number such as 15000 or 99.50."))
        return None
    try:
        minor = money.to_minor(Decimal(value), currency)
    except ValueError as error:
        faults.append(FieldError("amount", "invalid_amount", f"amount {error}."))
        return None
    if minor <= 0:
        faults.append(FieldError("amount", "invalid_amount", "amount must be more than zero."))
    return minor


def _reason(value: Any, faults: list[FieldError]) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 300 or "\0" in value:
        faults.append(FieldError("reason", "invalid_text", "reason must be a text of at most 300 characters."))
        return ""
    return value.strip()


def _yes_or_no(value: Any, faults: list[FieldError]) -> bool:
    if value is not None and not isinstance(value, bool):
        faults.append(FieldError("credited", "invalid_type", "credited must be true or false."))
    return value is True
