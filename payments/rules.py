"""Pure functions of money: who gets which part of a payment, what a payment may become, how a page stays readable."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

PRINCIPAL, INTEREST, FEES, UNAPPLIED = "principal", "interest", "fees", "unapplied"
COMPONENTS = (PRINCIPAL, INTEREST, FEES)

# What a payment may become (MONEY.md). A refund or a reversal of the whole ends it.
TRANSITIONS: dict[str, frozenset[str]] = {
    "created": frozenset({"processing", "succeeded"}),
    "processing": frozenset({"succeeded", "failed"}),
    "succeeded": frozenset({"partially_refunded", "refunded", "reversed"}),
    "partially_refunded": frozenset({"partially_refunded", "refunded", "reversed"}),
    "failed": frozenset(),
    "refunded": frozenset(),
    "reversed": frozenset(),
}
# In these states the money came (whatever part of it went back later).
COLLECTED = frozenset({"succeeded", "partially_refunded", "refunded", "reversed"})


def may_become(status: str, target: str) -> bool:
    """True when a payment in `status` may change to `target`."""
    return target in TRANSITIONS[status]


def page_state(*, closed: bool, close_reason: str, balance_minor: int, under_way: bool) -> str:
    """What the payment page is about: `processing`, `open`, `paid`, or `closed` (for any other reason)."""
    if under_way:
        return "processing"
    if not closed and balance_minor > 0:
        return "open"
    return "paid" if close_reason in ("paid", "settled") or not closed else "closed"


# --- allocation

# The component that each kind of ledger entry belongs to; a refund or reversal owes the principal again.
_COMPONENT_OF_KIND = {
    "principal": PRINCIPAL,
    "interest": INTEREST,
    "fee": FEES,
    "refund": PRINCIPAL,
    "reversal": PRINCIPAL,
    "credit_note": PRINCIPAL,
    "adjustment": PRINCIPAL,
    "write_off": PRINCIPAL,
}


@dataclass(frozen=True, slots=True)
class Open:
    """What a case still owes of one component, in minor units."""

    case_id: str
    component: str
    minor: int


def open_components(case_id: str, ledger_by_kind: dict[str, int], allocated_by_component: dict[str, int]) -> list[Open]:
    """What is open per component, from the sums of the ledger (payments apart) and of what payments already paid.

    The parts add up to the case's balance: a component credited below zero (a credit note after the principal was
    paid) lowers the others instead, principal first.
    """
    owed = dict.fromkeys(COMPONENTS, 0)
    for kind, minor in ledger_by_kind.items():
        if kind != "payment":
            owed[_COMPONENT_OF_KIND[kind]] += minor
    left = {component: owed[component] - allocated_by_component.get(component, 0) for component in COMPONENTS}
    credit = -sum(minor for minor in left.values() if minor < 0)
    found = []
    for component in COMPONENTS:
        minor = max(0, left[component])
        used = min(credit, minor)
        credit -= used
        if minor > used:
            found.append(Open(case_id, component, minor - used))
    return found


def allocate(amount_minor: int, open_: Iterable[Open], *, case_id: str) -> list[tuple[str, str, int]]:
    """`amount_minor` shared out as (case, component, minor): `case_id` first, then the others as given.

    Principal before interest before fees. What nobody owes is `unapplied` credit of `case_id`. The parts always add
    up to the amount, and none is zero.
    """
    if amount_minor < 0:
        raise ValueError("a payment is not negative")
    waiting = list(open_)
    order = {case: place for place, case in enumerate(dict.fromkeys([case_id, *(o.case_id for o in waiting)]))}
    parts, left = [], amount_minor
    for item in sorted(waiting, key=lambda o: (order[o.case_id], COMPONENTS.index(o.component))):
        part = min(left, item.minor)
        if part > 0:
            parts.append((item.case_id, item.component, part))
            left -= part
    return [*parts, (case_id, UNAPPLIED, left)] if left else parts


def breakdown(
    amount_minor: int, parts: Iterable[tuple[str, int]], *, processor_fee: int = 0, success_fee: int = 0
) -> dict[str, int]:
    """The public breakdown in minor units: principal + interest + fees + unapplied = amount; `net` is after fees.

    Raises ValueError when the parts do not add up: a wrong breakdown is never shown.
    """
    found = dict.fromkeys((*COMPONENTS, UNAPPLIED), 0)
    for component, minor in parts:
        found[component] += minor
    if sum(found.values()) != amount_minor:
        raise ValueError("the parts of a payment do not add up to it")
    return found | {
        "processor_fee": processor_fee,
        "success_fee": success_fee,
        "net": amount_minor - processor_fee - success_fee,
    }


def days_to_collect(enrolled_at: datetime, paid_at: datetime, zone: str) -> int:
    """Whole calendar days from enrolment to payment where the creditor is; never below zero."""
    place = ZoneInfo(zone)
    return max(0, (paid_at.astimezone(place).date() - enrolled_at.astimezone(place).date()).days)


# --- what a debtor types

_AMOUNT = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[0-9]+(\.[0-9]+)?|\.[0-9]+")


def read_amount(text: str) -> Decimal:
    """A typed amount (`1,234.50`, `$200`). Raises ValueError in words for the person who typed it."""
    plain = text.strip().removeprefix("$").removeprefix("€").removeprefix("£").strip()
    if not (len(plain) <= 20 and plain.isascii() and _AMOUNT.fullmatch(plain)):
        raise ValueError("Enter an amount in figures, like 250.00.")
    return Decimal(plain.replace(",", ""))


def passes_luhn(number: str) -> bool:
    """The check digit of a card number (ISO/IEC 7812-1, annex B): catches a typo before anybody is asked."""
    if not (12 <= len(number) <= 19 and number.isascii() and number.isdigit()):
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def read_expiry(text: str) -> tuple[int, int] | None:
    """(year, month) of `MM/YY` or `MM/YYYY`; None for anything else."""
    match = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/ -]\s*(?:20)?([0-9]{2})\s*", text, re.ASCII)
    return (2000 + int(match[2]), int(match[1])) if match else None


def has_expired(expiry: tuple[int, int], today: date) -> bool:
    """A card is good to the end of its month."""
    return expiry < (today.year, today.month)


# --- the creditor's colours on our page

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
DEFAULT_PRIMARY, DEFAULT_ACCENT = "#1f3a5f", "#2f6f5e"
WHITE, BLACK = "#ffffff", "#000000"
# The page's own surfaces, light and dark (payments/static/payments/pay.css says the same).
SURFACES = {"light": "#ffffff", "dark": "#171a1f"}
TEXT_RATIO, SHAPE_RATIO = 4.5, 3.0  # WCAG 2.2: 1.4.3 (text), 1.4.11 (shapes and focus)

Rgb = tuple[int, int, int]


def _rgb(colour: str) -> Rgb:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def luminance(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2, "relative luminance")."""
    parts = [value / 255 for value in _rgb(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """White or black, whichever reads better on `colour`; white wherever it is enough."""
    return (
        WHITE if contrast(WHITE, colour) >= TEXT_RATIO else max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))
    )


