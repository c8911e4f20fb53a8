"""Debtors: found by what somebody knows of them, and everything about one of them over all of its invoices."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum

from agentcollect.kit import db
from campaigns import queries as campaigns
from campaigns.models import Case, Contact, Debtor, Hold, Suppression
from campaigns.queries.people import outreach_since
from campaigns.rules import holds as hold_rules
from campaigns.rules import search
from dashboard import words
from dashboard.access import Seat
from dashboard.queries.collection import Person
from outreach.models import Reply

# A search of one letter would find everybody.
SHORTEST = 2
CASES = 100


def found(seat: Seat, asked: str = "") -> QuerySet[Debtor]:
    """Debtors by a part of the name or of an invoice number, or by an address of somebody there; all for nothing."""
    rows = seat.rows(Debtor)
    plain = search.text(asked)
    if not plain:
        return rows
    if len(plain) < SHORTEST:
        return rows.none()
    theirs = seat.rows(Case).filter(debtor_id=OuterRef("id"))
    there = seat.rows(Contact).filter(debtor_id=OuterRef("id"), email__iexact=asked.strip())
    return rows.filter(Exists(campaigns.searched(theirs, asked)) | Exists(there))


def named(seat: Seat, public_id: str) -> tuple[str, str]:
    """(address, id) of the page of a debtor, or an invoice, whose id was looked for; empty where there is none."""
    pages: dict[str, tuple[str, type[Debtor | Case]]] = {
        "dbt_": ("dashboard:debtors-detail", Debtor),
        "cas_": ("dashboard:campaigns-case", Case),
    }
    address, model = pages.get(public_id[:4], ("", None))
    known = model is not None and seat.rows(model).filter(id=public_id).exists()
    return (address, public_id) if known else ("", "")


@dataclass(slots=True)
class Standing:
    """Of one debtor: what is owed and was collected (currency → minor units), and when it is contacted next."""

    owed: dict[str, int] = field(default_factory=dict)
    collected: dict[str, int] = field(default_factory=dict)
    open_cases: int = 0
    next_at: datetime | None = None
    held: bool = False


def standings(seat: Seat, debtors: Iterable[Debtor]) -> dict[str, Standing]:
    """By debtor id, in two reads however many."""
    ids = [debtor.id for debtor in debtors]
    found: dict[str, Standing] = defaultdict(Standing)
    still_open = Q(closed_at=None)
    groups = (
        seat.rows(Case)
        .filter(db.among("debtor_id", ids))
        .order_by()
        .values("debtor_id", "currency")
        .annotate(
            owed=Sum("balance_minor", filter=still_open),
            collected=Sum("collected_minor"),
            count=Count("id", filter=still_open),
            next_at=Min("next_contact_at", filter=still_open),
        )
    )
    for group in groups:
        one, currency = found[group["debtor_id"]], group["currency"]
        one.owed[currency], one.collected[currency] = group["owed"] or 0, group["collected"] or 0
        one.open_cases += group["count"]
        one.next_at = min(filter(None, (one.next_at, group["next_at"])), default=None)
    for debtor_id in (
        seat.rows(Hold).filter(db.among("debtor_id", ids), released_at=None).values_list("debtor_id", flat=True)
    ):
        found[debtor_id].held = True
    return found


def cases(seat: Seat, debtor: Debtor) -> list[Case]:
    """Its invoices, open ones first, the oldest debt first."""
    rows = seat.rows(Case).filter(debtor_id=debtor.id).select_related("campaign")
    return list(rows.order_by("-closed_at", "due_date", "id")[:CASES])


@dataclass(frozen=True, slots=True)
class Held:
    """A hold, and whether a button on the debtor's page may end it: the creditor's own, on the whole debtor."""

    hold: Hold
    releasable: bool


def holds(debtor: Debtor) -> list[Held]:
    """Every open hold on it, its people and its open invoices, oldest first."""
    return [Held(one, _releasable(one)) for one in campaigns.holds_about(debtor)]


def _releasable(hold: Hold) -> bool:
    own = hold_rules.creditor_may_release(hold.kind, hold.actor)
    return own and hold.kind == Hold.Kind.DO_NOT_CONTACT and hold.debtor_id is not None


def opt_outs(seat: Seat, people: list[Person]) -> list[Suppression]:
    """What these people closed to us, oldest first: by their address, or as the person."""
    addresses = {text.lower() for one in people for text in (one.contact.email, one.contact.phone) if text}
    theirs = Q(db.among("address", addresses)) | Q(db.among("contact_id", {one.contact.id for one in people}))
    return list(seat.rows(Suppression).filter(theirs).order_by("created_at", "id")) if people else []


def replies(seat: Seat, debtor: Debtor, limit: int = 10) -> list[Reply]:
    """What they wrote about any invoice, newest first."""
    return list(seat.rows(Reply).filter(debtor_id=debtor.id).order_by("-created_at", "-id")[:limit])


def inconvenient(debtor: Debtor) -> list[str]:
    return [words.inconvenient(row) for row in debtor.inconvenient]


def contacts_this_week(debtor: Debtor, at: datetime) -> int:
    """How many messages left, or may have left, in seven days, about any of its invoices."""
    return outreach_since(debtor.id, at - timedelta(days=7))
