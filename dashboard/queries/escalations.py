"""Cases on their way to an attorney, as the page of upcoming escalations shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts import timeline
from campaigns.models import Case
from dashboard.access import Seat
from outreach.models import COMING_REFERRALS, Referral
from outreach.operations import escalation


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One case before an attorney's answer. `obstacles`: why none can be asked now; empty: one may be."""

    referral: Referral
    obstacles: list[str]

    @property
    def case(self) -> Case:
        return self.referral.case

    @property
    def asked(self) -> bool:
        """An attorney was asked, and has not answered yet."""
        return self.referral.status == Referral.Status.OFFERED


def upcoming(seat: Seat) -> QuerySet[Referral]:
    """Proposed, authorised and offered referrals of open cases."""
    rows = seat.rows(Referral).filter(status__in=[*COMING_REFERRALS, Referral.Status.OFFERED], case__closed_at=None)
    return rows.select_related("case__debtor", "case__campaign__organisation", "attorney")


def shown(rows: Iterable[Referral], at: datetime) -> list[Upcoming]:
    """Each with what keeps it from an attorney, at the moment of its own story."""
    moments = {"": at}
    found = []
    for row in rows:
        if row.clock_id not in moments:
            moments[row.clock_id] = timeline.now(row.clock_id)
        asked = row.status == Referral.Status.OFFERED
        found.append(Upcoming(row, [] if asked else escalation.why_not(row.case, at=moments[row.clock_id])))
    return found