def readable(colour: str, surface: str, ratio: float) -> str:
    """`colour` moved towards black or white, as little as needed to stand out from `surface` by `ratio`."""
    target = BLACK if luminance(surface) > 0.18 else WHITE
    for step in range(21):
        candidate = _mix(colour, target, step / 20)
        if contrast(candidate, surface) >= ratio:
            return candidate
    return target


def _mix(colour: str, target: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(target), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def palette(colors: object) -> dict[str, dict[str, str]]:
    """The page's brand colours for `light` and `dark`, each readable whatever the creditor chose.

    Only `#rgb`/`#rrggbb` is taken from `colors` (it ends in a style element); anything else falls back to ours.
    """
    given = colors if isinstance(colors, dict) else {}
    primary = _valid(given.get("primary"), DEFAULT_PRIMARY)
    accent = _valid(given.get("accent"), primary if _valid(given.get("primary"), "") else DEFAULT_ACCENT)
    return {scheme: _scheme(primary, accent, surface) for scheme, surface in SURFACES.items()}


def _scheme(primary: str, accent: str, surface: str) -> dict[str, str]:
    return {
        "brand": primary,
        "brand-ink": ink_on(primary),
        "action": readable(primary, surface, SHAPE_RATIO),
        "link": readable(primary, surface, TEXT_RATIO),
        "accent": readable(accent, surface, SHAPE_RATIO),
    }


def _valid(colour: object, fallback: str) -> str:
    return colour.lower() if isinstance(colour, str) and _HEX.fullmatch(colour) else fallback
