"""The public shape of a payment, of what is recorded about it, and of the body that reports one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from agentcollect.kit import errors, money
from agentcollect.kit.api import body_object
from agentcollect.kit.clock import iso
from agentcollect.kit.errors import FieldError
from campaigns.models import Case
from campaigns.serializers.parsing import parse_date
from payments import rules
from payments.models import Payment, Refund

errors.define("currency_mismatch", 400, "A case is paid in its own currency.")
errors.define("time_in_future", 400, "Money is received in the past or now.")


# --- out


def payment(row: Payment) -> dict[str, Any]:
    """A payment as the API shows it. `breakdown` is null until the money came; `allocations` are of every case that it
    pays, as they stand now."""
    case, currency = row.case, row.currency
    stands = _standing(row)
    parts = [(component, minor) for (_, component), minor in stands.items()]
    collected = sum(minor for component, minor in parts if component in rules.COMPONENTS)
    return {
        "id": row.id,
        "case_id": row.case_id,
        "campaign_id": row.campaign_id,
        "debtor": case.debtor.name,
        "debtor_id": case.debtor_id,
        "invoice_number": case.invoice_number or None,
        "amount": money.to_json(row.amount_minor, currency),
        "amount_collected": money.to_json(collected, currency),
        "amount_refunded": money.to_json(row.refunded_minor, currency),
        "currency": currency,
        "method": row.method,
        "status": row.status,
        "source": row.source,
        "reference": row.reference or None,
        "failure": row.failure or None,
        "breakdown": breakdown(row, parts) if row.status in rules.COLLECTED else None,
        "allocations": [
            {"case_id": case_id, "component": component, "amount": money.to_json(minor, currency)}
            for (case_id, component), minor in stands.items()
        ],
        "received_at": iso(row.received_at) if row.received_at else None,
        "created_at": iso(row.created_at),
        "livemode": row.livemode,
        "metadata": row.metadata,
    }


def _standing(row: Payment) -> dict[tuple[str, str], int]:
    """(case, component) → minor units, of all that was moved to and fro; nothing where nothing stands."""
    sums: dict[tuple[str, str], int] = {}
    for part in row.allocations.all():
        place = (part.case_id, part.component)
        sums[place] = sums.get(place, 0) + part.amount_minor
    return {place: minor for place, minor in sums.items() if minor}


def breakdown(row: Payment, parts: list[tuple[str, int]]) -> dict[str, int | float]:
    """principal + interest + fees + unapplied + returned = amount; `net` = what is left of it less the two fees."""
    minor = rules.breakdown(
        row.amount_minor, parts, processor_fee=row.processor_fee_minor, success_fee=row.success_fee_minor
    )
    return {name: money.to_json(value, row.currency) for name, value in minor.items()}


def received(
    row: Payment,
    case: Case,
    parts: list[tuple[str, int]],
    *,
    balance_minor: int,
    zone: str,
    costs: tuple[int, int],
) -> dict[str, Any]:
    """The data of `payment.received` for one of the cases that it pays: the product page's seven fields, in its order,
    then ours. `parts` is what came to this case, `costs` its share of the processor's fee and its success fee.

    `metadata` is the invoice's as you gave it, with what was given for this payment on top.
    """
    moment = row.received_at or row.created_at
    collected = sum(minor for component, minor in parts if component != rules.UNAPPLIED)
    came = sum(minor for _, minor in parts)
    shares = rules.breakdown(came, parts, processor_fee=costs[0], success_fee=costs[1])
    return {
        "campaign_id": case.campaign_id,
        "debtor": case.debtor.name,
        "invoice_number": case.invoice_number or None,
        "amount_collected": money.to_json(collected, row.currency),
        "method": row.method,
        "days_to_collect": rules.days_to_collect(case.created_at, moment, zone),
        "timestamp": iso(moment),
        "case_id": case.id,
        "debtor_id": case.debtor_id,
        "currency": row.currency,
        "payment_id": row.id,
        "balance": money.to_json(balance_minor, row.currency),
        "breakdown": {
            name: money.to_json(minor, row.currency) for name, minor in shares.items() if name != rules.RETURNED
        },
        "source": row.source,
        "metadata": case.metadata | row.metadata,
    }


def begun(row: Payment, case: Case, minor: int) -> dict[str, Any]:
    """The data of `payment.processing`: `amount` is what of it is on its way to this case."""
    return _named(row, case, minor) | {"metadata": case.metadata | row.metadata}


def failed(row: Payment, case: Case, minor: int) -> dict[str, Any]:
    """The data of `payment.failed`, `amount` as in `begun`."""
    return _named(row, case, minor) | {"failure": row.failure, "metadata": case.metadata | row.metadata}


def went_back(row: Payment, case: Case, *, owed_again_minor: int) -> dict[str, Any]:
    """The data of `payment.reversed`. `amount_returned`: what of it had paid this case, and is owed again."""
    return _named(row, case, row.amount_minor) | {
        "amount_returned": money.to_json(owed_again_minor, row.currency),
        "reason": row.failure or None,
        "balance": money.to_json(case.balance_minor, row.currency),
        "metadata": case.metadata | row.metadata,
    }


def refunded(row: Payment, given: Refund, case: Case, minor: int, *, applied_minor: int) -> dict[str, Any]:
    """The data of `payment.refunded`: `amount_refunded` is what of the refund was taken from this case, and
    `amount_returned` what of that had paid it (the rest had been unapplied)."""
    return _named(row, case, row.amount_minor) | {
        "refund_id": given.id,
        "amount_refunded": money.to_json(minor, row.currency),
        "amount_returned": money.to_json(applied_minor, row.currency),
        "credited": given.credited,
        "reason": given.reason or None,
        "balance": money.to_json(case.balance_minor, row.currency),
        "metadata": case.metadata | row.metadata,
    }


def _named(row: Payment, case: Case, minor: int) -> dict[str, Any]:
    return {
        "campaign_id": case.campaign_id,
        "case_id": case.id,
        "debtor_id": case.debtor_id,
        "debtor": case.debtor.name,
        "invoice_number": case.invoice_number or None,
        "currency": row.currency,
        "payment_id": row.id,
        "amount": money.to_json(minor, row.currency),
        "method": row.method,
    }


# --- in

_NAMES_A_CASE = frozenset({"case_id", "campaign_id", "invoice_number"})
REPORT_FIELDS = _NAMES_A_CASE | {"amount", "currency", "method", "received_at", "reference", "metadata"}
SANDBOX_FIELDS = _NAMES_A_CASE | {"amount", "method"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A body that says money came. `amount` None: the balance; what only the case can judge is judged later."""

    case: dict[str, str]
    amount: Decimal | None
    currency: str
    method: str
    received_at: datetime | date | None
    reference: str
    metadata: dict[str, str]


