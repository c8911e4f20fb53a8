"""Who owes, and what each of them does in the month: invented companies, told as data.

A debtor's lines are what they do and what the creditor does about them, each when its moment has come: so many hours
after their n-th message (`Sent`), so many hours before the month ends (`Back`), and so on.
"""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple


class Sent(NamedTuple):
    """So many hours after the case's message of that number."""

    number: int
    hours: float


class Back(NamedTuple):
    """So many hours before the month ends."""

    hours: float


class After(NamedTuple):
    """So many hours after the line before."""

    hours: float


class Proposed(NamedTuple):
    """So many hours after an attorney was proposed for the case."""

    hours: float


class Line(NamedTuple):
    """`act`: one of sandbox.month.acts; `told`: what it needs to know."""

    when: Sent | Back | After | Proposed
    act: str
    told: Any = None


_DAY = 24.0
_ANSWER = "The delivery note is signed by your warehouse; a copy is on its way to you."

# Who pays by transfer on the month's last banking day: by story, what stands on the transfer and what part it is.
WIRES: dict[str, tuple[str, float]] = {
    "wires": ("{reference}", 1),
    "wires_part": ("first part {reference}", 0.5),
    "wires_all": ("{reference}", 1),
    "wires_number": ("Invoice {number}", 1),
    "wires_less": ("{number} less 2 pct discount", 0.98),
}
STORIES: dict[str, tuple[Line, ...]] = {
    "silent": (),
    "pays": (Line(Sent(1, 26), "pay"),),
    "pays_quickly": (Line(Sent(1, 3.5), "card"),),
    "pays_later": (Line(Sent(2, 21), "pay"),),
    "pays_last": (Line(Sent(3, 30), "pay"),),
    "pays_by_check": (Line(Sent(2, 50), "check"),),
    "pays_by_card": (Line(Sent(2, 21), "card"),),
    "basket": (Line(Sent(1, 30), "card", 2),),
    "overpays": (Line(Back(9), "pay", 1.08),),
    "refunded": (
        Line(Sent(1, 26), "card"),
        Line(After(6 * _DAY), "refund", {"part": 0.1, "credited": True, "reason": "Two boxes came damaged."}),
    ),
    "refunded_owed": (
        Line(Sent(2, 21), "card"),
        Line(After(5 * _DAY), "refund", {"part": 0.4, "reason": "Charged to the wrong card; they pay it by transfer."}),
    ),
    "settles": (Line(Sent(1, 50), "offer", 15), Line(After(20), "send"), Line(After(40), "settle")),
    "offered": (Line(Back(3 * _DAY), "offer", 10), Line(After(3), "send")),
    "offer_waits": (Line(Back(19), "offer", 15),),
    **dict.fromkeys(WIRES, ()),
    "declined": (Line(Sent(1, 28), "charge", "card_declined"), Line(After(0.5), "pay")),
    "returned": (Line(Sent(1, 22), "charge", "ach_returned"),),
    "part": (Line(Sent(1, 45), "pay", 0.5),),
    "part_now": (Line(Back(30), "pay", 0.4),),
    "keeps": (Line(Sent(1, 5), "reply", "promise"), Line(After(6 * _DAY), "pay")),
    "breaks": (Line(Sent(1, 7), "reply", "promise"),),
    "promised": (Line(Back(6 * _DAY), "reply", "promise"),),
    "promised_today": (Line(Back(7), "reply", "promise"),),
    "disputes": (Line(Back(28), "reply", "dispute"),),
    "disputed": (Line(Back(3 * _DAY), "reply", "dispute"), Line(After(27), "answer", _ANSWER)),
    "rejected": (
        Line(Sent(1, 9), "reply", "dispute"),
        Line(After(30), "answer", _ANSWER),
        Line(After(50), "resolve", "rejected"),
        Line(After(40), "pay"),
    ),
    "upheld": (Line(Sent(1, 11), "reply", "dispute"), Line(After(26), "resolve", "upheld")),
    "plan": (Line(Sent(1, 6), "reply", "plan"), Line(After(20), "plan", 3), Line(After(4 * _DAY), "pay", 1 / 3)),
    "plan_now": (Line(Back(4 * _DAY), "reply", "plan"), Line(After(22), "plan", 3)),
    "asks_plan": (Line(Back(6), "reply", "plan"),),
    "bounces": (Line(Sent(1, 0.2), "bounce"),),
    "full": (Line(Sent(1, 0.2), "bounce", "soft"),),
    "opts_out": (Line(Sent(2, 4), "reply", "opt_out"),),
    "away": (Line(Sent(1, 0.1), "reply", "out_of_office"),),
    "copy": (Line(Back(30), "reply", "invoice_copy"),),
    "thanks": (Line(Sent(2, 5), "reply", "thanks"), Line(After(30), "pay")),
    "refers": (Line(Sent(1, 5), "reply", "referral"),),
    "wrong_person": (Line(Back(26), "reply", "wrong_person"),),
    "paid_already": (Line(Back(22), "reply", "paid"),),
    "hostile": (Line(Back(50), "reply", "hostile"),),
    "threatens": (Line(Back(4), "reply", "legal_threat"),),
    "attorney": (Line(Back(45), "reply", "attorney"),),
    "bankrupt": (Line(Back(2.2 * _DAY), "reply", "bankruptcy"),),
    "hardship": (Line(Back(27), "reply", "hardship"),),
    "cease": (Line(Back(2 * _DAY), "reply", "cease"),),
    "held": (Line(Back(3 * _DAY), "hold", "Our sales team meets them on Thursday."),),
    "vetoed": (Line(Proposed(19), "veto", "A customer for twelve years: we call them ourselves."),),
    "recalled": (Line(Sent(1, 60), "close", "Paid to our branch in cash."),),
    "excluded": (),
}


