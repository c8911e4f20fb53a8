"""Home: what is owed and collected, what needs a person, what happens next."""

import json
import shlex
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count

from accounts.models import ApiKey
from campaigns.models import Campaign, Case, Hold, Step
from campaigns.queries import portfolio
from campaigns.queries.portfolio import Totals
from dashboard.access import Seat
from dashboard.queries.timeline import Planned, plan
from events.models import Event
from outreach.models import MailboxItem
from payments.models import Payment
from webhooks.models import Delivery, Endpoint

FAILED_WINDOW = timedelta(days=7)


@dataclass(slots=True)
class Overview:
    """Every figure of the money tiles and the states bar, from one grouped read of the cases."""

    totals: list[Totals] = field(default_factory=list)
    states: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def main(self) -> Totals | None:
        return self.totals[0] if self.totals else None

    @property
    def cases(self) -> int:
        return sum(total.cases for total in self.totals)

    def count(self, status: str) -> int:
        """How many cases stand in `status`."""
        return sum(number for _, state, number in self.states if state == status)


# In the order of a case's life: (family of words, state, tone of the bar's part).
STATES = (
    ("case", "enriching"),
    ("case", "needs_contact"),
    ("case", "active"),
    ("case", "promised"),
    ("case", "in_plan"),
    ("case", "disputed"),
    ("case", "escalation_pending"),
    ("case", "escalated"),
    ("closed", "paid"),
)


def overview(seat: Seat, *, campaign_id: str = "") -> Overview:
    """Totals per currency (largest first) and cases per state; of one campaign where it is named."""
    campaigns = [campaign_id] if campaign_id else seat.rows(Campaign).values("id")
    groups = portfolio.groups(seat.rows(Case).filter(campaign_id__in=campaigns))
    counts: Counter[tuple[str, str]] = Counter()
    for group in groups:
        counts["closed" if group.close_reason else "case", group.close_reason or group.status] += group.cases
    ordered = [key for key in STATES if key in counts] + sorted(key for key in counts if key not in STATES)
    return Overview(
        totals=sorted(portfolio.totals(groups).values(), key=lambda total: -total.placed),
        states=[(family, state, counts[family, state]) for family, state in ordered],
    )


def next_steps(seat: Seat, limit: int = 6) -> list[Planned]:
    """The next planned contacts of running campaigns on the wall, soonest first."""
    running = {"campaign__status": Campaign.Status.ACTIVE, "clock_id": ""}
    steps = seat.rows(Step).filter(status=Step.Status.PLANNED, **running)
    named = steps.select_related("campaign", "case", "debtor", "contact")
    return [plan(step) for step in named.order_by("due_at", "id")[:limit]]


def recent_events(seat: Seat, limit: int = 8) -> list[Event]:
    """The latest public facts, newest first."""
    return list(seat.rows(Event).filter(sequence__isnull=False).order_by("-sequence")[:limit])


# Holds that wait for somebody to look: the rest end by themselves or are the creditor's own.
_FOR_A_PERSON = ("dispute", "paid_claim", "hardship", "identity_doubt", "cease", "bankruptcy", "compliance_review")


def waiting_holds(seat: Seat) -> list[tuple[str, int]]:
    """(kind, how many) of the open holds that a person must look at."""
    standing = seat.rows(Hold).filter(released_at=None, kind__in=_FOR_A_PERSON)
    return list(standing.order_by("kind").values_list("kind").annotate(Count("id")))


def failed_deliveries(seat: Seat, at: datetime) -> int:
    """Failed webhook deliveries of the last seven days, counted up to 100."""
    recent = seat.rows(Delivery).filter(
        endpoint__kind=Endpoint.Kind.WEBHOOK, created_at__gte=at - FAILED_WINDOW, status=Delivery.Status.FAILED
    )
    return recent[:100].count()


def first_call(seat: Seat, key: ApiKey | None) -> str:
    """The product page's second call with this organisation's name and the visible part of its key."""
    shown = f"{key.prefix}…{key.last_four}" if key else ("sk_live_…" if seat.livemode else "sk_test_…")
    debtor = {
        "company_name": "Acme Corp",
        "contact_email": "ap@acmecorp.com",
        "invoice_amount": 15000,
        "invoice_date": "2025-10-01",
        "invoice_number": "INV-2025-0847",
    }
    body = json.dumps({"company": seat.organisation.name, "debtors": [debtor]}, indent=2, ensure_ascii=False)
    return (
        f"curl -X POST {settings.PUBLIC_URL}/v1/campaigns \\\n"
        f"  -H 'Authorization: Bearer {shown}' \\\n"
        f"  -d {shlex.quote(body)}"
    )


def usable_key(seat: Seat) -> ApiKey | None:
    """The mode's oldest key that is not revoked."""
    return seat.rows(ApiKey).filter(revoked_at=None).order_by("created_at").first()


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a new organisation has done so far."""

    identity: bool
    key: ApiKey | None
    campaign: bool
    mail: bool
    endpoint: bool
    payment: bool

    @property
    def done(self) -> int:
        return sum(map(bool, (self.identity, self.key, self.campaign, self.mail, self.endpoint, self.payment)))

    @property
    def complete(self) -> bool:
        return self.done == 6


def set_up(seat: Seat) -> SetUp:
    """The checklist, each line from a row that exists or does not."""
    organisation = seat.organisation
    return SetUp(
        identity=bool(organisation.legal_name and organisation.postal_address and organisation.attested_at),
        key=usable_key(seat),
        campaign=seat.rows(Campaign).exists(),
        mail=_mail_left(seat),
        endpoint=seat.rows(Endpoint).filter(status=Endpoint.Status.ACTIVE).exists(),
        payment=seat.rows(Payment).filter(status=Payment.Status.SUCCEEDED).exists(),
    )


def _mail_left(seat: Seat) -> bool:
    if seat.livemode:
        return seat.rows(Step).filter(status=Step.Status.SENT).exists()
    return seat.rows(MailboxItem).exists()