def read_report(request: Any, *, known: frozenset[str], required: frozenset[str], method: str = "") -> Report:
    """The body of `POST /v1/payments` and its sandbox twin. Raises ApiError with every fault at once."""
    body = body_object(request, known, required)
    reader = _Reader({name: value for name, value in body.items() if value is not None})
    report = Report(
        case=reader.case(),
        amount=reader.amount(),
        currency=reader.text("currency", 3),
        method=reader.method(method),
        received_at=reader.moment(),
        reference=reader.text("reference", 120),
        metadata=reader.metadata(),
    )
    if reader.faults:
        raise errors.invalid(reader.faults)
    return report


class _Reader:
    """Takes one field after the other out of a body and remembers what was wrong."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self.faults: list[FieldError] = []

    def _fault(self, param: str, code: str, words: str) -> None:
        self.faults.append(FieldError(param, code, f"{param} {words}."))

    def text(self, name: str, longest: int) -> str:
        value = self.body.get(name, "")
        if not isinstance(value, str):
            self._fault(name, "invalid_type", "must be a text")
        elif len(value) > longest or "\0" in value:
            self._fault(name, "invalid_text", f"must be at most {longest} characters, without NUL")
        else:
            return value.strip()
        return ""

    def case(self) -> dict[str, str]:
        """Either `case_id`, or `campaign_id` with `invoice_number`."""
        given = {name: self.text(name, 60) for name in sorted(_NAMES_A_CASE) if name in self.body}
        named = {name for name, value in given.items() if value}
        if named not in ({"case_id"}, {"campaign_id", "invoice_number"}) and not self.faults:
            self._fault(
                "case_id", "missing_field", "or both campaign_id and invoice_number are required, not all three"
            )
        return given

    def amount(self) -> Decimal | None:
        value = self.body.get("amount")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self._fault("amount", "invalid_amount", "must be a JSON number such as 15000 or 99.50")
        elif value <= 0:
            self._fault("amount", "invalid_amount", "must be more than zero")
        return Decimal(value) if isinstance(value, int | Decimal) else None

    def method(self, fallback: str) -> str:
        value = self.body.get("method", fallback)
        if value not in Payment.Method.values:
            self._fault("method", "invalid_choice", f"must be one of {', '.join(sorted(Payment.Method.values))}")
        return str(value)

    def moment(self) -> datetime | date | None:
        """ISO 8601 with a zone, or a date (the organisation's)."""
        text = self.text("received_at", 40)
        if not text:
            return None
        try:
            return parse_date(text) if len(text) == 10 else _moment(text)
        except ValueError as error:
            self._fault("received_at", "invalid_date", str(error))
            return None

    def metadata(self) -> dict[str, str]:
        value = self.body.get("metadata", {})
        fits = isinstance(value, dict) and len(value) <= 50 and all(map(_fits, value.items()))
        if not fits:
            self._fault("metadata", "invalid_metadata", "takes 50 keys of 40 characters with texts of 500")
        return value if fits else {}


def _fits(pair: tuple[str, Any]) -> bool:
    key, text = pair
    return 0 < len(key) <= 40 and isinstance(text, str) and len(text) <= 500 and "\0" not in key + text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("must carry a zone, such as Z")
    if not 1990 <= moment.year <= 2100:
        raise ValueError("must lie between 1990 and 2100")
    return moment.astimezone(UTC)


def moment_of(given: datetime | date | None, *, zone: str, at: datetime) -> datetime:
    """When money came: as given, at the start of a given day where the organisation is, else `at`."""
    if given is None:
        return at
    if isinstance(given, datetime):
        return given
    return datetime.combine(given, time(), ZoneInfo(zone)).astimezone(UTC)
