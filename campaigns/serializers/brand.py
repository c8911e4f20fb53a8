"""The brand of a body: what was sent of it, checked."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from campaigns.serializers import intake, parsing
from campaigns.serializers.intake import BrandIn
from campaigns.serializers.reading import Faults, fetchable, text


def brand(given: BrandIn, faults: Faults) -> dict[str, Any]:
    """The brand of a create: only what says something."""
    return {name: value for name, value in brand_parts(given, faults).items() if value}


def brand_parts(brand: BrandIn, faults: Faults) -> dict[str, Any]:
    """The parts of a brand that were sent, checked; one that was sent to be cleared is None."""
    read = faults.read
    found: dict[str, Any] = {}
    for name in intake.BRAND_PARTS:
        given = getattr(brand, name)
        if given is UNSET:
            continue
        if name in _BRAND_READERS:
            code, parse = _BRAND_READERS[name]
            found[name] = read(f"brand.{name}", code, parse, text(given) or None, None)
        elif name == "logo_url":
            found[name] = fetchable(given, "brand.logo_url", faults) or None
        else:
            found[name] = text(given) or None
    if brand.colors is None:
        found["colors"] = None
    elif isinstance(brand.colors, intake.Colors):
        found["colors"] = _colors(brand.colors, faults)
    return found


_BRAND_READERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "domain": ("invalid_domain", parsing.parse_domain),
    "pay_domain": ("invalid_domain", parsing.parse_domain),
    "from_email": ("invalid_email", parsing.parse_email),
    "reply_to": ("invalid_email", parsing.parse_email),
}


def _colors(colors: intake.Colors, faults: Faults) -> dict[str, str | None]:
    given = {name: getattr(colors, name) for name in ("primary", "accent")}
    return {
        name: faults.read(f"brand.colors.{name}", "invalid_color", parsing.parse_color, value, None)
        for name, value in given.items()
        if value is not UNSET
    }
