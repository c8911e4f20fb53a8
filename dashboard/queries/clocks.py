"""Test clocks as their pages show them: where each stands, what is on it, what is due next."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import TestClock
from agentcollect.kit import clock as wall_clock
from campaigns.models import Campaign, Debtor, Step
from dashboard import words
from dashboard.access import Seat
from sandbox import clocks, due

# How many due things a page names, and how far behind the first of them it looks.
NAMED, AHEAD = 8, timedelta(days=1)
Status = TestClock.Status


def by_id(seat: Seat) -> dict[str, TestClock]:
    """The organisation's clocks by their ids; live mode has none."""
    return {} if seat.livemode else {row.id: row for row in seat.rows(TestClock)}


def choices(seat: Seat) -> dict[str, str]:
    """What something new may live on: id → name and the moment it shows, the newest first."""
    rows = [row for row in by_id(seat).values() if row.status != Status.DELETING]
    rows.sort(key=lambda row: (row.created_at, row.id), reverse=True)
    zone = ZoneInfo(seat.organisation.timezone)
    return {row.id: f"{row.name or row.id}, at {row.frozen_time.astimezone(zone):%b %-d, %Y %H:%M}" for row in rows}


def listed(seat: Seat) -> QuerySet[TestClock]:
    """Each with `campaigns`, how many are on it."""
    return clocks.clocks(seat.organisation.id, seat.livemode)


def campaigns_on(seat: Seat, clock: TestClock, limit: int = 20) -> list[Campaign]:
    return list(seat.rows(Campaign).filter(clock_id=clock.id).order_by("-created_at", "-id")[:limit])


def at_work(row: TestClock) -> bool:
    """Something happens to it just now, or is about to: its page renews itself."""
    return row.status in (Status.ADVANCING, Status.DELETING) or row.stirred_at is not None


@dataclass(frozen=True, slots=True)
class Coming:
    """One due thing in words; `debtor` is empty where it is nobody's."""

    at: datetime
    text: str
    debtor_id: str
    debtor: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is due next on a clock, soonest first; `more`: due within a day of the first, and not named."""

    named: list[Coming] = field(default_factory=list)
    more: int = 0


def ahead(seat: Seat, clock: TestClock) -> Ahead:
    """What is due next, of the debtors and of the campaigns themselves."""
    first, instants = due.earliest(clock.id), due.instants(clock.id)
    found = [Coming(clock.frozen_time, "Invoices are opened", "", "") for _ in instants.to_open]
    found += [Coming(ends, "A mandate ends", "", "") for ends, _ in instants.ends if ends]
    items = due.items(clock.id, until=first + AHEAD) if first else []
    names = dict(seat.rows(Debtor).filter(id__in={one.debtor_id for one in items[:NAMED]}).values_list("id", "name"))
    texts = _texts(seat, items[:NAMED])
    found += [Coming(one.due, texts[one.id], one.debtor_id, names.get(one.debtor_id, "")) for one in items[:NAMED]]
    found.sort(key=lambda one: one.at)
    return Ahead(found[:NAMED], max(len(items) - NAMED, 0))


def _texts(seat: Seat, items: Iterable[due.Item]) -> dict[str, str]:
    """By id of the item; a step says which one it is."""
    items = list(items)
    ids = {one.id for one in items if one.kind in ("step", "judgement")}
    steps = dict(seat.rows(Step).filter(id__in=ids).values_list("id", "intent")) if ids else {}
    said = {one.id: words.DUE.get(one.kind) or words.readable(one.kind) for one in items}
    return said | {id: words.INTENT.get(intent) or words.readable(intent) for id, intent in steps.items()}


def attach(clock: TestClock, key: str) -> str:
    """The call that creates a campaign on the clock; `key` is what the page may show of a key."""
    day = (clock.frozen_time - timedelta(days=60)).date().isoformat()
    debtor = f'{{"company_name": "Acme Corp", "contact_email": "pays+3d@acme.sandbox.agentcollect.com", \
"invoice_amount": 15000, "invoice_date": "{day}"}}'
    return (
        f"curl -X POST {settings.PUBLIC_URL}/v1/campaigns \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        f'  -d \'{{"company": "Your Company Inc.", "test_clock": "{clock.id}",\n       "debtors": [{debtor}]}}\''
    )


def advance(clock: TestClock, key: str, until: datetime) -> str:
    """The call that moves the clock on."""
    return (
        f"curl -X POST {settings.PUBLIC_URL}/v1/sandbox/clocks/{clock.id}/advance \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        f'  -d \'{{"frozen_time": "{wall_clock.iso(until)}"}}\''
    )
