"""What may be asked of this room's lists."""

from agentcollect.kit.listing import Filter, Listing, one_of
from campaigns.listings import WHOLE_CAMPAIGN, WHOLE_CASE, WHOLE_DEBTOR
from payments.models import Payment, Plan, Promise
from payments.models.agreements import Source

_FILTERS = {
    "status": one_of(Payment.Status.values),
    "method": one_of(Payment.Method.values),
    "source": one_of(Payment.Source.values),
    "case_id": Filter(),
    "debtor_id": Filter(column="case__debtor_id"),
}
_EXPANDS = {"case": WHOLE_CASE, "debtor": WHOLE_DEBTOR, "campaign": WHOLE_CAMPAIGN}
PAYMENTS = Listing(filters={**_FILTERS, "campaign_id": Filter()}, expands=_EXPANDS)
CAMPAIGN_PAYMENTS = Listing(filters=_FILTERS, expands=_EXPANDS)
_AGREED = {
    "source": one_of(Source.values),
    "case_id": Filter(),
    "campaign_id": Filter(column="case__campaign_id"),
    "debtor_id": Filter(),
}
PROMISES = Listing(filters={"status": one_of(Promise.Status.values), **_AGREED}, expands=_EXPANDS, metadata="")
PLANS = Listing(filters={"status": one_of(Plan.Status.values), **_AGREED}, expands=_EXPANDS, metadata="")
