"""Telephone calls as their pages show them."""

from django.db.models import QuerySet

from dashboard.access import Seat
from outreach.models import Call


def calls(seat: Seat, *, outcome: str = "", debtor_id: str = "", clock_id: str = "") -> QuerySet[Call]:
    """Calls with whom they were about, without what was said; on the clock `clock_id` where it is named."""
    said = {"outcome": outcome, "debtor_id": debtor_id, "case__clock_id": clock_id}
    rows = seat.rows(Call).filter(**{name: value for name, value in said.items() if value})
    return rows.select_related("case", "debtor", "contact").defer("script", "transcript")
