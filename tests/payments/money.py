"""What the tests of money start from: one debtor with several invoices, payments of them, what must always be true."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from agentcollect.kit import clock, ids, money
from campaigns.models import Campaign, Case, LedgerEntry, Step, Task
from events.models import Event
from payments import operations, queries
from payments.models import FeeEntry, FeeSchedule, Payment, Refund
from payments.providers.base import Instrument, News
from payments.rules import COLLECTED, COMPONENTS, RETURNED, UNAPPLIED
from tests import factories

AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SAID = {"by": "test", "at": AT}


def organisation(basis_points: int = 1500) -> Any:
    """One that is charged a share of what is collected."""
    made = factories.organisation(timezone="America/New_York")
    tiers = [{"up_to_days": None, "basis_points": basis_points}]
    FeeSchedule.objects.create(organisation=made, effective_at=AT - DAY, tiers=tiers, actor="test", created_at=AT)
    return made


def invoices(*amounts: int, currency: str = "USD", campaigns: int = 1, **facts: Any) -> list[Case]:
    """Open invoices of one debtor, the oldest first, spread over so many campaigns."""
    of = facts.pop("organisation", None) or organisation()
    made = [factories.campaign(of, created_at=AT - 30 * DAY, currency=currency) for _ in range(campaigns)]
    debtor = factories.debtor(of)
    return [
        factories.case(
            of, amount_minor=minor, currency=currency, debtor=debtor, campaign=made[nth % campaigns],
            invoice_number=f"N-{nth}", invoice_key=f"n-{nth}", due_date=date(2026, 1, 1 + nth),
            created_at=AT - 30 * DAY, **facts,
        )
        for nth, minor in enumerate(amounts)
    ]  # fmt: skip


def charge(case: Case, kind: str, minor: int) -> None:
    """Interest or a fee is owed besides."""
    at = clock.now()
    LedgerEntry.objects.create(
        organisation_id=case.organisation_id, livemode=case.livemode, case=case, kind=kind, amount_minor=minor,
        currency=case.currency, actor="test", created_at=at, recorded_at=at,
    )  # fmt: skip
    Case.objects.filter(id=case.id).update(balance_minor=case.balance_minor + minor)
    case.refresh_from_db()


def came(case: Case, minor: int, *instruction: tuple[Case, int], at: datetime = AT, **facts: Any) -> Payment:
    """Money that the creditor says came."""
    return operations.record(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "case_id": case.id,
            "amount_minor": minor,
            "currency": case.currency,
            "method": "bank_transfer",
            "source": "reported",
            "provider": "reported",
            "provider_reference": ids.new("ref"),
            "received_at": at,
            "instruction": tuple((one.id, part) for one, part in instruction),
            "by": "test",
            "at": at,
        }
        | facts
    )


def debit(case: Case, minor: int, *instruction: tuple[Case, int], nonce: str = "") -> Payment:
    """A bank debit on the page, which the processor's callback must settle."""
    return operations.pay(
        case=case,
        amount_minor=minor,
        instrument=Instrument(method="ach_debit", number="000123456789"),
        nonce=nonce or ids.new("frm"),
        instruction=tuple((one.id, part) for one, part in instruction),
        by="debtor",
        at=AT,
    )


def tell(payment: Payment, what: str, **facts: Any) -> Payment:
    named = {"provider": payment.provider, "organisation_id": payment.organisation_id, "livemode": payment.livemode}
    found = operations.told(**named, news=News(payment.provider_reference, what, "told", **facts), at=AT)
    assert found is not None
    return found


def refund(payment: Payment, minor: int | None = None, credited: bool = False) -> Refund:
    return operations.refund(payment_id=payment.id, amount_minor=minor, reason="broken", credited=credited, **SAID)


def credit(payment: Payment) -> int:
    return sum(piece.minor for piece in queries.standing(payment) if piece.component == UNAPPLIED)


def stands(case: Case) -> tuple[str, int, int]:
    """(status, balance, collected)."""
    case.refresh_from_db()
    return case.status, case.balance_minor, case.collected_minor


# --- what must always be true


def check(debtor_id: str) -> None:
    """Every promise of ledger, allocations, fees, events and playbook, for all that a debtor owes."""
    for case in Case.objects.filter(debtor_id=debtor_id):
        _check_case(case)
    payments = list(Payment.objects.filter(case__debtor_id=debtor_id).prefetch_related("allocations"))
    for payment in payments:
        _check_payment(payment)
    asked = Task.objects.filter(debtor_id=debtor_id, kind="return_credit", status__in=["open", "claimed"])
    assert set(asked.values_list("cause", flat=True)) == {one.id for one in payments if credit(one)}
    assert {one.id: minor for one, minor in queries.unapplied(debtor_id)} == {
        one.id: credit(one) for one in payments if credit(one)
    }


def _check_case(case: Case) -> None:
    by_kind = dict(LedgerEntry.objects.filter(case=case).order_by().values_list("kind").annotate(Sum("amount_minor")))
    assert case.balance_minor == sum(by_kind.values())
    assert case.balance_minor >= 0
    moved = -sum(by_kind.get(kind, 0) for kind in ("payment", "refund", "reversal"))
    assert case.collected_minor == moved >= 0
    parts = dict(queries._by_component(case_id=case.id))
    assert sum(parts.get(component, 0) for component in COMPONENTS) == moved
    assert min(parts.values(), default=0) >= 0
    assert sum(one.minor for one in queries.open_components(case)) == case.balance_minor
    # One receipt apart, a paid debtor hears nothing more.
    coming = Step.objects.filter(case=case, status__in=["planned", "sending"]).exclude(intent="notice_receipt")
    assert not (case.closed_at and coming.exists())
    assert not (case.closed_at is None and case.balance_minor == 0)
    assert case.close_reason != "paid" or case.balance_minor == 0 or case.campaign.status != Campaign.Status.ACTIVE
    _check_events(case)


def _check_events(case: Case) -> None:
    """Who adds up what came, less what was returned, has what was collected; the last word names the balance."""
    told = Event.objects.filter(case_id=case.id, type__startswith="payment.").order_by("sequence")
    collected, last = 0, None
    for data in (one.data for one in told):
        collected += _minor(data, "amount_collected", case) - _minor(data, "amount_returned", case)
        last = data.get("balance", last)
    assert collected == case.collected_minor
    assert last is None or last >= 0


def _minor(data: dict[str, Any], name: str, case: Case) -> int:
    return money.to_minor(Decimal(str(data.get(name, 0))), case.currency)


def _check_payment(payment: Payment) -> None:
    parts: Counter[str] = Counter()
    places: Counter[tuple[str, str]] = Counter()
    for row in payment.allocations.all():
        parts[row.component] += row.amount_minor
        places[row.case_id, row.component] += row.amount_minor
    if payment.status not in COLLECTED:
        assert not parts
        return
    assert sum(parts.values()) == payment.amount_minor
    assert min(places.values()) >= 0
    gone = payment.amount_minor if payment.status == "reversed" else payment.refunded_minor
    assert parts[RETURNED] == gone
    done = Refund.objects.filter(payment=payment, status="succeeded").aggregate(n=Sum("amount_minor", default=0))["n"]
    assert payment.refunded_minor == done <= payment.amount_minor
    fees = FeeEntry.objects.filter(payment_id=payment.id).aggregate(
        fee=Sum("amount_minor", default=0), of=Sum("basis_minor", default=0)
    )
    assert (fees["of"], fees["fee"]) == (sum(parts[one] for one in COMPONENTS), payment.success_fee_minor)
