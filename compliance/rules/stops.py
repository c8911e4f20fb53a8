"""What stops contact: the class of the debt, holds, attorneys, cease, disputes, opt-outs; and what an answer is."""

from datetime import timedelta
from typing import Any

from compliance.facts import Facts, HoldFact, SuppressionFact, covered_in_california, debt_class_of
from compliance.hours import same_day, start_of_next_day
from compliance.rules import holds
from compliance.verdicts import OUTREACH, Ask, Says, rule
from compliance.zones import days_of

ANSWER_WITHIN = timedelta(hours=72)
# What a hold of the engine's own stops; a kind not listed stops everything. A debtor on a plan still gets
# receipts and answers, a paused creditor's debtor still the receipt for money already paid.
HOLD_STOPS: dict[str, frozenset[str]] = {
    "promise": OUTREACH,
    "plan": OUTREACH,
    "offer": OUTREACH,
    "paid_claim": OUTREACH,
    "document_needed": OUTREACH,
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


@rule(
    "R-32",
    "California commercial credit",
    citation="Cal. Civ. Code 1788 et seq. (SB 1286, AB 1521)",
    scope="All",
)
def california(facts: Facts, ask: Ask) -> Says:
    """What California covers gets the whole consumer profile (``debt_class_of``), or nothing at all."""
    covered = covered_in_california(facts)
    evidence = {"covered": covered, "natural_guarantor": facts.natural_guarantor, "credit_kind": facts.credit_kind}
    if covered and not facts.consumer_enabled:
        return Says("deny", "California asks for the consumer profile, which is not enabled here", evidence)
    return Says("allow", "the whole consumer profile" if covered else "not covered commercial credit", evidence)


@rule("R-29", "Bankruptcy, death, service", citation="11 USC 362; 50 USC 3901; 1006.6(a)(4)", scope="All")
def final_holds(facts: Facts, ask: Ask) -> Says:
    """Deny everything on any such hold of this debtor, whatever its scope; a person decides."""
    found = holds.active(facts, ask.at, holds.FINAL_HOLDS)
    return holds.stopped(found, "everything stops and a person decides")


@rule("R-03", "Represented by an attorney", citation="1006.6(b)(2)", scope="C; D")
def attorney_represented(facts: Facts, ask: Ask) -> Says:
    """Deny every contact but one to that attorney."""
    found = holds.active(facts, ask.at, frozenset({"attorney_represented"}))
    if found and facts.recipient and facts.recipient.party == "attorney":
        return Says("allow", "this goes to the debtor's attorney", {"holds": [holds.shown(h) for h in found]})
    return holds.stopped(found, "an attorney represents the debtor; only the attorney may be contacted")


@rule("R-05", "Cease communication", citation="1006.6(c)", scope="C; D")
def cease(facts: Facts, ask: Ask) -> Says:
    """Deny every contact of that debtor, whatever the hold's scope, save one acknowledgement."""
    found = holds.active(facts, ask.at, frozenset({"cease"}))
    return holds.stopped_but_one(facts, ask, found, "cease", "the debtor asked that all contact cease")


@rule("R-17", "Disputed invoice", citation="1006.38(d)", scope="C; D")
def dispute(facts: Facts, ask: Ask) -> Says:
    """Deny every contact about a disputed invoice, save one acknowledgement, until it is answered."""
    found = holds.covering(facts, ask, holds.active(facts, ask.at, frozenset({"dispute"})))
    return holds.stopped_but_one(facts, ask, found, "dispute", "the invoice is disputed and not yet answered")


@rule("R-10", "Opt-out honoured", citation="1006.14(h); 1006.6(e)", scope="C; D", defers=True)
def opt_out(facts: Facts, ask: Ask) -> Says:
    """Deny a suppressed address or channel, save one confirmation; the same day, no other person instead."""
    if facts.recipient is None:
        return Says("deny", "no recipient is named, so no opt-out can be checked")
    found: list[SuppressionFact | HoldFact] = [*suppressing(facts, ask.channel), *_opt_out_holds(facts, ask)]
    if found:
        since = min(entry.since for entry in found)
        evidence = {"opt_outs": [holds.shown(entry) for entry in found]}
        if ask.confirms == "opt_out" and not holds.confirmed(facts, ask, "opt_out", since):
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
    if ask.confirms:
        # A review asks what to do next; the one acknowledgement that grant is owed all the same.
        kinds.discard("compliance_review")
    stops = frozenset(kind for kind in kinds if ask.kind in HOLD_STOPS.get(kind, {ask.kind}))
    found = holds.covering(facts, ask, holds.active(facts, ask.at, stops))
    return holds.stopped(found, "nothing is sent while it lasts")


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


def suppressing(facts: Facts, *channels: str) -> list[SuppressionFact]:
    """The opt-outs of the recipient's address for one of ``channels``."""
    address = holds.plain(facts.recipient.address) if facts.recipient else None
    kept = [s for s in facts.suppressions if s.channel is None or s.channel in channels]
    return [s for s in kept if s.address is None or holds.plain(s.address) == address]


def _opt_out_holds(facts: Facts, ask: Ask) -> list[HoldFact]:
    kinds = frozenset({"opt_out", "opt_out:all", f"opt_out:{ask.channel}"})
    return holds.covering(facts, ask, holds.active(facts, ask.at, kinds))


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
    return kind in holds.NAMED_HOLDS or kind.split(":")[0] == "opt_out"