class Company(NamedTuple):
    """A debtor: name, US state, area code, the name of its story, and how many invoices it owes."""

    name: str
    state: str
    area: str
    story: str
    invoices: int = 1


def _companies(text: str) -> tuple[Company, ...]:
    lines = (re.split(r" *\| *", line.strip()) for line in text.strip().splitlines())
    return tuple(Company(name, state, area, story, *map(int, more)) for name, state, area, story, *more in lines)


WHOLESALE = _companies(
    """
    Harbor City Dental Group    | CA | 415 | refunded
    Prairie Wind Bakery Inc.    | NE | 402 | silent
    Blue Heron Logistics LLC    | WA | 206 | keeps
    Copperfield Hardware Co.    | AZ | 602 | breaks
    Juniper & Oak Furniture LLC | NC | 704 | plan
    Lakeside Veterinary Clinic  | MI | 616 | part
    Summit Trail Outfitters     | CO | 303 | rejected
    Magnolia Event Catering     | GA | 404 | bounces
    Granite State Printing      | NH | 603 | pays_by_check
    Riverbend Machine Works     | OH | 216 | declined
    Pelican Bay Marine Supply   | FL | 305 | opts_out
    Northfield Dairy Co-op      | WI | 608 | pays_by_card
    Old Mill Brewing Co.        | PA | 215 | away
    Sagebrush Solar Inc.        | NV | 702 | recalled
    Beacon Hill Optical         | MA | 617 | upheld
    Cedar Ridge Landscaping     | TN | 615 | settles
    Ironwood Fitness LLC        | TX | 512 | pays_last
    Silver Creek Auto Body      | ID | 208 | returned
    Maple Avenue Pediatrics     | NJ | 201 | pays
    Tidewater Seafood Inc.      | VA | 757 | thanks
    Bluegrass Packaging Corp.   | KY | 502 | pays_quickly
    Empire Elevator Service     | NY | 212 | vetoed
    Cactus Flower Nursery       | NM | 505 | refers
    Great Plains Irrigation     | KS | 316 | refunded_owed
    Foxglove Paper & Print      | OR | 971 | wires_all | 3
    Union Square Hospitality    | NY | 917 | silent | 3
    Mill Race Hardware          | OH | 419 | basket | 3
    Stillwater Pump & Pipe      | MN | 651 | wires
    Ridgeline Safety Supply     | UT | 801 | wires_part
    Bayside Commercial Kitchens | TX | 361 | wires_number
    Tamarack Cabinetry          | MT | 406 | wires_less
    Quarry Stone & Tile         | IN | 812 | offered
    Larkspur Linen Service      | SC | 864 | offer_waits
    """
)
RETAIL = _companies(
    """
    Willow Street Books         | OR | 503 | promised
    Parkside Yoga Studio        | CA | 310 | plan_now
    Lantern House Hotel         | NY | 646 | disputes
    Golden Hour Coffee Roasters | WA | 425 | wrong_person
    Little Acorns Daycare       | IL | 312 | hardship
    Fifth Street Bicycles       | MN | 612 | paid_already
    Sunny Side Diner Inc.       | OH | 614 | pays
    Velvet & Vine Florists      | TX | 214 | held
    Atlas Moving & Storage      | GA | 678 | hostile
    Cobblestone Pizzeria        | NJ | 973 | attorney
    Bright Smile Orthodontics   | CO | 720 | part_now
    Thistle & Thread Tailors    | MA | 508 | copy
    Rosewood Day Spa            | FL | 407 | disputed
    Wildflower Candle Co.       | NC | 919 | bankrupt
    Hearthstone Kitchens LLC    | PA | 412 | overpays
    Corner Clock Repair         | VA | 804 | silent
    Harvest Moon Grill          | WI | 414 | silent
    Bluebird Childrens Wear     | KY | 859 | silent
    Seaside Surf & Paddle       | CA | 805 | silent
    Tall Pines Campground       | ME | 207 | silent
    Main Street Toy Shop        | IN | 317 | promised_today
    Coastal Frame & Gallery     | SC | 843 | pays_quickly
    """
)
EXPORT = _companies(
    """
    Kestrel Import Partners     | NY | 718 | silent
    Three Rivers Distribution   | PA | 412 | promised
    Midway Restaurant Supply    | IL | 773 | cease
    Liberty Bell Wholesale      | PA | 267 | pays_by_card
    Pacific Rim Trading Co.     | CA | 213 | silent
    Gulf Coast Fixtures Inc.    | TX | 713 | silent
    Mesa Verde Ceramics         | AZ | 480 | disputes
    Evergreen Home Centers      | WA | 253 | full
    Stonebridge Interiors       | CT | 203 | silent
    Delmarva Produce Exchange   | MD | 410 | threatens
    Harborlight Furnishings     | RI | 401 | silent
    Whitetail Sporting Goods    | MI | 231 | asks_plan
    Monument Office Interiors   | CO | 719 | excluded
    """
)
NEW = _companies(
    """
    Orchard Lane Grocers        | VT | 802 | silent
    Keystone Plumbing Supply    | PA | 484 | silent
    Sandpiper Property Mgmt     | FL | 561 | silent
    Redwood Valley Winery       | CA | 707 | silent
    Cornerstone Masonry Inc.    | MO | 314 | silent
    Hudson Textile Care         | NY | 914 | silent
    """
)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A campaign of the month: the `body` that the creditor sends, and its `lots`: how many days before the month's end
    so many of the companies are placed, the first with the campaign, the others added to it."""

    lots: tuple[tuple[float, int], ...]
    companies: tuple[Company, ...]
    body: dict[str, Any]
    prefix: str


PLAYBOOK = {
    "name": "key-accounts",
    "title": "Key accounts, gently",
    "steps": [
        {"day": 0, "channel": "email", "intent": "first_reminder", "level": 1},
        {"day": 2, "channel": "call", "intent": "first_call", "level": 1},
        {"day": 5, "channel": "email", "intent": "second_reminder", "level": 1},
        {"day": 9, "channel": "call", "intent": "call_decision_maker", "level": 3},
        {"day": 14, "channel": "email", "intent": "escalate_controller", "level": 2},
        {"day": 28, "channel": "email", "intent": "last_before_next_steps", "level": 3},
    ],
}
EXCLUDED = {"match": "company", "value": "Monument Office Interiors", "effect": "never_contact"}
_FLOOR = [{"min_age_days": 0, "max_discount_percent": 15}, {"min_age_days": 90, "max_discount_percent": 25}]
PORTFOLIOS = (
    Portfolio(
        ((30.0, 24), (12.2, 9)),
        WHOLESALE,
        {"company": "Your Company Inc.", "name": "Wholesale, over 60 days", "posture": "firm", "escalation": "auto"}
        | {"offer_policy": {"settlement": _FLOOR}},
        "W",
    ),
    Portfolio(
        ((16.0, 15), (7.3, 4), (4.0, 3)),
        RETAIL,
        {
            "company": "Northwind Retail",
            "name": "Northwind shops",
            "playbook": PLAYBOOK["name"],
            "approval": "always",
            "posture": "firm",
            "escalation": "ask",
            "brand": {"name": "Northwind Retail", "colors": {"primary": "#0F766E", "accent": "#F59E0B"}},
        },
        "N",
    ),
    Portfolio(
        ((18.2, 6), (16.2, 2), (15.2, 2), (14.2, 3)),
        EXPORT,
        {
            "company": "Your Company Export",
            "name": "Export, in euro",
            "currency": "EUR",
            "posture": "firm",
            "escalation": "ask",
            "brand": {"name": "Your Company Export", "colors": {"primary": "#7C2D12", "accent": "#FBBF24"}},
        },
        "E",
    ),
)
FRESH = Portfolio(((0.0, 6),), NEW, {"company": "Your Company Inc.", "name": "New this week", "escalation": "ask"}, "F")

EVERYBODY = 99
_FIRST = (
    "Maria Dana James Priya Robert Linda Wei Carlos Susan Ahmed Karen Thomas Elena Marcus Joan Victor Hannah Luis "
    "Grace Peter Naomi Derek Olivia Samir Ruth Colin Teresa Brian Fatima George"
).split()
_LAST = (
    "Alvarez Whitman Okafor Patel Jensen Moreau Chen Delgado Hughes Rahman Novak Sullivan Petrova Bell Castillo "
    "Lindqvist Abbott Ferreira Kowalski Nguyen Barnes Haddad Ortiz Fischer McKay Romano Tanaka Boyd Iqbal Weiss"
).split()
# Half of the numbers are those at which somebody (or a machine) picks up (sandbox.personas.PEERS).
_PHONES = ("0100", "0101", "0100", "0102", "0187", "0164")


def rows(portfolio: Portfolio, *, seed: int, today: date, most: int = EVERYBODY) -> Iterator[dict[str, Any]]:
    """The debtors of `portfolio` (at most `most`) as the API takes them; `today` is the creditor's day of placing."""
    chance = random.Random(f"{seed}:{portfolio.prefix}")
    for number, company in enumerate(portfolio.companies[:most], start=1):
        due = today - timedelta(days=chance.randint(21, 95))
        yield {
            "company_name": company.name,
            "country": "US",
            "state": company.state,
            "contacts": list(_people(company, chance)),
            "contact_phone": f"+1{company.area}555{chance.choice(_PHONES)}",
            "invoice_amount": _amount(chance),
            "invoice_number": f"{portfolio.prefix}-{due.year}-{1040 + 7 * number}",
            "invoice_date": (due - timedelta(days=30)).isoformat(),
            "due_date": due.isoformat(),
        }


