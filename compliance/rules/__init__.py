"""The rules, one function each, in the order in which a refusal is reported.

A rule reads ``Facts`` (what is so) and ``Ask`` (what is wanted) and says allow, deny, defer or require, with
reason and evidence. Citations without a title are to 12 CFR part 1006 (Regulation F). Not legal advice.
``docs/law.md`` tells of every rule what we do and where, also of those that no decision can check.
"""

from compliance.hours import NeverPermitted, next_permitted, next_permitted_for
from compliance.rules.amounts import attorney, authorised_amounts, time_barred
from compliance.rules.authority import authority, country, licences, sanctions
from compliance.rules.disclosures import disclosures, headers, opt_out_offered, statement, true_name
from compliance.rules.people import (
    basis,
    delivery,
    enrichment,
    found_notice,
    revoked,
    sms,
    third_parties,
    workplace,
    wrong_party,
)
from compliance.rules.stops import (
    ANSWER_WITHIN,
    HOLD_STOPS,
    answers,
    attorney_represented,
    california,
    cease,
    debt_class,
    dispute,
    engine_holds,
    final_holds,
    opt_out,
)
from compliance.rules.timing import call_caps, hours, inconvenient, overall_volume
from compliance.rules.voice import artificial_told, artificial_voice, caller_identity, recording, voicemail
from compliance.verdicts import Ask, Rule, RuleVerdict

# The order decides only which of several refusals is named first; every rule is always asked.
RULES: tuple[Rule, ...] = (
    debt_class,
    california,
    final_holds,
    attorney_represented,
    cease,
    dispute,
    opt_out,
    wrong_party,
    engine_holds,
    authority,
    sanctions,
    country,
    licences,
    third_parties,
    workplace,
    basis,
    enrichment,
    sms,
    delivery,
    revoked,
    artificial_voice,
    authorised_amounts,
    time_barred,
    attorney,
    answers,
    caller_identity,
    recording,
    artificial_told,
    voicemail,
    opt_out_offered,
    headers,
    true_name,
    disclosures,
    statement,
    found_notice,
    inconvenient,
    hours,
    call_caps,
    overall_volume,
)

# Refusals that are about this one address or person: another of the same debtor may still be written to.
ABOUT_THE_ADDRESS: frozenset[str] = frozenset({"R-02", "R-04", "R-06", "R-07", "R-08", "R-10", "R-16", "R-19"})

__all__ = [
    "ABOUT_THE_ADDRESS",
    "ANSWER_WITHIN",
    "HOLD_STOPS",
    "RULES",
    "Ask",
    "NeverPermitted",
    "Rule",
    "RuleVerdict",
    "hours",
    "next_permitted",
    "next_permitted_for",
]
