"""Webhook endpoints as their pages show them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dashboard.access import Seat
from webhooks import rules, vault
from webhooks.health import HealthSummary, summary
from webhooks.models import Delivery, Endpoint

MOST = 100  # as many as an organisation may have


@dataclass(frozen=True, slots=True)
class Listed:
    """An endpoint and how it has been answering."""

    endpoint: Endpoint
    health: HealthSummary

    @property
    def answers(self) -> str:
        return answers(self.health)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that signs: its last characters, and when it stops (None: it goes on)."""

    ending: str
    ends: datetime | None


def own(seat: Seat) -> QuerySet[Endpoint]:
    """The addresses that were not deleted; the mailboxes of members are shown on their own page."""
    return seat.rows(Endpoint).filter(kind=Endpoint.Kind.WEBHOOK).exclude(status=Endpoint.Status.DELETED)


def listed(seat: Seat, at: datetime) -> list[Listed]:
    """All of them, the newest first."""
    rows = list(own(seat).order_by("-created_at", "-id")[:MOST])
    found = summary([row.id for row in rows], at)
    return [Listed(row, found[row.id]) for row in rows]


def health(endpoint: Endpoint, at: datetime) -> HealthSummary:
    return summary([endpoint.id], at)[endpoint.id]


def answers(health: HealthSummary) -> str:
    """How it answers now, for the pill: the breaker where it holds something back, else what its last answers say.

    The breaker opens only after several failures in a row: closed says nothing about the first of them.
    """
    if health.breaker != "closed":
        return health.breaker
    if health.failing_since or health.success_rate == 0:
        return "failing"
    return "closed" if health.attempts else "unasked"


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The custom headers, masked; none where our keys do not open them."""
    try:
        return rules.masked_headers(vault.headers(endpoint.headers))
    except ValueError:
        return {}


def live(endpoint: Endpoint, at: datetime) -> tuple[str, ...]:
    """The secrets that sign at `at`, newest first; none where our keys do not open them. Never for a template."""
    try:
        return rules.live_secrets(vault.secrets(endpoint.secrets), at)
    except ValueError:
        return ()


def secrets(endpoint: Endpoint, at: datetime) -> list[Secret]:
    """What may be shown of the live secrets, newest first."""
    try:
        stored = vault.secrets(endpoint.secrets)
    except ValueError:
        return []
    ends = {entry[0]: entry[1] for entry in stored if not isinstance(entry, str)}
    return [Secret(text[-4:], _moment(ends.get(text), at)) for text in rules.live_secrets(stored, at)]


def _moment(seconds: float | None, at: datetime) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, at.tzinfo)


def _waiting(seat: Seat, endpoint: Endpoint) -> QuerySet[Delivery]:
    return seat.rows(Delivery).filter(endpoint=endpoint, status=Delivery.Status.NOT_SENT)


def missed(seat: Seat, endpoint: Endpoint) -> int:
    """How much is kept as not sent; counted up to 1,000."""
    return len(_waiting(seat, endpoint).values_list("id", flat=True)[:1000])


def missed_since(seat: Seat, endpoint: Endpoint, failing_since: datetime | None) -> datetime:
    """From when on it did not get everything: the first that was not sent, or the beginning of its failures."""
    first = _waiting(seat, endpoint).order_by("created_at", "id").values_list("created_at", flat=True).first()
    return min(filter(None, (first, failing_since)), default=endpoint.updated_at)
