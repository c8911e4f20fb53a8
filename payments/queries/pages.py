"""What the payment page reads. How much it asks does not depend on how many invoices or payments there are."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from campaigns.models import Case, Hold, LedgerEntry
from events.models import Event
from payments import rules
from payments.models import Allocation, Payment

# More than any page could be read with; the linked invoice is always among them.
MOST_INVOICES = 200


def creditor_of(case: Case) -> str:
    """The name a debtor knows the creditor by."""
    return case.campaign.brand.get("name") or case.campaign.creditor or case.organisation.name


def open_cases(case: Case) -> list[Case]:
    """Every invoice that `case`'s debtor has open with the same creditor, in its currency: `case` first, where it is
    open, then the oldest due first. Each has its campaign, debtor and organisation loaded."""
    rows = Case.objects.filter(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
        debtor_id=case.debtor_id,
        currency=case.currency,
        closed_at=None,
        balance_minor__gt=0,
    )
    found = []
    for row in rows.select_related("campaign").order_by("due_date", "id")[:MOST_INVOICES]:
        row.debtor, row.organisation = case.debtor, case.organisation
        if row.id != case.id and creditor_of(row).casefold() == creditor_of(case).casefold():
            found.append(row)
    return [case, *found] if case.closed_at is None and case.balance_minor > 0 else found


def holds_of(cases: Iterable[Case]) -> dict[str, dict[str, Hold]]:
    """Case id → kind → hold, of what stands on the cases themselves."""
    found: dict[str, dict[str, Hold]] = {}
    for hold in Hold.objects.filter(case_id__in=[case.id for case in cases], released_at=None):
        found.setdefault(hold.case_id or "", {})[hold.kind] = hold
    return found


def page_facts(case: Case) -> dict[str, Any]:
    """What the page shows beside the case: its ledger, what payments brought it, and the one under way."""
    rows = list(_payments(case))
    return {
        "ledger": list(LedgerEntry.objects.filter(case_id=case.id).order_by("created_at", "recorded_at", "id")),
        "received": [row for row in rows if row.status in rules.COLLECTED],
        "under_way": next((row for row in rows if row.status == Payment.Status.PROCESSING), None),
    }


def _payments(case: Case) -> Iterable[Payment]:
    """Those that name the case, that paid it among others, and that are on their way to it; with their allocations."""
    paid = Allocation.objects.filter(case_id=case.id).values("payment_id")
    coming = Hold.objects.filter(case_id=case.id, kind=Hold.Kind.PAYMENT_PROCESSING, released_at=None)
    named = [hold.evidence.get("payment_id", "") for hold in coming]
    rows = Payment.objects.filter(Q(case_id=case.id) | Q(id__in=paid) | Q(id__in=named))
    tenant = {"organisation_id": case.organisation_id, "livemode": case.livemode}
    return rows.filter(**tenant).prefetch_related("allocations").order_by("created_at", "id")


def payment_of_case(case: Case, payment_id: str) -> Payment | None:
    """A payment of the same debtor to the same creditor, whichever of their invoices it was made for; else None."""
    mine = {"organisation_id": case.organisation_id, "livemode": case.livemode, "case__debtor_id": case.debtor_id}
    rows = Payment.objects.select_related("case__campaign", "case__organisation").prefetch_related("allocations")
    found = rows.filter(id=payment_id.replace("\0", "?"), **mine).first()
    if found is None or creditor_of(found.case).casefold() != creditor_of(case).casefold():
        return None
    return found


def cases_paid_by(payment: Payment) -> dict[str, Case]:
    """The cases that a payment paid, by id."""
    ids = {part.case_id for part in payment.allocations.all()} | {payment.case_id}
    rows = Case.objects.filter(id__in=ids, organisation_id=payment.organisation_id, livemode=payment.livemode)
    return {row.id: row for row in rows.select_related("campaign", "debtor", "organisation")}


def attorney_of(case: Case) -> dict[str, Any]:
    """Who has an escalated case, as was told then: `name`, `bar_state`, `bar_number`."""
    told = Event.objects.filter(case_id=case.id, type="case.escalated").order_by("-created_at", "-id").first()
    return dict(told.data.get("attorney") or {}) if told else {}
