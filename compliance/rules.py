"""The rules, one function each, in the order in which a refusal is reported.

A rule reads ``Facts`` (what is so) and ``Ask`` (what is wanted) and says allow, deny, defer or require, with
reason and evidence. Citations without a title are to 12 CFR part 1006 (Regulation F). Not legal advice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from compliance import volume
from compliance.facts import (
    ELECTRONIC,
    Facts,
    HoldFact,
    SuppressionFact,
    debt_class_of,
    is_consumer,
)
from compliance.hours import (
    NeverPermitted,
    next_permitted,
    next_permitted_for,
    obstacle,
    opening,
    same_day,
    schedule_of,
    start_of_next_day,
)
from compliance.verdicts import OUTREACH, Ask, Rule, RuleVerdict, Says, rule
from compliance.zones import candidates_of, days_of

__all__ = ["RULES", "Ask", "NeverPermitted", "Rule", "RuleVerdict", "next_permitted", "next_permitted_for"]

ANSWER_WITHIN = timedelta(hours=72)
FINAL_HOLDS = frozenset({"bankruptcy", "deceased", "servicemember"})
# Holds that another rule speaks for; H-01 speaks for all the rest, also for kinds it has never heard of.
NAMED_HOLDS = FINAL_HOLDS | {"attorney_represented", "cease", "dispute"}
# What a hold of the engine's own stops; a kind not listed stops everything. A debtor on a plan still gets
# receipts and answers, a paused creditor's debtor still the receipt for money already paid.
HOLD_STOPS: dict[str, frozenset[str]] = {
    "promise": OUTREACH,
    "plan": OUTREACH,
    "paid_claim": OUTREACH,
    "payment_processing": OUTREACH,
    "creditor_pause": frozenset({"outreach", "answer"}),
    "approval": frozenset({"outreach", "answer"}),
    "balance_unconfirmed": frozenset({"outreach", "answer"}),
    "hardship": frozenset({"outreach", "answer"}),
}


@rule("R-00", "Debt class", citation="15 USC 1692a(5)-(6)", scope="All")
def debt_class(facts: Facts, ask: Ask) -> Says:
    """Deny while the class is unknown, and a consumer debt of an organisation not enabled for it."""
    found = debt_class_of(facts)
    evidence: dict[str, Any] = {
        "debt_class": found,
        "row": facts.debt_class,
        "attested": facts.attested_class,
    }
    evidence |= {"debtor_type": facts.debtor_type, "consumer_enabled": facts.consumer_enabled}
    if found is None:
        return Says("deny", "nobody said whether this is a consumer or a commercial debt", evidence)
    if found == "consumer" and not facts.consumer_enabled:
        return Says("deny", "consumer debt is not enabled for this organisation", evidence)
    return Says("allow", f"{found} debt", evidence)


@rule("R-29", "Bankruptcy, death, service", citation="11 USC 362; 50 USC 3901; 1006.6(a)(4)", scope="All")
def final_holds(facts: Facts, ask: Ask) -> Says:
    """Deny everything on any such hold of this debtor, whatever its scope; a person decides."""
    return _stopped(_active(facts, ask.at, FINAL_HOLDS), "everything stops and a person decides")


@rule("R-03", "Represented by an attorney", citation="1006.6(b)(2)", scope="C; D")
def attorney_represented(facts: Facts, ask: Ask) -> Says:
    """Deny every contact but one to that attorney."""
    found = _active(facts, ask.at, frozenset({"attorney_represented"}))
    if found and facts.recipient and facts.recipient.party == "attorney":
        return Says("allow", "this goes to the debtor's attorney", {"holds": [_shown(h) for h in found]})
    return _stopped(found, "an attorney represents the debtor; only the attorney may be contacted")


@rule("R-05", "Cease communication", citation="1006.6(c)", scope="C; D")
def cease(facts: Facts, ask: Ask) -> Says:
    """Deny every contact of that debtor, whatever the hold's scope, save one acknowledgement."""
    found = _active(facts, ask.at, frozenset({"cease"}))
    return _stopped_but_one(facts, ask, found, "cease", "the debtor asked that all contact cease")


@rule("R-17", "Disputed invoice", citation="1006.38(d)", scope="C; D")
def dispute(facts: Facts, ask: Ask) -> Says:
    """Deny every contact about a disputed invoice, save one acknowledgement, until it is answered."""
    found = _covering(facts, ask, _active(facts, ask.at, frozenset({"dispute"})))
    return _stopped_but_one(facts, ask, found, "dispute", "the invoice is disputed and not yet answered")


