"""Every read of outreach worth a name, by subject."""

from outreach.queries.api import campaign_messages, case_decisions, decisions, message, messages
from outreach.queries.attorneys import contacts_made, licences, state_of
from outreach.queries.facts import facts, snapshot
from outreach.queries.letters import LEFT, contact_of_token, creditor_seen_by, ledger, opt_out_url, thread, zone_of
from outreach.queries.people import contact_for, reachable, suppressions_among

__all__ = [
    "LEFT",
    "campaign_messages",
    "case_decisions",
    "contact_for",
    "contact_of_token",
    "contacts_made",
    "creditor_seen_by",
    "decisions",
    "facts",
    "ledger",
    "licences",
    "message",
    "messages",
    "opt_out_url",
    "reachable",
    "snapshot",
    "state_of",
    "suppressions_among",
    "thread",
    "zone_of",
]
