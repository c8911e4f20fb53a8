"""Which invoices somebody meant who typed a part of an address, and their own."""

from django.utils.text import slugify

from accounts.models import Organisation
from agentcollect.kit import db
from campaigns.models import Case
from campaigns.queries import debtors_at
from payments.models import LinkRequest

# Several invoices may bear the number, of several creditors or of several debtors who share a mailbox.
MOST = 3


def cases_asked_for(row: LinkRequest) -> list[str]:
    """The cases of debtors with this very address whose invoice number stands in what was typed; by id.

    Each number once per debtor: the open one, else the latest. On our own host every organisation may have been meant.
    """
    if not row.slug:
        return []
    owners = [row.organisation_id] if row.organisation_id else Organisation.objects.values_list("id", flat=True)
    modes = [row.livemode] if row.livemode is not None else [True, False]
    debtors = debtors_at(row.email, [owner for owner in owners if owner], modes)
    rows = Case.objects.filter(db.among("debtor_id", debtors)).exclude(invoice_number="")
    found: dict[tuple[str, str], tuple[bool, str]] = {}
    numbers = rows.order_by("created_at", "id").values_list("id", "debtor_id", "invoice_number", "closed_at")
    for case_id, debtor_id, number, closed_at in numbers.iterator():
        if names(row.slug, number):
            key, is_open = (debtor_id, slugify(number)), closed_at is None
            if is_open or not found.get(key, (False, ""))[0]:
                found[key] = (is_open, case_id)
    return sorted(case_id for _, case_id in found.values())[:MOST]


def names(slug: str, number: str) -> bool:
    """Whether `slug`, or what is left of it where its end was cut or mistyped, is the invoice's number."""
    readable = slugify(number)
    return bool(readable) and (slug == readable or slug.startswith(f"{readable}-"))
