"""Two small charts as SVG, drawn on the server: readable without a script, printable, with a title for each mark.

The page gives the colours (`.grid`, `.drawn`); a table beside the chart says the same.
"""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 240, 72, 28
_GRID, _TOP = 4, 16


def line(points: Sequence[tuple[str, float, str]], *, title: str, unit: str = "%", says: str = "") -> SafeString:
    """A line over `points` (label below, value, words of the mark), from 0 to the largest value."""
    top = max((value for _, value, _ in points), default=0) or 1
    step = (WIDTH - LEFT) / max(len(points) - 1, 1)
    places = [(LEFT + n * step, _y(value, top)) for n, (_, value, _) in enumerate(points)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="2.5"><title>{}</title></circle>',
        ((f"{x:.1f}", f"{y:.1f}", words) for (x, y), (_, _, words) in zip(places, points, strict=True)),
    )
    labels = _below([(x, label) for (x, _), (label, _, _) in zip(places, points, strict=True)])
    drawn = format_html('<polyline points="{}"/>{}{}', path, marks, labels)
    return _svg(title, says, _grid(top, unit), drawn)


def bars(rows: Sequence[tuple[str, float, str]], *, title: str, unit: str = "", says: str = "") -> SafeString:
    """Upright bars: label below, value, words of the mark."""
    top = max((value for _, value, _ in rows), default=0) or 1
    slot = (WIDTH - LEFT) / max(len(rows), 1)
    drawn = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (
                f"{LEFT + n * slot + slot * 0.1:.1f}",
                f"{_y(value, top):.1f}",
                f"{slot * 0.8:.1f}",
                f"{HEIGHT - BOTTOM - _y(value, top):.1f}",
                words,
            )
            for n, (_, value, words) in enumerate(rows)
        ),
    )
    labels = _below([(LEFT + n * slot + slot / 2, label) for n, (label, _, _) in enumerate(rows)])
    return _svg(title, says, _grid(top, unit), drawn + labels)


def _y(value: float, top: float) -> float:
    return _TOP + (HEIGHT - BOTTOM - _TOP) * (1 - value / top)


def _grid(top: float, unit: str) -> SafeString:
    return format_html_join(
        "",
        '<line x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}{}</text>',
        (
            (
                LEFT,
                WIDTH,
                f"{_y(v, top):.1f}",
                f"{_y(v, top):.1f}",
                LEFT - 6,
                f"{_y(v, top) + 4:.1f}",
                _short(v),
                unit,
            )
            for v in (top * n / _GRID for n in range(_GRID + 1))
        ),
    )


def _short(value: float) -> str:
    """Three digits, and thousands as such: 57.1, 1.2k, 34M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _below(labels: Sequence[tuple[float, str]]) -> SafeString:
    """At most a dozen of them, so that none lies on another."""
    every = -(-len(labels) // 12)
    return format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        ((f"{x:.1f}", HEIGHT - 8, label) for n, (x, label) in enumerate(labels) if n % every == 0),
    )


def _svg(title: str, says: str, grid: SafeString, drawn: SafeString) -> SafeString:
    """`says`: what the chart tells, in a sentence, for who cannot see it."""
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><desc>{}</desc><g class="grid">{}</g>'
        '<g class="drawn">{}</g></svg>',
        WIDTH + 16,
        HEIGHT,
        title,
        says or title,
        grid,
        drawn,
    )
