"""What is read about attorneys and the cases they may take."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Case, Debtor
from compliance.zones import region_code
from outreach.models import COMING_REFERRALS, OPEN_REFERRALS, Attorney, Message
from outreach.queries.letters import LEFT
from outreach.rules import Licence


def contacts_made(case: Case) -> int:
    """How many messages about this case reached, or may have reached, its debtor."""
    return Message.objects.filter(case_id=case.id, kind="outreach", status__in=LEFT).count()


def licences(*, sandbox: bool) -> list[Licence]:
    """The directory as the choice looks at it. Demo attorneys are never offered real cases, nor the reverse."""
    return [Licence(*row) for row in _licences(sandbox=sandbox)]


@PreparedValues
def _licences(sandbox: bool) -> QuerySet[Attorney, Any]:
    open_ = Q(referrals__status__in=[status for status in OPEN_REFERRALS if status not in COMING_REFERRALS])
    rows = Attorney.objects.filter(active=True, sandbox=sandbox, capacity__gt=0)
    taken = rows.annotate(taken=Count("referrals", filter=open_))
    return taken.values_list("id", "bar_state", "licence_expires_on", "capacity", "taken")


def state_of(debtor: Debtor) -> str:
    """The debtor's state as bar associations name it; empty outside the US or when unknown."""
    return (region_code(debtor.country, debtor.region) or "") if debtor.country == "US" else ""
