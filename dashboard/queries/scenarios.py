"""A campaign with reacting debtors, as the page of its scenario shows it."""

from dataclasses import dataclass

from campaigns.models import Campaign, Case, Contact
from dashboard.access import Seat
from sandbox import personas
from sandbox.personas import Persona

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Player:
    """One invoice, and who its debtor plays; `persona` is None for somebody who reacts to nothing we know."""

    case: Case
    address: str
    persona: Persona | None


def players(seat: Seat, campaign: Campaign) -> list[Player]:
    """The first invoices of the campaign, each with whom its first contact plays. Two statements."""
    cases = list(seat.rows(Case).filter(campaign_id=campaign.id).select_related("debtor").order_by("id")[:SHOWN])
    first: dict[str, str] = {}
    people = seat.rows(Contact).filter(debtor_id__in={case.debtor_id for case in cases}).exclude(email="")
    for debtor_id, email in people.order_by("level", "created_at", "id").values_list("debtor_id", "email"):
        first.setdefault(debtor_id, email)
    return [Player(case, first.get(case.debtor_id, ""), _plays(first.get(case.debtor_id, ""))) for case in cases]


def _plays(address: str) -> Persona | None:
    found = personas.of(address)
    if found:
        return found[0]
    silent = address.partition("@")[0] == "silent" and address.endswith(personas.DOMAIN)
    return personas.NAMED["silent"] if silent else None
