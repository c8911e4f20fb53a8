"""What is read about attorneys and the cases they may take."""

from django.db.models import Count, Q

from campaigns.models import Case, Debtor
from compliance.zones import region_code
from outreach.models import Attorney, Message, Referral
from outreach.queries.letters import LEFT
from outreach.rules import Licence


def contacts_made(case: Case) -> int:
    """How many messages about this case reached, or may have reached, its debtor."""
    return Message.objects.filter(case_id=case.id, kind="outreach", status__in=LEFT).count()


def licences(*, sandbox: bool) -> list[Licence]:
    """The directory as the choice looks at it. Demo attorneys are never offered real cases, nor the reverse."""
    open_ = Q(referrals__status__in=[Referral.Status.OFFERED, Referral.Status.ACCEPTED])
    rows = Attorney.objects.filter(active=True, sandbox=sandbox, capacity__gt=0).annotate(
        taken=Count("referrals", filter=open_)
    )
    return [Licence(row.id, row.bar_state, row.licence_expires_on, row.capacity, row.taken) for row in rows]


def state_of(debtor: Debtor) -> str:
    """The debtor's state as bar associations name it; empty outside the US or when unknown."""
    return (region_code(debtor.country, debtor.region) or "") if debtor.country == "US" else ""
