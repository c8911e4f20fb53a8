"""The invoices of a simulated portfolio, as the bodies that a creditor would send."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from campaigns.serializers.intake import MAX_DEBTORS
from compliance import tables
from sandbox.personas import DOMAIN
from sandbox.simulation.mixes import MIXES, Mix

# A Monday morning; a fixed one, so that a seed means the same story whenever it is run.
START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
_MOST_INVOICES = 3
_FIRST = (
    "Alder Amber Apex Arbor Aspen Atlas Beacon Birch Boulder Bridge Cascade Cedar Clear Coastal Copper Crescent Delta "
    "Eagle Ember Falcon Forge Garnet Granite Harbor Hazel Horizon Indigo Ivy Juniper Keystone Lake Laurel Maple Meadow "
    "Mesa Noble North Oak Onyx Orchard Pacific Park Pearl Pine Prairie Quartz River Sage Sierra Silver Spruce Stone"
).split()
_TRADE = (
    "Bakery|Building Supply|Cabinets|Catering|Cold Storage|Concrete|Dental Group|Distribution|Electric|Farms|Freight|"
    "Furniture|Glass|Hardware|Heating|Hospitality|Industrial|Kitchens|Landscaping|Lighting|Logistics|Lumber|Machine|"
    "Marine|Medical|Metals|Motors|Packaging|Paving|Plastics|Plumbing|Printing|Produce|Roofing|Signs|Staffing|Steel|"
    "Supply|Textiles|Tile|Tools|Trucking|Welding"
).split("|")
_FORM = ("LLC", "Inc.", "Corp.", "Co.", "LLC", "Inc.")
_ZONES = ("America/New_York", "America/Los_Angeles", "Europe/London", "Pacific/Honolulu", "Asia/Tokyo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for: so many debtors, so many months, and the seed that everything else follows from."""

    debtors: int
    months: int
    seed: int
    mix: str = "default"
    start: datetime = START

    @property
    def name(self) -> str:
        return f"{self.mix}-{self.debtors}x{self.months}-seed{self.seed}"


def bodies(order: Order) -> Iterator[dict[str, Any]]:
    """The campaigns, each a body for `POST /v1/campaigns` with at most 500 invoices; a debtor's stay together."""
    rows: list[dict[str, Any]] = []
    for debtor in _debtors(order):
        if len(rows) + len(debtor) > MAX_DEBTORS:
            yield _body(order, rows)
            rows = []
        rows += debtor
    yield _body(order, rows)


def _body(order: Order, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"company": "Simulated Supply Inc.", "mandate_months": order.months, "escalation": "auto", "debtors": rows}


def _debtors(order: Order) -> Iterator[list[dict[str, Any]]]:
    mix, chance = MIXES[order.mix], random.Random(f"{order.seed}:{order.mix}")
    for number in range(1, order.debtors + 1):
        yield list(_invoices(order, mix, number, chance))


def _invoices(order: Order, mix: Mix, number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    debtor = _debtor(mix, number, chance)
    count = 1 + (chance.random() < mix.second_invoice)
    count += count == 2 and chance.random() < mix.third_invoice
    for place in range(1, min(count, _MOST_INVOICES) + 1):
        due = (order.start - timedelta(days=chance.randint(5, 150))).date()
        yield debtor | {
            # Most are a few thousand, some far more: what books of invoices look like.
            "invoice_amount": round(min(chance.lognormvariate(8.2, 1.1), 400_000), 2),
            "invoice_number": f"INV-{number:05d}-{place}",
            "invoice_date": (due - timedelta(days=30)).isoformat(),
            "due_date": due.isoformat(),
        }


def _debtor(mix: Mix, number: int, chance: random.Random) -> dict[str, Any]:
    host = f"d{number:05d}.{DOMAIN}"
    names = f"{chance.choice(_FIRST)} {chance.choice(_TRADE)} {number} {chance.choice(_FORM)}"
    contacts = [{"email": f"{_who(mix, chance)}@{host}", "level": 1, "name": "Accounts Payable"}]
    if chance.random() < mix.second_person:
        contacts.append({"email": f"controller@{host}", "level": 2, "name": "Robin Hale", "title": "Controller"})
        if chance.random() < mix.third_person:
            contacts.append({"email": f"cfo@{host}", "level": 3, "name": "Sam Okafor", "title": "CFO"})
    debtor = {"company_name": names, "country": "US", "state": chance.choice(mix.regions), "contacts": contacts}
    if chance.random() < mix.telephone:
        debtor["contact_phone"] = f"+1{_area(number)}555{_drawn(mix.phones, chance)}"
    if chance.random() < mix.contradicting_zone:
        debtor["timezone"] = chance.choice(_ZONES)
    return debtor


@cache
def _areas() -> list[str]:
    """Every area code of the United States: people keep their numbers when they move, so its state is not asked."""
    own = set(tables.zones_by_country()["US"])
    return sorted(code for code, zones in tables.zones_by_area_code().items() if own.issuperset(zones))


def _area(number: int) -> str:
    """All of them in turn, far from each other: a number is shared only when they have run out, and who closes a shared
    one closes it for all who share it."""
    return _areas()[number * 97 % len(_areas())]


def _who(mix: Mix, chance: random.Random) -> str:
    """The local part: who they are, and when they act."""
    name = _drawn(mix.people, chance)
    if name == "silent":
        return name
    days = {"pays": chance.randint(1, mix.longest_delay), "reverses": chance.randint(2, 12)}.get(name, 0)
    return f"{name}+{days}d" if days else f"{name}+{chance.randint(1, 60)}h"


def _drawn(weights: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