def further(portfolio: Portfolio, rows: Iterable[dict[str, Any]], *, seed: int) -> Iterator[dict[str, Any]]:
    """The other invoices of those among `rows` who owe several: each a week younger than the one before."""
    counts = {company.name: company.invoices for company in portfolio.companies}
    for row in rows:
        chance = random.Random(f"{seed}:{row['invoice_number']}")
        head, _, number = row["invoice_number"].rpartition("-")
        for nth in range(1, counts[row["company_name"]]):
            week = timedelta(weeks=nth)
            days = {name: (date.fromisoformat(row[name]) + week).isoformat() for name in ("invoice_date", "due_date")}
            yield row | days | {"invoice_number": f"{head}-{int(number) + nth}", "invoice_amount": _amount(chance)}


def host(company: Company) -> str:
    words = re.sub(r"\b(inc|llc|co|corp)\b\.?", "", company.name.lower())
    return re.sub(r"[^a-z]+", "", words)[:28] + ".example"


def _people(company: Company, chance: random.Random) -> Iterator[dict[str, Any]]:
    """The bookkeeper, mostly a controller, sometimes the owner."""
    for level, title, likely in ((1, "Accounts Payable", 1.0), (2, "Controller", 0.8), (3, "Owner", 0.6)):
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        if chance.random() < likely:
            address = f"{first}.{last}@{host(company)}".lower()
            yield {"email": address, "name": f"{first} {last}", "title": title, "level": level}


def _amount(chance: random.Random) -> float:
    return round(min(max(chance.lognormvariate(8.3, 0.9), 380), 68_000), 2)
