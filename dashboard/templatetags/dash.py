"""Tags of the dashboard's templates: icons, times in the organisation's zone, money, pills, actors."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from agentcollect.kit import money as kit_money
from dashboard import words
from dashboard.icons import ICONS

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon; with `label` it speaks to screen readers, else it is decoration beside a text."""
    drawn = mark_safe(ICONS[name])  # noqa: S308  (our own constants)
    if label:
        return format_html('<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, drawn)
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', drawn)


@register.simple_tag
def pill(family: str, value: str) -> SafeString:
    """A state as icon and words; the tone only repeats what the words say."""
    said = words.said(family, value)
    return format_html('<span class="pill {}">{}{}</span>', said.tone, icon(said.icon), said.label)


@register.simple_tag
def case_pill(case: Any) -> SafeString:
    """The case's state; a closed one says why."""
    return pill("closed", case.close_reason) if case.close_reason else pill("case", case.status)


@register.simple_tag
def money(minor: int | None, currency: str) -> str:
    """`$15,000.00`; an em dash for nothing."""
    return kit_money.display(minor, currency) if minor is not None else "—"


@register.filter
def rate(value: Decimal | float | None) -> str:
    """A fraction as a percentage with one decimal: 0.4217 → 42.2%."""
    return "—" if value is None else f"{float(value) * 100:.1f}%"


@register.simple_tag(takes_context=True)
def moment(context: template.Context, value: datetime | None, style: str = "full") -> str:
    """A time in the organisation's zone with UTC in its title. Styles: full, seconds, time, day."""
    if value is None:
        return "—"
    local = value.astimezone(zone_of(context))
    text = {
        "full": f"{local.day} {local:%b %Y, %H:%M}",
        "seconds": f"{local.day} {local:%b, %H:%M:%S}",
        "time": f"{local:%H:%M}",
        "day": f"{local.day} {local:%b %Y}",
    }[style]
    utc = value.astimezone(UTC)
    title = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>', f"{utc:%Y-%m-%dT%H:%M:%SZ}", title, text
    )


@register.simple_tag(takes_context=True)
def moment_of(context: template.Context, text: str) -> str:
    """`moment` of a time that is kept as ISO text."""
    return moment(context, datetime.fromisoformat(text))


@register.simple_tag(takes_context=True)
def local_input(context: template.Context, value: datetime) -> str:
    """A time in the organisation's zone as a `datetime-local` field takes it, to the minute before."""
    return f"{value.astimezone(zone_of(context)):%Y-%m-%dT%H:%M}"


@register.simple_tag(takes_context=True)
def day_title(context: template.Context, value: date) -> str:
    """ "Today", "Yesterday", else "Tuesday, 17 March 2026"."""
    distance = (value - context["now"].astimezone(zone_of(context)).date()).days
    named = {0: "Today, ", -1: "Yesterday, "}.get(distance, "")
    return f"{named}{value:%A}, {value.day} {value:%B %Y}" if not named else f"{named}{value.day} {value:%B}"


@register.filter
def plain_date(value: date | None) -> str:
    return f"{value.day} {value:%b %Y}" if value else "—"


@register.simple_tag(takes_context=True)
def actor(context: template.Context, by: str) -> str:
    """A chip that names who did it."""
    drawn, text = words.actor(by, context.get("members") or {})
    return format_html('<span class="chip">{}{}</span>', icon(drawn), text)


@register.simple_tag(takes_context=True)
def on_clock(context: template.Context, clock_id: str, style: str = "badge") -> str:
    """Which test clock something is on; nothing on the wall. Styles: badge, with the clock's time; name, for a list."""
    found = (context.get("clocks") or {}).get(clock_id) if clock_id else None
    if found is None:
        return ""
    where = reverse("dashboard:clocks-detail", args=[found.id])
    name = found.name or short_id(found.id)
    if style == "name":
        return format_html('<a class="on-clock" href="{}">{}on {}</a>', where, icon("clock"), name)
    shown = moment(context, found.frozen_time, "day")
    return format_html(
        '<a class="pill info wraps" href="{}">{}<span>on clock {}, {}</span></a>', where, icon("clock"), name, shown
    )


@register.filter
def words_of(value: str, table: str) -> str:
    """The plain words of a small table: {{ hold.kind|words_of:"HOLD" }}."""
    return getattr(words, table).get(value) or words.readable(str(value))


@register.filter
def code_spans(text: str) -> SafeString:
    """What stands between backticks as code; the rest is escaped as any text."""
    parts = [
        format_html('<span class="mono">{}</span>' if odd % 2 else "{}", part)
        for odd, part in enumerate(text.split("`"))
    ]
    return format_html("{}" * len(parts), *parts)


@register.filter
def urlpairs(pairs: dict[str, str]) -> str:
    """The filters of a list as the address has them."""
    return urlencode(pairs)


@register.filter
def in_fours(text: str) -> str:
    """An account number or a reference in groups of four: `DE89 3704 0044`."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def readable(value: str) -> str:
    return words.readable(value)


@register.filter
def rule_title(rule_id: str) -> str:
    return words.rule_title(rule_id)


@register.filter
def rule_citation(rule_id: str) -> str:
    return words.rule_citation(rule_id)


@register.filter
def percent(part: int, whole: int) -> str:
    """The share of `whole` as an SVG width: "37.5%"."""
    return f"{part * 100 / whole:.2f}%" if whole else "0%"


@register.filter
def short_id(public_id: str) -> str:
    """The recognisable part of a long id: `cmp_0UZ8…9xQk`."""
    return f"{public_id[:8]}…{public_id[-4:]}" if len(public_id) > 16 else public_id


@register.filter
def timing(name: str) -> str:
    """`first_byte_ms` → "First byte"."""
    return words.readable(name.removesuffix("_ms"))


@register.filter
def ms(value: float | None) -> str:
    """Milliseconds as a reader wants them."""
    if value is None:
        return "—"
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def zone_of(context: template.Context) -> ZoneInfo:
    seat = context.get("seat")
    return seat.zone if seat else ZoneInfo("UTC")
