"""What the tests of fees start from: an organisation in New York with an agreed schedule, and invoices of known age.

The figures of MARCH were worked out by hand (docs/guides/fees.md shows how), not by any code of ours.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import Organisation
from agentcollect.kit import ids
from campaigns import operations as campaigns
from campaigns.models import Case
from payments import operations
from payments.models import FeeEntry, FeeSchedule, Payment
from tests import factories, settling

PLACED = datetime(2026, 2, 15, 17, 0, tzinfo=UTC)  # noon in New York
AGREED = datetime(2026, 1, 1, 5, 0, tzinfo=UTC)
TIERS = [
    {"up_to_days": 90, "basis_points": 1500},
    {"up_to_days": 180, "basis_points": 2000},
    {"up_to_days": None, "basis_points": 2500},
]


def creditor(**facts: Any) -> Organisation:
    terms = facts.pop("terms", {})
    row = factories.organisation(**{"timezone": "America/New_York"} | facts)
    agree(row, **terms)
    return row


def agree(organisation: Organisation, **terms: Any) -> FeeSchedule:
    said = {"tiers": TIERS, "card_basis_points": 50, "discovery_minor": 400, "currency": "USD", "actor": "test"}
    when = {"effective_at": AGREED, "created_at": AGREED}
    return FeeSchedule.objects.create(organisation=organisation, **said | when | terms)


def invoice(organisation: Organisation, number: str, due_on: date, amount_minor: int, **facts: Any) -> Case:
    livemode = facts.pop("livemode", False)
    made = facts.pop("campaign", None) or factories.campaign(organisation, livemode, created_at=PLACED)
    named = {"invoice_number": number, "invoice_key": number.lower(), "due_date": due_on, "created_at": PLACED}
    return factories.case(organisation, livemode, amount_minor, campaign=made, **named | facts)


def pay(case: Case, minor: int, at: datetime, method: str = "bank_transfer", source: str = "page") -> Payment:
    return operations.record(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case_id=case.id,
        amount_minor=minor,
        currency=case.currency,
        method=method,
        source=source,
        provider="reported" if source == "reported" else "test",
        provider_reference=ids.new("ref"),
        received_at=at,
        by="test",
        at=at,
    )


def bare(case: Case, minor: int, method: str = "card") -> Payment:
    """A payment's rows alone."""
    return settling.payment(case, minor, method=method)


def give_back(payment: Payment, minor: int, at: datetime) -> None:
    """A refund that the processor has made."""
    row = operations.refund(payment_id=payment.id, amount_minor=minor, reason="too much", by="test", at=at)
    if row.status != "succeeded":
        operations.settle_refund(refund_id=row.id, reference=ids.new("ref"), by="test", at=at)


def day(number: int, month: int = 3, hour: int = 16) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def lines(organisation: Organisation) -> list[tuple[str, int, int]]:
    """(kind, basis, amount) of every fee, in order."""
    rows = FeeEntry.objects.filter(organisation=organisation).order_by("created_at", "recorded_at", "id")
    return [(row.kind, row.basis_minor, row.amount_minor) for row in rows]


def march(organisation: Organisation, livemode: bool = False) -> dict[str, Any]:
    """The month of the worked example (docs/guides/fees.md); the payments by invoice number."""
    open_ = {"livemode": livemode}
    new = invoice(organisation, "INV-1001", date(2026, 1, 10), 1_000_000, **open_)
    older = invoice(organisation, "INV-1002", date(2025, 10, 31), 250_010, **open_)
    oldest = invoice(organisation, "INV-1003", date(2025, 6, 30), 50_000, **open_)
    fresh = invoice(organisation, "INV-1004", date(2026, 2, 1), 40_000, **open_)
    credited = invoice(organisation, "INV-1005", date(2026, 2, 1), 60_000, **open_)
    paid = {
        "INV-1001": pay(new, 1_000_000, day(3)),
        "INV-1004": pay(fresh, 40_000, day(5), "ach_debit"),
        "INV-1002": pay(older, 250_010, day(9), "card"),
        "INV-1003": pay(oldest, 33_330, day(12), source="reported"),
    }
    give_back(paid["INV-1002"], 100_004, day(20))
    operations.reverse(payment_id=paid["INV-1004"].id, reason="R10", by="processor", at=day(25))
    campaigns.credit(
        case_id=credited.id, amount_minor=15_000, reason="discount", reference="CN-1", by="test", at=day(26)
    )
    return paid


# (kind, basis, amount) in cents, by hand:
#   INV-1001, 36 days past due on Feb 15:  15 % of 10,000.00 = 1,500.00
#   INV-1004, 14 days:                     15 % of    400.00 =    60.00
#   INV-1002, 107 days:                    20 % of  2,500.10 =   500.02, card 0.5 % = 12.5005 → 12.50
#   INV-1003, 230 days:                    25 % of    333.30 =    83.325 → 83.32 (half to even)
#   INV-1002, 1,000.04 refunded: 1,500.06 stands; 20 % = 300.012 → 300.01, so −200.01; card 7.5003 → 7.50, so −5.00
#   INV-1004 returned: −60.00
MARCH_LINES = [
    ("success", 1_000_000, 150_000),
    ("success", 40_000, 6_000),
    ("success", 250_010, 50_002),
    ("card", 250_010, 1_250),
    ("success", 33_330, 8_332),
    ("success", -100_004, -20_001),
    ("card", -100_004, -500),
    ("success", -40_000, -6_000),
]
MARCH = {
    "collected_by_us": 1_290_010,
    "reported_by_you": 33_330,
    "credited": 15_000,
    "returned": 140_004,
    "success": 214_334,
    "card": 1_250,
    "discovery": 0,
    "given_back": -26_501,
    "net": 189_083,
    "lines": 8,
}
DAY = timedelta(days=1)