@rule("R-10", "Opt-out honoured", citation="1006.14(h); 1006.6(e)", scope="C; D", defers=True)
def opt_out(facts: Facts, ask: Ask) -> Says:
    """Deny a suppressed address or channel, save one confirmation; the same day, no other person instead."""
    if facts.recipient is None:
        return Says("deny", "no recipient is named, so no opt-out can be checked")
    found: list[SuppressionFact | HoldFact] = [*_suppressing(facts, ask), *_opt_out_holds(facts, ask)]
    if found:
        since = min(entry.since for entry in found)
        evidence = {"opt_outs": [_shown(entry) for entry in found]}
        if ask.confirms == "opt_out" and not _confirmed(facts, ask, "opt_out", since):
            return Says("allow", "the one confirmation of an opt-out", evidence)
        return Says("deny", f"this address or the channel {ask.channel} is opted out", evidence)
    return _no_hunting(facts, ask)


@rule("H-01", "The engine's own holds", citation="house rule", scope="All")
def engine_holds(facts: Facts, ask: Ask) -> Says:
    """Deny on every other active hold of the campaign, debtor, case or contact, for what that hold stops."""
    kinds = {hold.kind for hold in facts.holds if not _named_elsewhere(hold.kind)}
    if not facts.livemode:
        # Test mode verifies no domain: nothing sent there leaves the house.
        kinds.discard("domain_unverified")
    stops = frozenset(kind for kind in kinds if ask.kind in HOLD_STOPS.get(kind, {ask.kind}))
    return _stopped(_covering(facts, ask, _active(facts, ask.at, stops)), "nothing is sent while it lasts")


@rule("K-01", "Answers", citation="house rule", scope="All", kinds=frozenset({"answer"}), defers=True)
def answers(facts: Facts, ask: Ask) -> Says:
    """Deny unless they wrote on this channel in the last 72 hours; one automatic answer a day."""
    contact = facts.recipient.contact_id if facts.recipient else None
    theirs = [c for c in facts.history if c.contact_id == contact and c.channel == ask.channel]
    asked = [c.at for c in theirs if c.direction == "in" and c.at <= ask.at <= c.at + ANSWER_WITHIN]
    if not asked:
        return Says("deny", f"no message of theirs by {ask.channel} in the last 72 hours to answer")
    evidence = {"answers": max(asked).isoformat()}
    given = [c.at for c in facts.history if c.contact_id == contact and c.kind == "answer" and c.counts]
    today = [at for at in given if same_day(at, ask.at, days_of(facts))]
    if ask.automatic and today:
        until = max(start_of_next_day(at, days_of(facts)) for at in today)
        return Says("defer", "an automatic answer went out today already", evidence, until)
    return Says("allow", "answers their message", evidence)


@rule("R-09", "Opt-out offered", citation="1006.6(e)", scope="C; D")
def opt_out_offered(facts: Facts, ask: Ask) -> Says:
    """Require the visible sentence and the link without login in every electronic message."""
    if ask.channel not in ELECTRONIC:
        return Says("allow", "not an electronic message")
    present = {"opt_out_line": facts.opt_out_line, "opt_out_link": facts.opt_out_link}
    missing = [name for name, there in present.items() if not there]
    if missing:
        return Says("require", "the message must tell how to opt out, and link to it", {"missing": missing})
    return Says("allow", "the opt-out sentence and link are there", present)


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


# The order decides only which of several refusals is named first; every rule is always asked.
RULES: tuple[Rule, ...] = (
    debt_class,
    final_holds,
    attorney_represented,
    cease,
    dispute,
    opt_out,
    engine_holds,
    answers,
    opt_out_offered,
    hours,
    overall_volume,
)


def _active(facts: Facts, at: datetime, kinds: frozenset[str]) -> list[HoldFact]:
    # A hold counts even before its ``since``: a clock that runs behind must not hide one that was read.
    return [h for h in facts.holds if h.kind in kinds and (h.until is None or at < h.until)]


