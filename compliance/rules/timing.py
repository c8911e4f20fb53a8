"""When, and how often: hours, times the debtor told us are inconvenient, calls, overall volume."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from compliance import calls, volume
from compliance.facts import Facts, Inconvenient, is_consumer
from compliance.hours import NeverPermitted, obstacle, opening, schedule_of, turns
from compliance.rules.holds import may_be, plain
from compliance.verdicts import OUTREACH, Ask, Says, rule
from compliance.zones import candidates_of, days_of

_WEEK = timedelta(days=8)


@rule("R-01", "Hours", citation="1006.6(b)(1)", scope="C; D", kinds=OUTREACH, defers=True)
def hours(facts: Facts, ask: Ask) -> Says:
    """Defer to the next moment inside the window of every candidate zone; deny where there is none."""
    evidence = _place(facts, ask.at)
    try:
        window = schedule_of(facts, ask.channel)
        why = obstacle(window, ask.at)
        if why is None:
            return Says("allow", "inside permitted hours", evidence)
        return Says("defer", why, evidence, opening(window, ask.at))
    except NeverPermitted as never:
        return Says("deny", str(never), evidence)


@rule("R-02", "Inconvenient time or place", citation="1006.6(b)(1), (3)", scope="C; D", kinds=OUTREACH, defers=True)
def inconvenient(facts: Facts, ask: Ask) -> Says:
    """Defer to the end of the times they told us are inconvenient; deny where no other time is left."""
    address = plain(facts.recipient.address) if facts.recipient else ""
    told = [one for one in facts.inconvenient if one.channel in (None, ask.channel)]
    told = [one for one in told if one.address is None or plain(one.address) == address]
    if not any(_inside(one, facts, ask.at) for one in told):
        return Says("allow", "no time or place that they called inconvenient")
    evidence = {"told_at": [one.since.isoformat() for one in told]}
    until = ask.at
    while ends := [_end(one, facts, until) for one in told if _inside(one, facts, until)]:
        until = max(ends)
        if until > ask.at + _WEEK:
            return Says("deny", f"they asked not to be reached there, or by {ask.channel}, at any time", evidence)
    return Says("defer", "they told us that this time is inconvenient", evidence, until)


def _inside(told: Inconvenient, facts: Facts, at: datetime) -> bool:
    return any(_covers(told, at.astimezone(ZoneInfo(zone))) for zone in days_of(facts))


def _covers(told: Inconvenient, local: datetime) -> bool:
    starts, ends = told.starts or time.min, told.ends
    now, today = local.time(), not told.days or local.weekday() in told.days
    if ends is None or ends == time.min:
        return today and now >= starts
    if starts < ends:
        return today and starts <= now < ends
    yesterday = not told.days or (local.weekday() - 1) % 7 in told.days
    return (today and now >= starts) or (yesterday and now < ends)


def _end(told: Inconvenient, facts: Facts, at: datetime) -> datetime:
    """The first minute after ``at`` that lies outside, found by its own edges; a week on where there is none.

    What is inside ends at a local ``ends`` or midnight of some zone, so only those moments are tried.
    """
    edges = sorted(
        {
            datetime.combine(at.astimezone(ZoneInfo(zone)).date() + timedelta(days=n), edge, ZoneInfo(zone))
            .replace(fold=fold)
            .astimezone(UTC)
            for zone in days_of(facts)
            for n in range(9)
            for edge in {told.ends or time.min, time.min}
            for fold in (0, 1)
        }
        | _clock_turns(facts, at)
    )
    return next((edge for edge in edges if edge > at and not _inside(told, facts, edge)), at + _WEEK + _WEEK)


def _clock_turns(facts: Facts, at: datetime) -> set[datetime]:
    """A clock turned forward may jump out of the window in its middle."""
    found = set()
    for zone in days_of(facts):
        first = at.astimezone(ZoneInfo(zone)).date()
        for n in range(9):
            found |= set(turns(zone, first + timedelta(days=n)))
    return found


@rule("R-11", "Calls", citation="1006.14(b)(2)", scope="C; D", kinds=OUTREACH, defers=True)
def call_caps(facts: Facts, ask: Ask) -> Says:
    """Defer a call over the cap of attempts in seven days, or within seven days of a conversation."""
    if ask.channel != "call":
        return Says("allow", "not a call")
    contact = facts.recipient.contact_id if facts.recipient else None
    mine = [c for c in facts.history if c.channel == "call" and may_be(c.contact_id, contact)]
    mine = [c for c in mine if may_be(c.case_id, ask.case_id)]
    attempts = [c.at for c in mine if c.kind == "outreach" and c.counts]
    talks = [c.at for c in mine if c.conversation]
    cap, zones = calls.cap(facts.country, facts.region), days_of(facts)
    evidence: dict[str, Any] = {"attempts": len(attempts), "conversations": len(talks), "cap": cap.number}
    evidence |= {"source": cap.source, "zones": list(zones)}
    found = calls.breach(ask.at, attempts, talks, cap=cap.number, zones=zones)
    if found is None:
        return Says("allow", "within the caps for calls", evidence)
    return Says("defer", found.cap, evidence, found.until)


@rule("R-12", "Overall volume", citation="1006.14(a)", scope="D", kinds=OUTREACH, defers=True)
def overall_volume(facts: Facts, ask: Ask) -> Says:
    """Defer to the earliest moment at which one more outreach breaks no cap of ``volume``."""
    counted = [c.at for c in facts.history if c.kind == "outreach" and c.counts]
    zones = days_of(facts)
    found = volume.breach(ask.at, counted, zones)
    evidence: dict[str, Any] = {"counted": len(counted), "zones": list(zones)}
    if found is None:
        return Says("allow", "within the caps", evidence)
    evidence |= {"cap": found.cap, "contacts": [at.isoformat() for at in found.contacts]}
    return Says("defer", f"over the cap: {found.cap}", evidence, volume.earliest(ask.at, counted, zones))


def _place(facts: Facts, at: datetime) -> dict[str, Any]:
    found = candidates_of(facts)
    local = {zone: at.astimezone(ZoneInfo(zone)).isoformat() for zone in found.zones}
    sources = [{"source": source, "zone": zone} for source, zone in found.sources]
    place = {"country": facts.country, "region": facts.region, "consumer": is_consumer(facts)}
    return {"local": local, "sources": sources, "zone_known": found.known, **place}
