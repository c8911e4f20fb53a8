"""Where may the debtor be? Every zone a fact points to is a candidate, and R-01 asks all of them.

Source: 12 CFR 1006.6(b)(1) with comment 6(b)(1)(i)-2: where facts conflict, the hour must be convenient in
every one of the places.
"""

from dataclasses import dataclass
from functools import lru_cache

from compliance import tables
from compliance.facts import Facts

AREA_CODES = tables.zones_by_area_code()
REGIONS = tables.zones_by_region()
COUNTRIES = tables.zones_by_country()
CONTIGUOUS = tables.contiguous_zones()
CALLING_CODES = tables.country_by_calling_code()


@dataclass(frozen=True, slots=True)
class Candidates:
    """``zones``: sorted IANA names. ``sources``: (address | area_code | declared | country, zone) pairs.
    ``known``: False when only the country, or nothing at all, was there to go by.
    """

    zones: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    known: bool


# Pure, and asked several times in every decision.
@lru_cache(maxsize=16384)
def candidates(*, country: str | None, region: str | None, phone: str | None, declared: str | None) -> Candidates:
    """Every zone that address, area code and declaration point to; none → every zone of the country."""
    country = _code(country)
    sources = [("address", zone) for zone in region_zones(country, region)]
    sources += [("area_code", zone) for zone in phone_zones(phone, country)]
    sources += [("declared", zone) for zone in ([declared] if declared else [])]
    known = bool(sources)
    if not known:
        sources = [("country", zone) for zone in country_zones(country)]
    return Candidates(tuple(sorted({zone for _, zone in sources})), tuple(sources), known)


def candidates_of(facts: Facts) -> Candidates:
    """``candidates`` for a snapshot; the recipient's own phone is the one in ``facts.phone``."""
    return candidates(country=facts.country, region=facts.region, phone=facts.phone, declared=facts.declared_zone)


def days_of(facts: Facts) -> tuple[str, ...]:
    """The zones whose calendars tell the debtor's day apart; UTC where nothing at all is known."""
    return candidates_of(facts).zones or ("UTC",)


def country_zones(country: str | None) -> tuple[str, ...]:
    """Every zone of an ISO country (the contiguous four for the US); empty for an unknown country."""
    code = _code(country) or ""
    return CONTIGUOUS.get(code) or COUNTRIES.get(code, ())


def region_zones(country: str | None, region: str | None) -> tuple[str, ...]:
    """The zones of the address: its region's, or the country's where the country has just one."""
    code = _code(country) or ""
    named = REGIONS.get((code, region_code(country, region) or ""), ())
    whole = country_zones(code)
    return named or (whole if len(whole) == 1 else ())


def region_code(country: str | None, region: str | None) -> str | None:
    """ "CA" from "ca", "CA" or "US-CA"; None from nothing."""
    text = (region or "").strip().upper()
    return text.removeprefix(f"{_code(country)}-") or None


def phone_zones(phone: str | None, country: str | None) -> tuple[str, ...]:
    """The zones a number points to: its area code within +1, else all of the country it belongs to.

    A foreign code equal to the debtor's own country adds nothing to the address. A toll-free, unassigned or
    unreadable number points nowhere.
    """
    digits = _international_digits(phone, country)
    if digits.startswith("1"):
        return AREA_CODES.get(digits[1:4], ())
    home = next((CALLING_CODES[digits[:n]] for n in (3, 2) if digits[:n] in CALLING_CODES), None)
    return () if home == _code(country) else country_zones(home)


def _international_digits(phone: str | None, country: str | None) -> str:
    text = (phone or "").strip()
    digits = "".join(character for character in text if character.isdigit())
    if text.startswith("+"):
        return digits
    # Ten digits without a plus are a national number; only where +1 is the national plan can we read them.
    national = _code(country) in ("US", "CA", "PR", None)
    if national and len(digits) == 10:
        return "1" + digits
    return digits if national and len(digits) == 11 and digits.startswith("1") else ""


def _code(country: str | None) -> str | None:
    return (country or "").strip().upper() or None
