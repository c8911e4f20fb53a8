"""Whether we may act at all: the mandate, where, for whom, with which licence, and not for the sanctioned."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from compliance import tables
from compliance.facts import Facts, is_consumer
from compliance.verdicts import Ask, Says, rule
from compliance.zones import days_of, region_code

REGISTER: dict[str, str] = tables.load("licences")["commercial"]
# How soon a name that waits for its screening is asked about again: the worker's beat is a minute.
LOOK_AGAIN = timedelta(minutes=10)


@rule("R-37", "Authority", citation="Restatement (Third) of Agency 2.01; 1006.22(b)", scope="All")
def authority(facts: Facts, ask: Ask) -> Says:
    """A person of the creditor signed the mandate, and that the debts are due, theirs, and placed nowhere else."""
    signed = facts.mandate
    if signed is None or not signed.signed_by or signed.signed_at > ask.at:
        return _missing(facts, "nobody of the creditor has signed the mandate")
    evidence = {"signed_at": signed.signed_at.isoformat(), "due": signed.due, "owned": signed.owned}
    evidence |= {"nowhere_else": signed.nowhere_else}
    if not (signed.due and signed.owned and signed.nowhere_else):
        return Says("deny", "not attested: that the debts are due, theirs, and placed with nobody else", evidence)
    return Says("allow", "the mandate is signed", evidence)


@rule("R-36", "Sanctions", citation="31 CFR chapter V (OFAC)", scope="All")
def sanctions(facts: Facts, ask: Ask) -> Says:
    """The debtor's name was compared with the list in force and met nobody on it; else a person decides."""
    done = facts.screening
    if done is not None and done.hit:
        return Says("deny", f"the name is on a sanctions list ({done.hit}); a person decides", {"list": done.list_id})
    if not facts.sanctions_list:
        return _missing(facts, "operations has loaded no sanctions list, so no name can be checked")
    if done is None or done.list_id != facts.sanctions_list:
        says = _missing(facts, "the name has not been checked against the sanctions list in force yet")
        return Says(says.outcome, says.reason, says.evidence, ask.at + LOOK_AGAIN if says.outcome == "deny" else None)
    return Says("allow", "the name is on no sanctions list", {"list": done.list_id, "at": done.at.isoformat()})


@rule("R-35", "Country", citation="house rule; the debtor's own law", scope="All")
def country(facts: Facts, ask: Ask) -> Says:
    """The debtor's country is one that the organisation may collect in."""
    if facts.enabled_countries is None:
        return _missing(facts, "nobody said in which countries this organisation may collect")
    evidence = {"country": facts.country, "enabled": sorted(facts.enabled_countries)}
    if (facts.country or "").upper() not in facts.enabled_countries:
        return Says("deny", f"{facts.country or 'an unknown country'} is not enabled for this organisation", evidence)
    return Says("allow", "a country on the list", evidence)


@rule("R-31", "Licences", citation="Fla. Stat. 559.544 and the states' collection agency acts", scope="C; All")
def licences(facts: Facts, ask: Ask) -> Says:
    """The collector of record is licensed where the debtor is; a creditor that writes for itself needs none."""
    here = region_code(facts.country, facts.region)
    evidence = {"region": here, "first_party": facts.first_party, "collector": bool(facts.collector)}
    if is_consumer(facts):
        if here is None or not _licensed(facts, here, ask.at):
            return Says("deny", "the collector of record is not licensed in the consumer's state", evidence)
        return Says("allow", "licensed in the consumer's state", evidence)
    if facts.first_party:
        return Says("allow", "the creditor writes for itself", evidence)
    missing = [region for region in _asking(facts.country, here) if not _licensed(facts, region, ask.at)]
    if missing:
        words = "agencies must register there, and no such licence is on record: " + ", ".join(missing)
        return _missing(facts, words, evidence | {"missing": missing})
    return Says("allow", "no licence is asked for there, or it is on record", evidence)


def _asking(country: str | None, region: str | None) -> list[str]:
    """The states that ask agencies to register for commercial debts; a state nobody knows may be any of them."""
    if (country or "").upper() != "US":
        return []
    return [one for one in sorted(REGISTER) if region in (None, one)]


def _licensed(facts: Facts, region: str, at: datetime) -> bool:
    today = max(at.astimezone(ZoneInfo(zone)).date() for zone in days_of(facts))
    held = facts.collector.licences if facts.collector else ()
    return any(one.region == region and (one.expires_on is None or today <= one.expires_on) for one in held)


def _missing(facts: Facts, words: str, evidence: dict[str, Any] | None = None) -> Says:
    """Deny in live mode and for consumers; test mode goes on and says so, because nothing there leaves the house."""
    if facts.livemode or is_consumer(facts):
        return Says("deny", words, evidence or {})
    return Says("allow", f"test mode: {words}", evidence or {})
