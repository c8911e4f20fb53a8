"""What may be asked of this room's lists."""

from datetime import date

from django.db.models import Q, QuerySet

from agentcollect.kit.errors import ApiError
from agentcollect.kit.listing import Filter, Listing, Narrow, one_of
from campaigns.listings import WHOLE_CAMPAIGN, WHOLE_CASE, WHOLE_DEBTOR
from payments.models import Allocation, Offer, PayDomain, Payment, Payout, Plan, ProcessorEntry, Promise, Refund
from payments.models.agreements import Source


def _of_month(rows: QuerySet, value: str) -> QuerySet:
    """Raises ApiError(invalid_parameter)."""
    try:
        return rows.filter(month=date.fromisoformat(f"{value}-01"))
    except ValueError as error:
        raise ApiError("invalid_parameter", "month must look like 2026-03.", param="month") from error


def _paying(column: str, aside: str) -> Narrow:
    """Payments that name it themselves, and those that paid it among other invoices."""

    def narrow(rows: QuerySet, value: str) -> QuerySet:
        parts = Allocation.objects.filter(**{aside: value}, aside=True)
        also = list(parts.values_list("payment_id", flat=True).distinct())
        named = Q(**{column: value})
        return rows.filter(named | Q(id__in=also) if also else named)

    return narrow


of_campaign = _paying("campaign_id", "case__campaign_id")
_FILTERS = {
    "status": one_of(Payment.Status.values),
    "method": one_of(Payment.Method.values),
    "source": one_of(Payment.Source.values),
    "case_id": Filter(narrow=_paying("case_id", "case_id"), says="Payments of this invoice, or of it among others."),
    "debtor_id": Filter(column="case__debtor_id"),
}
_EXPANDS = {"case": WHOLE_CASE, "debtor": WHOLE_DEBTOR, "campaign": WHOLE_CAMPAIGN}
PAYMENTS = Listing(filters={**_FILTERS, "campaign_id": Filter(narrow=of_campaign)}, expands=_EXPANDS)
CAMPAIGN_PAYMENTS = Listing(filters=_FILTERS, expands=_EXPANDS)
REFUNDS = Listing(filters={"status": one_of(Refund.Status.values)}, metadata="")
_AGREED = {
    "source": one_of(Source.values),
    "case_id": Filter(),
    "campaign_id": Filter(column="case__campaign_id"),
    "debtor_id": Filter(),
}
OFFERS = Listing(filters={"status": one_of(Offer.Status.values), **_AGREED}, expands=_EXPANDS, metadata="")
PROMISES = Listing(filters={"status": one_of(Promise.Status.values), **_AGREED}, expands=_EXPANDS, metadata="")
PLANS = Listing(filters={"status": one_of(Plan.Status.values), **_AGREED}, expands=_EXPANDS, metadata="")
STATEMENTS = Listing(
    filters={"currency": Filter(), "month": Filter("As `2026-03`.", narrow=_of_month)},
    updated="recorded_at",
    metadata="",
)
PAYOUTS = Listing(filters={"status": one_of(Payout.Status.values), "currency": Filter()}, metadata="")
PAYOUT_ENTRIES = Listing(
    filters={"kind": one_of(ProcessorEntry.Kind.values), "payment_id": Filter()}, updated="recorded_at", metadata=""
)
DOMAINS = Listing(
    filters={"status": one_of(status for status in PayDomain.Status.values if status != "removed"), "host": Filter()},
    metadata="",
)
