"""The creditor's colours on our page, readable whatever they chose."""

import re

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
DEFAULT_PRIMARY, DEFAULT_ACCENT = "#1f3a5f", "#2f6f5e"
WHITE, BLACK = "#ffffff", "#000000"
# The page's own surfaces, light and dark (payments/static/payments/pay.css says the same).
SURFACES = {"light": "#ffffff", "dark": "#171a1f"}
# What notices and ticked rows stand on: links and marks are seen there as well.
TINTS = {"light": "#f7f8fa", "dark": "#1d2127"}
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


def readable(colour: str, surface: str, ratio: float, also: str = "") -> str:
    """`colour` moved towards black or white, as little as needed to stand out from `surface`, and from `also` like it,
    by `ratio`."""
    target = BLACK if luminance(surface) > 0.18 else WHITE
    for step in range(21):
        candidate = _mix(colour, target, step / 20)
        if min(contrast(candidate, surface), contrast(candidate, also or surface)) >= ratio:
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
    return {scheme: _scheme(primary, accent, surface, TINTS[scheme]) for scheme, surface in SURFACES.items()}


def _scheme(primary: str, accent: str, surface: str, tint: str) -> dict[str, str]:
    return {
        "brand": primary,
        "brand-ink": ink_on(primary),
        "action": readable(primary, surface, SHAPE_RATIO, tint),
        "link": readable(primary, surface, TEXT_RATIO, tint),
        "accent": readable(accent, surface, SHAPE_RATIO, tint),
    }


def _valid(colour: object, fallback: str) -> str:
    return colour.lower() if isinstance(colour, str) and _HEX.fullmatch(colour) else fallback
