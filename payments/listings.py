"""What may be asked of this room's lists."""

from agentcollect.kit.listing import Filter, Listing, one_of
from campaigns.listings import WHOLE_CAMPAIGN, WHOLE_CASE, WHOLE_DEBTOR
from payments.models import Payment

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
