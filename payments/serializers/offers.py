"""Settlement offers: their public shape, and the body that drafts one. The floor they were made under is in neither."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from agentcollect.kit import errors, money
from agentcollect.kit.api import body_object
from agentcollect.kit.clock import iso
from agentcollect.kit.errors import FieldError
from campaigns.models import Case
from campaigns.rules.offers import MOST_PERCENT, day_before
from campaigns.serializers.parsing import parse_date
from payments.models import Offer

_FIELDS = frozenset({"amount", "discount_percent", "valid_until", "conditions", "reason"})
_LONGEST = {"conditions": 500, "reason": 300}


def offer(row: Offer) -> dict[str, Any]:
    """An offer as the API shows it (its case, debtor and organisation are loaded)."""
    case = row.case
    moments = ("approved_at", "sent_at", "accepted_at", "settled_at", "ended_at")
    return {
        "id": row.id,
        "case_id": row.case_id,
        "campaign_id": case.campaign_id,
        "debtor_id": row.debtor_id,
        "debtor": case.debtor.name,
        "invoice_number": case.invoice_number or None,
        "status": row.status,
        "source": row.source,
        "amount": money.to_json(row.amount_minor, row.currency),
        "balance": money.to_json(row.balance_minor, row.currency),
        "discount": money.to_json(row.balance_minor - row.amount_minor, row.currency),
        "currency": row.currency,
        "valid_until": day_before(row.valid_until, case.organisation.timezone).isoformat(),
        "conditions": row.conditions or None,
        "reason": row.reason or None,
        "drafted_by": row.actor,
        "approved_by": row.approved_by or None,
        "payment_id": row.payment_id or None,
        "ended_because": row.evidence.get("ended"),
        "livemode": row.livemode,
        "created_at": iso(row.created_at),
        **{name: iso(moment) if (moment := getattr(row, name)) else None for name in moments},
        "updated_at": iso(row.updated_at),
    }


@dataclass(frozen=True, slots=True)
class OfferGiven:
    """One of `amount_minor` and `percent`; `valid_until` None: as long as the policy lets it stand."""

    amount_minor: int | None
    percent: Decimal | None
    valid_until: date | None
    conditions: str
    reason: str


def read_offer(request: Any, case: Case) -> OfferGiven:
    """The body of `POST /v1/cases/{id}/offers`. Raises ApiError with every fault."""
    body = body_object(request, _FIELDS)
    faults: list[FieldError] = []
    amount, percent = body.get("amount"), body.get("discount_percent")
    if (amount is None) == (percent is None):
        faults.append(FieldError("amount", "missing_field", "Send amount or discount_percent, one of them."))
    given = OfferGiven(
        amount_minor=_minor(amount, case.currency, faults) if amount is not None else None,
        percent=_percent(percent, faults) if percent is not None else None,
        valid_until=_day(body.get("valid_until"), faults),
        conditions=_text(body, "conditions", faults),
        reason=_text(body, "reason", faults),
    )
    if faults:
        raise errors.invalid(faults)
    return given


def _minor(value: Any, currency: str, faults: list[FieldError]) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
            raise ValueError("must be a JSON number above zero, such as 15000 or 99.50")
        return money.to_minor(Decimal(value), currency)
    except ValueError as error:
        faults.append(FieldError("amount", "invalid_amount", f"amount {error}."))
        return 0


def _percent(value: Any, faults: list[FieldError]) -> Decimal:
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    found = Decimal(value) if number else Decimal(0)
    fits = 0 < found <= MOST_PERCENT and found == round(found, 2)
    if not fits:
        words = f"discount_percent must be a number above 0 and up to {MOST_PERCENT}, with two decimals at most."
        faults.append(FieldError("discount_percent", "invalid_amount", words))
    return found


def _day(value: Any, faults: list[FieldError]) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str):
        faults.append(FieldError("valid_until", "invalid_type", "valid_until must be a date as text."))
        return None
    try:
        return parse_date(value)
    except ValueError as error:
        faults.append(FieldError("valid_until", "invalid_date", f"valid_until {error}."))
        return None


def _text(body: dict[str, Any], name: str, faults: list[FieldError]) -> str:
    value, longest = body.get(name), _LONGEST[name]
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        words = f"{name} must be a text of at most {longest} characters."
        faults.append(FieldError(name, "invalid_type", words))
        return ""
    return " ".join(value.split())
