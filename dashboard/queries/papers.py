"""Documents as pages list them: of one invoice, of a debtor, and what debtors sent with their word."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from agentcollect.kit import db
from campaigns.models import Case, Document
from dashboard.access import Seat

SHOWN = 50


def of_case(seat: Seat, case: Case) -> list[Document]:
    """Its own, its debtor's and its campaign's, newest first."""
    about = Q(case_id=case.id) | Q(debtor_id=case.debtor_id) | Q(campaign_id=case.campaign_id)
    return _newest(seat, about)


def of_debtor(seat: Seat, debtor_id: str) -> list[Document]:
    """About the debtor or any of its invoices, newest first."""
    invoices = seat.rows(Case).filter(debtor_id=debtor_id).values("id")
    return _newest(seat, Q(debtor_id=debtor_id) | Q(db.among("case_id", invoices)))


def _newest(seat: Seat, about: Q) -> list[Document]:
    return list(seat.rows(Document).filter(about).select_related("file").order_by("-created_at", "-id")[:SHOWN])


def sent_by_debtors(seat: Seat, case_ids: Iterable[str]) -> dict[str, list[Document]]:
    """By case id: what the debtor sent about it, oldest first, in one read however many; none for no case."""
    ids = set(case_ids)
    found: dict[str, list[Document]] = defaultdict(list)
    if ids:
        rows = seat.rows(Document).filter(db.among("case_id", ids), actor="debtor").select_related("file")
        for row in rows.order_by("created_at", "id"):
            found[row.case_id or ""].append(row)
    return found
