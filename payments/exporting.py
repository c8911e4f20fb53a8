"""What this room's rows look like as lines of a file."""

from agentcollect.kit.exporting import Source
from payments import listings, queries, serializers

PAYMENTS = Source(
    scope="payments:read",
    listing=listings.PAYMENTS,
    rows=queries.payments,
    shown=serializers.payment,
    columns=(
        *("id", "case_id", "campaign_id", "debtor_id", "debtor", "invoice_number", "amount", "amount_collected"),
        *("amount_refunded", "currency", "method", "status", "source", "reference", "failure"),
        *("breakdown.principal", "breakdown.interest", "breakdown.fees", "breakdown.unapplied"),
        *("breakdown.processor_fee", "breakdown.success_fee", "breakdown.net", "received_at", "metadata", "created_at"),
    ),
)
