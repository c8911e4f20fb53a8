"""Every read of outreach worth a name, by subject."""

from outreach.queries.api import call, calls, campaign_messages, case_decisions, decisions, message, messages
from outreach.queries.attorneys import contacts_made, licences, state_of
from outreach.queries.explained import explained
from outreach.queries.facts import facts, snapshot
from outreach.queries.letters import (
    LEFT,
    contact_of_token,
    creditor_seen_by,
    last_variant,
    ledger,
    opt_out_url,
    thread,
    unread,
    zone_of,
)
from outreach.queries.many import known, list_in_force, screened_about
from outreach.queries.people import contact_for, contact_to_call, reachable, suppressions_among
from outreach.queries.replies import case_replies, replies, reply, reply_path
from outreach.queries.stuck import Stuck, stuck
from outreach.queries.waiting import NextContact, approvals, next_day

__all__ = [
    "LEFT",
    "NextContact",
    "Stuck",
    "approvals",
    "call",
    "calls",
    "campaign_messages",
    "case_decisions",
    "case_replies",
    "contact_for",
    "contact_of_token",
    "contact_to_call",
    "contacts_made",
    "creditor_seen_by",
    "decisions",
    "explained",
    "facts",
    "known",
    "last_variant",
    "ledger",
    "licences",
    "list_in_force",
    "message",
    "messages",
    "next_day",
    "opt_out_url",
    "reachable",
    "replies",
    "reply",
    "reply_path",
    "screened_about",
    "snapshot",
    "state_of",
    "stuck",
    "suppressions_among",
    "thread",
    "unread",
    "zone_of",
]
