"""Campaigns and cases as their pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from agentcollect.kit import db
from campaigns.models import Campaign, Case, Contact, Hold, LedgerEntry, Suppression
from dashboard.access import Seat
from outreach.models import Decision, Message, Referral


@dataclass(frozen=True, slots=True)
class Figures:
    """What a campaign's cases add up to, minor units."""

    collected: int = 0
    owed: int = 0
    open_cases: int = 0


def figures(seat: Seat, campaigns: Iterable[Campaign]) -> dict[str, Figures]:
    """Figures by campaign id, in one read."""
    still_open = ~Q(status=Case.Status.CLOSED)
    groups = (
        seat.rows(Case)
        .filter(campaign_id__in=[campaign.id for campaign in campaigns])
        .order_by()
        .values("campaign_id")
        .annotate(
            collected=Sum("collected_minor"),
            owed=Sum("balance_minor", filter=still_open),
            open_cases=Count("id", filter=still_open),
        )
    )
    return {
        group["campaign_id"]: Figures(group["collected"] or 0, group["owed"] or 0, group["open_cases"])
        for group in groups
    }


def cases(seat: Seat, campaign: Campaign, status: str = "") -> QuerySet[Case]:
    """The cases of a campaign; in one state where it is named."""
    rows = seat.rows(Case).filter(campaign_id=campaign.id).select_related("debtor")
    return rows.filter(status=status) if status else rows


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry with the balance after it."""

    entry: LedgerEntry
    balance: int


def ledger(seat: Seat, case: Case) -> list[LedgerLine]:
    """The case's account, oldest first, each line with its balance."""
    lines, balance = [], 0
    for entry in seat.rows(LedgerEntry).filter(case_id=case.id).order_by("created_at", "id"):
        balance += entry.amount_minor
        lines.append(LedgerLine(entry, balance))
    return lines


@dataclass(frozen=True, slots=True)
class Person:
    """A contact and the channels their address is closed for."""

    contact: Contact
    suppressed: tuple[str, ...]


def people(seat: Seat, debtor_id: str) -> list[Person]:
    """The debtor's contacts, first contact first, with what each has opted out of."""
    contacts = list(seat.rows(Contact).filter(debtor_id=debtor_id).order_by("level", "id"))
    addresses = [contact.email.lower() for contact in contacts if contact.email]
    closed: dict[str, list[str]] = {}
    for address, channel in seat.rows(Suppression).filter(address__in=addresses).values_list("address", "channel"):
        closed.setdefault(address, []).append(channel)
    return [Person(contact, tuple(closed.get(contact.email.lower(), ()))) for contact in contacts]


def holds(seat: Seat, case: Case) -> list[Hold]:
    """Every open hold that bears on the case: its own, its debtor's, its campaign's, its contacts'."""
    contacts = seat.rows(Contact).filter(debtor_id=case.debtor_id).values("id")
    bearing = Q(case_id=case.id) | Q(debtor_id=case.debtor_id) | Q(campaign_id=case.campaign_id)
    bearing |= Q(db.among("contact_id", contacts))
    return list(seat.rows(Hold).filter(bearing, released_at=None).select_related("contact").order_by("created_at"))


def decisions(seat: Seat, case: Case, limit: int = 10) -> list[Decision]:
    """The gate's latest answers about this case, newest first."""
    return list(seat.rows(Decision).filter(case_id=case.id).order_by("-created_at", "-id")[:limit])


def messages(seat: Seat, case: Case, limit: int = 20) -> list[Message]:
    """What was written to the debtor about this case, newest first."""
    rows = seat.rows(Message).filter(case_id=case.id).select_related("contact").defer("html")
    return list(rows.order_by("-created_at", "-id")[:limit])


def referral(seat: Seat, case: Case) -> Referral | None:
    """The case's latest referral to an attorney."""
    return seat.rows(Referral).filter(case_id=case.id).select_related("attorney").order_by("-created_at").first()
