"""What this room's rows look like as lines of a file."""

from agentcollect.kit.exporting import Source
from campaigns import listings, queries
from campaigns.queries import Tenant
from campaigns.serializers import people, public

CAMPAIGNS = Source(
    scope="campaigns:read",
    listing=listings.CAMPAIGNS,
    rows=lambda organisation_id, livemode: queries.campaigns(Tenant(organisation_id, livemode)),
    shown=public.listed,
    columns=(
        *("id", "name", "status", "creditor", "debtors_enrolled", "debtors_unique", "debtors_held", "total_amount"),
        *("currency", "first_contact_at", "mandate_ends_on", "metadata", "created_at", "updated_at"),
    ),
)
CASES = Source(
    scope="campaigns:read",
    listing=listings.EXPORTED_CASES,
    rows=lambda organisation_id, livemode: queries.cases(Tenant(organisation_id, livemode)),
    shown=public.case,
    columns=(
        *("id", "campaign_id", "debtor_id", "debtor", "status", "close_reason", "invoice_number", "invoice_date"),
        *("due_date", "invoice_amount", "amount_placed", "amount_collected", "balance", "currency", "external_id"),
        *("po_number", "next_contact_at", "metadata", "created_at", "closed_at", "updated_at"),
    ),
)
DEBTORS = Source(
    scope="campaigns:read",
    listing=listings.DEBTORS,
    rows=lambda organisation_id, livemode: queries.debtors(Tenant(organisation_id, livemode)),
    shown=people.debtor,
    columns=(
        *("id", "name", "external_id", "domain", "country", "state", "timezone", "phone", "address", "language"),
        *("debt_class", "debtor_type", "do_not_contact", "metadata", "created_at", "updated_at"),
    ),
)
CONTACTS = Source(
    scope="contacts:read",
    listing=listings.CONTACTS,
    rows=lambda organisation_id, livemode: queries.contacts(Tenant(organisation_id, livemode)),
    shown=people.contact,
    columns=(
        *("id", "debtor_id", "debtor", "name", "title", "seniority", "email", "email_status", "phone", "level"),
        *("source", "basis", "confidence", "sources", "verified_at", "suppressed", "suppressed_at", "suppressed_by"),
        *("created_at", "updated_at"),
    ),
)
