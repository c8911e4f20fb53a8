"""What may be asked for: authorised amounts, debts past their time, and the attorney."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from compliance import tables
from compliance.facts import Facts, is_consumer
from compliance.verdicts import Ask, Says, rule
from compliance.zones import days_of, region_code

_LIMITATION = tables.load("limitation")
YEARS: dict[str, int] = _LIMITATION["years"]
EXTINGUISHED = frozenset(_LIMITATION["extinguished"])


@rule("R-18", "Authorised amounts", citation="1006.22(b); 15 USC 1692f(1)", scope="C; D")
def authorised_amounts(facts: Facts, ask: Ask) -> Says:
    """Interest and fees name the clause or statute they rest on, and what is asked for is the account's sum."""
    evidence = {"authorised": facts.amounts_authorised, "agrees": facts.ledger_agrees}
    if facts.amounts_authorised is False:
        return Says("deny", "interest or a fee on the account names no clause or statute", evidence)
    if facts.ledger_agrees is False:
        return Says("deny", "the balance shown is not the sum of the account", evidence)
    unread = facts.amounts_authorised is None or facts.ledger_agrees is None
    if unread and (facts.livemode or is_consumer(facts)):
        return Says("deny", "nobody read the account", evidence)
    return Says("allow", "every amount rests on something", evidence)


@rule("R-20", "Debts past their time", citation="1006.26(b); state statutes of limitation", scope="C; D")
def time_barred(facts: Facts, ask: Ask) -> Says:
    """Deny an extinguished debt, and every word of a lawsuit about one that is, or may be, past its time."""
    state = barred(facts, ask.at)
    evidence = {"owed_since": facts.owed_since.isoformat() if facts.owed_since else None, "state": state}
    if is_consumer(facts) and (facts.owed_since is None or not facts.region):
        return Says("deny", "since when it is owed, or in which state, is not known for a consumer", evidence)
    if state == "extinguished":
        return Says("deny", "the debt is extinguished by the law of that state", evidence)
    if state != "live" and facts.message.suit:
        return Says("deny", "nothing may hint at a lawsuit: the debt is or may be past its time", evidence)
    return Says(
        "allow",
        {"live": "within its time", "barred": "past its time: no word of a lawsuit"}.get(
            state, "its time is not known: no word of a lawsuit"
        ),
        evidence,
    )


@rule("R-33", "Attorney", citation="1006.18(b)(1)(iii), (g)", scope="All")
def attorney(facts: Facts, ask: Ask) -> Says:
    """No word of an attorney before one licensed in the debtor's state has accepted and the creditor authorised it."""
    if not facts.message.attorney:
        return Says("allow", "no word of an attorney")
    found = facts.attorney
    here = region_code(facts.country, facts.region)
    if found is None or found.accepted_at is None or found.accepted_at > ask.at:
        return Says("deny", "no attorney has accepted this case")
    if here is None or found.region != here:
        return Says("deny", "the attorney is not licensed in the debtor's state", {"licensed": found.region})
    if not found.authorised:
        return Says("deny", "the creditor has not authorised an attorney for this case")
    if barred(facts, ask.at) != "live":
        return Says("deny", "no attorney for a debt that is or may be past its time")
    return Says("allow", "accepted by an attorney licensed there", {"accepted_at": found.accepted_at.isoformat()})


def barred(facts: Facts, at: datetime) -> str:
    """ "live", "barred", "extinguished" (some states) or "unknown" (then treated as barred).

    Asked for a plain invoice, with the shortest period that may apply in the state of the debtor.
    """
    region = region_code(facts.country, facts.region)
    if (facts.country or "").upper() != "US" or region not in YEARS or facts.owed_since is None:
        return "unknown"
    today = max(at.astimezone(ZoneInfo(zone)).date() for zone in days_of(facts))
    if today < _years_after(facts.owed_since, YEARS[region]):
        return "live"
    return "extinguished" if region in EXTINGUISHED else "barred"


def _years_after(day: date, years: int) -> date:
    # 29 February ends on 28 February: a day early rather than late.
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)
