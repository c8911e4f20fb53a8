"""How the day of `money_day` ended: is every book the same, to the cent?"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Sum

from agentcollect.kit import clock
from campaigns.models import Case, Hold, LedgerEntry
from payments import operations
from payments.models import Allocation, Payment, ProcessorCallback, ProcessorEntry, Refund
from payments.providers.stripe import amounts
from payments.queries.reconciling import Period, books
from payments.rules import COLLECTED, RETURNED, UNAPPLIED
from sandbox.models import Reaction
from sandbox.reactions import react_due
from tests.stripe_server import Stripe

_UNDECIDED = (Payment.Status.CREATED, Payment.Status.PROCESSING)
_MOVED = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)
# What moves debtors' money, in Stripe's words (docs.stripe.com/reports/reporting-categories).
_MONEY = frozenset({"charge", "refund", "refund_failure", "dispute", "dispute_reversal"})
# What either book may say otherwise without a cent being wrong: under which heading, in which month.
_HARMLESS = frozenset({"heading", "edge"})


# --- until nothing is under way


def unsettled(organisations: dict[bool, str]) -> Counter[str]:
    """What of theirs has no outcome yet."""
    mine = {"organisation_id__in": list(organisations.values())}
    found = Counter(
        payments=Payment.objects.filter(**mine, status__in=_UNDECIDED).count(),
        refunds=Refund.objects.filter(**mine, status__in=["created", "processing"]).count(),
        callbacks=ProcessorCallback.objects.filter(status="new").count(),
        debits=Reaction.objects.filter(**mine, status="planned").count(),
    )
    return +found


def bring_on() -> None:
    """What the sweeps will do within the hour, now: by a clock that is set ahead of every lease and patience."""
    soon, later = clock.plus(clock.now(), minutes=10), clock.plus(clock.now(), hours=2)
    react_due(at=soon, limit=100_000)
    operations.process_callbacks(at=soon, limit=100_000)
    operations.sweep_processing(at=soon, limit=100_000)
    operations.sweep_checkouts(at=later, limit=100_000)
    operations.run_refunds(at=soon, limit=100_000)


# --- the verdict


@dataclass
class Verdict:
    """Figures by name, and what is wrong: nothing, or the day has failed."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def must(self, holds: bool, words: str) -> None:
        if not holds:
            self.wrong.append(words)


def judge(organisations: dict[bool, str], api: Stripe | None) -> Verdict:
    """`organisations`: by livemode; `api`: whose own records live mode is held against."""
    found = Verdict()
    left_over = unsettled(organisations)
    found.must(not left_over, f"without an outcome: {dict(left_over)}")
    theirs = {"organisation_id__in": list(organisations.values())}
    left = Hold.objects.filter(**theirs, kind=Hold.Kind.PAYMENT_PROCESSING, released_at=None).count()
    found.must(not left, f"{left} holds left behind")
    given_up = ProcessorCallback.objects.filter(status="failed").count()
    found.must(not given_up, f"{given_up} callbacks given up")
    for livemode, organisation_id in organisations.items():
        records = _stripes(api) if livemode and api else _sandboxes(organisation_id)
        _judge_mode(found, organisation_id, livemode, records)
    return found


Standing = dict[tuple[str, str], int]


def _judge_mode(found: Verdict, organisation_id: str, livemode: bool, theirs: Standing) -> None:
    name = "live, Stripe" if livemode else "test, sandbox"
    mine = {"organisation_id": organisation_id, "livemode": livemode}
    ours = _ours(mine)
    for payment, currency in sorted({*ours, *theirs}):
        key = (payment, currency)
        words = f"{name}: {payment} stands with {ours.get(key, 0)} {currency} here, {theirs.get(key, 0)} there"
        found.must(ours.get(key, 0) == theirs.get(key, 0), words)
    ledger, records = _ledger(mine), _by_currency(theirs)
    found.must(+ledger == +records, f"{name}: ledgers and credit {dict(ledger)}, processor {dict(records)}")
    _check_allocations(found, name, mine)
    _check_accounts(found, name, mine)
    _check_page(found, name, organisation_id, livemode)
    states = Counter(Payment.objects.filter(**mine).values_list("status", flat=True))
    found.figures |= {f"{name}: sum of ledgers": dict(ledger), f"{name}: sum of records": dict(records)}
    found.figures[f"{name}: payments"] = dict(sorted(states.items()))


