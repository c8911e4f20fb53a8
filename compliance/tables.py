"""The bundled tables, read once at import. Each file names its source and date, and is not legal advice."""

import json
from importlib import resources
from typing import Any, cast


def load(name: str) -> dict[str, Any]:
    """The JSON table ``data/<name>.json`` as a dict. Raises KeyError for a table without source or date."""
    text = (resources.files("compliance") / "data" / f"{name}.json").read_text(encoding="utf-8")
    table = cast(dict[str, Any], json.loads(text))
    for required in ("source", "date", "notice"):
        table[required]
    return table


def zones_by_country() -> dict[str, tuple[str, ...]]:
    """ISO country -> its IANA zones, from the ``zone.tab`` that ships with the tzdata package."""
    text = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, tuple[str, ...]] = {}
    for country, _coordinates, zone, *_comment in rows:
        found[country] = (*found.get(country, ()), zone)
    return found


def zones_by_area_code() -> dict[str, tuple[str, ...]]:
    """Three-digit area code of the +1 numbering plan -> its IANA zones."""
    found: dict[str, tuple[str, ...]] = {}
    for zone, codes in load("area_codes")["zones"].items():
        for code in codes.split():
            found[code] = (*found.get(code, ()), zone)
    return found


def zones_by_region() -> dict[tuple[str, str], tuple[str, ...]]:
    """(country, region) -> its IANA zones; a region cut by a zone boundary has several."""
    regions = load("regions")["regions"]
    return {(c, r): tuple(zones.split()) for c, rows in regions.items() for r, zones in rows.items()}


def contiguous_zones() -> dict[str, tuple[str, ...]]:
    """Country -> the zones that stand for all of it where no better is known (the contiguous US)."""
    return {country: tuple(zones.split()) for country, zones in load("regions")["contiguous"].items()}


def country_by_calling_code() -> dict[str, str]:
    """E.164 country code without its plus sign -> ISO country."""
    return dict(load("calling_codes")["codes"])


def free_mail() -> frozenset[str]:
    """The domains that give addresses to anybody."""
    return frozenset(load("free_mail")["domains"])
