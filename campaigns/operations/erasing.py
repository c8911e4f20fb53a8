"""What is on a test clock goes with it. Live rows are kept as long as the law says: the database will not lose them."""

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q, QuerySet

from agentcollect.kit import db
from campaigns.models import (
    Campaign,
    Case,
    Contact,
    Debtor,
    Dispute,
    Document,
    Hold,
    Import,
    LedgerEntry,
    Step,
    Suppression,
    Task,
)


def gone(rows: QuerySet) -> int:
    """Delete these test rows in one statement; no row of another table is looked at."""
    return rows._raw_delete(DEFAULT_DB_ALIAS) or 0


def erase_debtors(*, debtor_ids: Iterable[str]) -> None:
    """Delete these test debtors with their people, invoices and everything planned or kept about them. What other rooms
    hold of them must be gone before. A document's bytes go later (operations.forgetting): another document may be the
    same."""
    debtors = list(debtor_ids)
    mine = db.among("debtor_id", debtors)
    cases = list(Case.objects.filter(mine, livemode=False).values_list("id", flat=True))
    people = list(Contact.objects.filter(mine, livemode=False).values_list("id", flat=True))
    of_case, of_contact = db.among("case_id", cases), db.among("contact_id", people)
    for model in (Task, Dispute, Step):
        gone(model.objects.filter(Q(mine) | Q(of_case), livemode=False))
    gone(Hold.objects.filter(Q(mine) | Q(of_case) | Q(of_contact), livemode=False))
    gone(Document.objects.filter(Q(mine) | Q(of_case), livemode=False))
    gone(Suppression.objects.filter(of_contact, livemode=False))
    gone(LedgerEntry.objects.filter(of_case, livemode=False))
    gone(Case.objects.filter(db.among("id", cases), livemode=False))
    gone(Contact.objects.filter(db.among("id", people), livemode=False))
    gone(Debtor.objects.filter(db.among("id", debtors), livemode=False))


def erase_campaigns(*, campaign_ids: Iterable[str]) -> None:
    """Delete these test campaigns, whose cases are gone."""
    campaigns = list(campaign_ids)
    mine = db.among("campaign_id", campaigns)
    for model in (Import, Hold, Document):
        gone(model.objects.filter(mine, livemode=False))
    gone(Campaign.objects.filter(db.among("id", campaigns), livemode=False))