def _ours(mine: dict[str, Any]) -> Standing:
    """What stands of each payment: all that was allocated, less what has gone back."""
    rows = Allocation.objects.filter(**mine).exclude(component=RETURNED).order_by()
    summed = rows.values_list("payment_id", "currency").annotate(n=Sum("amount_minor"))
    return {(payment, currency): n for payment, currency, n in summed if n}


def _sandboxes(organisation_id: str) -> Standing:
    rows = ProcessorEntry.objects.filter(organisation_id=organisation_id, livemode=False, provider="sandbox")
    rows = rows.exclude(kind__in=["payout", "fee"]).order_by()
    summed = rows.values_list("payment_id", "currency").annotate(n=Sum("amount_minor"))
    return {(payment, currency): n for payment, currency, n in summed if n}


def _stripes(api: Stripe) -> Standing:
    """From Stripe's own balance transactions, not from what we have read of them."""
    found: Standing = defaultdict(int)
    for one in list(api.objects.values()):
        if one["object"] == "balance_transaction" and one["reporting_category"] in _MONEY:
            intent = api.objects[api.objects[one["source"]]["payment_intent"]]
            currency = one["currency"].upper()
            found[intent["metadata"]["payment_id"], currency] += amounts.from_stripe(one["amount"], currency)
    return {key: minor for key, minor in found.items() if minor}


def _by_currency(standing: Standing) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, currency), minor in standing.items():
        found[currency] += minor
    return found


def _ledger(mine: dict[str, Any]) -> Counter[str]:
    """What the accounts of all invoices say came, with what came above what was owed (credit, on no account)."""
    found: Counter[str] = Counter()
    moved = LedgerEntry.objects.filter(**mine, kind__in=_MOVED).order_by().values_list("currency")
    for currency, minor in moved.annotate(n=Sum("amount_minor")):
        found[currency] -= minor
    credit = Allocation.objects.filter(**mine, component=UNAPPLIED).order_by().values_list("currency")
    for currency, minor in credit.annotate(n=Sum("amount_minor")):
        found[currency] += minor
    return found


def _check_allocations(found: Verdict, name: str, mine: dict[str, Any]) -> None:
    rows = Payment.objects.filter(**mine).annotate(shared=Sum("allocations__amount_minor", default=0))
    for payment in rows:
        wanted = payment.amount_minor if payment.status in COLLECTED else 0
        found.must(payment.shared == wanted, f"{name}: {payment.id}: {payment.shared} allocated of {wanted}")


def _check_accounts(found: Verdict, name: str, mine: dict[str, Any]) -> None:
    sums = dict(LedgerEntry.objects.filter(**mine).order_by().values_list("case_id").annotate(n=Sum("amount_minor")))
    for case_id, balance in Case.objects.filter(**mine).values_list("id", "balance_minor"):
        found.must(balance == sums[case_id] >= 0, f"{name}: {case_id} owes {balance}, its account says {sums[case_id]}")


def _check_page(found: Verdict, name: str, organisation_id: str, livemode: bool) -> None:
    """The reconciliation page's own figures."""
    now = clock.now()
    period = Period(organisation_id, livemode, now - timedelta(days=2), now + timedelta(days=2))
    for book in books(period):
        reasons = {reason.name: reason.difference for reason in book.reasons if reason.name not in _HARMLESS}
        words = f"{name}, {book.currency}: the page differs by {book.difference}, for {reasons}"
        found.must(not book.difference and not reasons, words)
        found.must(
            book.ledger == book.applied, f"{name}, {book.currency}: accounts {book.ledger}, allocated {book.applied}"
        )
        found.must(not book.fee_difference, f"{name}, {book.currency}: fees differ by {book.fee_difference}")
        found.figures[f"{name}: page, {book.currency}"] = f"difference {book.difference}"
