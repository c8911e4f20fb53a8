"""What was agreed about paying later: public shapes of promises and plans, and the bodies that make them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from agentcollect.kit import errors, money
from agentcollect.kit.api import body_object
from agentcollect.kit.clock import iso
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Case
from campaigns.serializers.parsing import parse_date
from payments.models import Instalment, Plan, Promise
from payments.rules import plans as rules


def _about(row: Promise | Plan) -> dict[str, Any]:
    return {
        "id": row.id,
        "case_id": row.case_id,
        "campaign_id": row.case.campaign_id,
        "debtor_id": row.debtor_id,
        "debtor": row.case.debtor.name,
        "invoice_number": row.case.invoice_number or None,
        "status": row.status,
        "source": row.source,
        "currency": row.currency,
        "livemode": row.livemode,
        "created_at": iso(row.created_at),
        "ended_at": iso(row.ended_at) if row.ended_at else None,
        "updated_at": iso(row.updated_at),
    }


def promise(row: Promise) -> dict[str, Any]:
    """A promise as the API shows it (its case and debtor are loaded)."""
    return _about(row) | {
        "amount": money.to_json(row.amount_minor, row.currency),
        "amount_received": money.to_json(row.received_minor, row.currency),
        "due_on": row.due_on.isoformat(),
        "judged_after": iso(row.judged_after),
    }


def plan(row: Plan) -> dict[str, Any]:
    """A plan with its instalments (prefetched; its case and debtor are loaded)."""
    parts = sorted(row.instalments.all(), key=lambda part: part.number)
    return _about(row) | {
        "total": money.to_json(row.total_minor, row.currency),
        "amount_paid": money.to_json(sum(part.paid_minor for part in parts), row.currency),
        "started_at": iso(row.started_at) if row.started_at else None,
        "expires_at": iso(row.expires_at) if row.expires_at else None,
        "instalments": [_instalment(part, row.currency) for part in parts],
    }


def _instalment(part: Instalment, currency: str) -> dict[str, Any]:
    return {
        "id": part.id,
        "number": part.number,
        "due_on": part.due_on.isoformat(),
        "amount": money.to_json(part.amount_minor, currency),
        "amount_paid": money.to_json(part.paid_minor, currency),
        "status": part.status,
    }


# --- in


@dataclass(frozen=True, slots=True)
class PromiseGiven:
    """`amount_minor` None: the balance."""

    amount_minor: int | None
    due_on: date


def read_promise(request: Any, case: Case) -> PromiseGiven:
    """The body of `POST /v1/cases/{id}/promise`. Raises ApiError with every fault."""
    body = body_object(request, frozenset({"amount", "due_on"}), frozenset({"due_on"}))
    faults: list[FieldError] = []
    due_on = _date(body["due_on"], "due_on", faults)
    amount = _amount(body.get("amount"), "amount", case.currency, faults)
    _done(faults)
    return PromiseGiven(amount, due_on)


@dataclass(frozen=True, slots=True)
class PlanGiven:
    """Instalments to be laid out, or the schedule as given; `agreed`: the debtor has said yes already."""

    parts: list[tuple[date, int]]
    agreed: bool


_PLAN_FIELDS = frozenset({"instalments", "first_on", "every", "schedule", "agreed"})


def read_plan(request: Any, case: Case) -> PlanGiven:
    """The body of `POST /v1/cases/{id}/plan`. Raises ApiError with every fault."""
    body = body_object(request, _PLAN_FIELDS)
    faults: list[FieldError] = []
    agreed = body.get("agreed", False)
    if not isinstance(agreed, bool):
        faults.append(FieldError("agreed", "invalid_type", "agreed must be true or false."))
    both = body.get("schedule") is not None and body.get("instalments") is not None
    if both or (body.get("schedule") is None and body.get("instalments") is None):
        faults.append(FieldError("instalments", "missing_field", "Send instalments with first_on, or a schedule."))
        _done(faults)
    parts = _listed(body, case, faults) if body.get("schedule") is not None else _laid_out(body, case, faults)
    _done(faults)
    return PlanGiven(parts, agreed)


def _laid_out(body: dict[str, Any], case: Case, faults: list[FieldError]) -> list[tuple[date, int]]:
    count, every = body["instalments"], body.get("every", "month")
    if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= 36:
        faults.append(FieldError("instalments", "invalid_type", "instalments must be a whole number from 2 to 36."))
    if every not in rules.EVERY:
        faults.append(FieldError("every", "invalid_choice", f"every must be one of {', '.join(rules.EVERY)}."))
    first = _date(body.get("first_on"), "first_on", faults)
    _done(faults)
    if count > case.balance_minor:
        raise ApiError("amount_above_balance", param="instalments")
    return rules.schedule(case.balance_minor, count, first, every)


def _listed(body: dict[str, Any], case: Case, faults: list[FieldError]) -> list[tuple[date, int]]:
    given = body["schedule"]
    if not isinstance(given, list) or not 2 <= len(given) <= 36:
        faults.append(FieldError("schedule", "invalid_type", "schedule must be a list of 2 to 36 instalments."))
        return []
    parts = []
    for place, one in enumerate(given):
        path = f"schedule[{place}]"
        if not isinstance(one, dict) or set(one) != {"due_on", "amount"}:
            faults.append(FieldError(path, "invalid_type", f"{path} must have due_on and amount, nothing else."))
            continue
        day = _date(one["due_on"], f"{path}.due_on", faults)
        parts.append((day, _amount(one["amount"], f"{path}.amount", case.currency, faults) or 0))
    return parts


def _date(value: Any, param: str, faults: list[FieldError]) -> date:
    """The date, or any with a fault."""
    if value is None:
        faults.append(FieldError(param, "missing_field", f"{param} is required."))
    elif not isinstance(value, str):
        faults.append(FieldError(param, "invalid_type", f"{param} must be a date as text."))
    else:
        try:
            return parse_date(value)
        except ValueError as error:
            faults.append(FieldError(param, "invalid_date", f"{param} {error}."))
    return date.min


def _amount(value: Any, param: str, currency: str, faults: list[FieldError]) -> int | None:
    """Minor units; None for what is absent, or has a fault."""
    if value is None:
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError("must be a JSON number such as 15000 or 99.50")
        if value <= 0:
            raise ValueError("must be more than zero")
        return money.to_minor(Decimal(value), currency)
    except ValueError as error:
        faults.append(FieldError(param, "invalid_amount", f"{param} {error}."))
        return None


def _done(faults: list[FieldError]) -> None:
    if faults:
        raise errors.invalid(faults)