def _covering(facts: Facts, ask: Ask, found: Iterable[HoldFact]) -> list[HoldFact]:
    """The holds that reach this invoice and this recipient; an unnamed case or contact is reached by all."""
    contact = facts.recipient.contact_id if facts.recipient else None
    kept = [h for h in found if h.scope != "case" or _may_be(h.case_id, ask.case_id)]
    return [h for h in kept if h.scope != "contact" or _may_be(h.contact_id, contact)]


def _may_be(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _stopped(found: list[HoldFact], reason: str) -> Says:
    if not found:
        return Says("allow", "no such hold")
    ends = [hold.until for hold in found if hold.until is not None]
    until = max(ends) if len(ends) == len(found) else None
    kinds = ", ".join(sorted({hold.kind for hold in found}))
    return Says("deny", f"on hold ({kinds}): {reason}", {"holds": [_shown(hold) for hold in found]}, until)


def _stopped_but_one(facts: Facts, ask: Ask, found: list[HoldFact], what: str, reason: str) -> Says:
    says = _stopped(found, reason)
    since = min((hold.since for hold in found), default=ask.at)
    if found and ask.confirms == what and not _confirmed(facts, ask, what, since):
        return Says("allow", f"the one acknowledgement of a {what}", says.evidence)
    return says


def _confirmed(facts: Facts, ask: Ask, what: str, since: datetime) -> bool:
    """Whether the one confirmation was handed over already: per contact, per debtor, or per case."""
    sent = [c for c in facts.history if c.confirms == what and c.counts and c.at >= since]
    if what == "opt_out" and facts.recipient:
        sent = [c for c in sent if c.contact_id in (None, facts.recipient.contact_id)]
    if what == "dispute" and ask.case_id:
        sent = [c for c in sent if c.case_id in (None, ask.case_id)]
    return bool(sent)


def _suppressing(facts: Facts, ask: Ask) -> list[SuppressionFact]:
    address = _plain(facts.recipient.address) if facts.recipient else None
    kept = [s for s in facts.suppressions if s.channel in (None, ask.channel)]
    return [s for s in kept if s.address is None or _plain(s.address) == address]


def _opt_out_holds(facts: Facts, ask: Ask) -> list[HoldFact]:
    kinds = frozenset({"opt_out", "opt_out:all", f"opt_out:{ask.channel}"})
    return _covering(facts, ask, _active(facts, ask.at, kinds))


def _no_hunting(facts: Facts, ask: Ask) -> Says:
    """No outreach to another person of that debtor on the day one of them opted out."""
    contact = facts.recipient.contact_id if facts.recipient else None
    left: list[SuppressionFact | HoldFact] = [*facts.suppressions]
    left += [hold for hold in facts.holds if hold.kind.startswith("opt_out")]
    others = [entry.since for entry in left if entry.contact_id is None or entry.contact_id != contact]
    zones = days_of(facts)
    today = [since for since in others if same_day(since, ask.at, zones)]
    if ask.kind != "outreach" or not today:
        return Says("allow", "not opted out")
    until = max(start_of_next_day(since, zones) for since in today)
    evidence = {"opted_out_at": [since.isoformat() for since in today]}
    return Says("defer", "another person of this debtor opted out today", evidence, until)


def _named_elsewhere(kind: str) -> bool:
    return kind in NAMED_HOLDS or kind.split(":")[0] == "opt_out"


def _plain(address: str) -> str:
    """An address without differences that do not matter: case, outer spaces, and the spelling of a number."""
    text = address.strip().casefold()
    if "@" in text or any(letter.isalpha() for letter in text):
        return text
    return "".join(character for character in text if character.isdigit())


def _place(facts: Facts, at: datetime) -> dict[str, Any]:
    found = candidates_of(facts)
    local = {zone: at.astimezone(ZoneInfo(zone)).isoformat() for zone in found.zones}
    sources = [{"source": source, "zone": zone} for source, zone in found.sources]
    place = {"country": facts.country, "region": facts.region, "consumer": is_consumer(facts)}
    return {"local": local, "sources": sources, "zone_known": found.known, **place}


def _shown(entry: HoldFact | SuppressionFact) -> dict[str, Any]:
    """A fact as evidence: JSON values, without the address itself (decisions outlive an erasure request)."""
    names = ("kind", "scope", "channel", "case_id", "contact_id", "by")
    shown = {name: getattr(entry, name) for name in names if getattr(entry, name, None)}
    moments = {name: getattr(entry, name, None) for name in ("since", "until")}
    return shown | {name: at.isoformat() for name, at in moments.items() if at is not None}
