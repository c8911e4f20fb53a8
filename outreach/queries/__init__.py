"""Every read of outreach worth a name, by subject."""

from outreach.queries.api import (
    call,
    calls,
    campaign_messages,
    case_decisions,
    decisions,
    message,
    messages,
    referral,
    referrals,
)
from outreach.queries.attorneys import contacts_made, licences, state_of
from outreach.queries.explained import explained
from outreach.queries.facts import facts, snapshot
from outreach.queries.ground import Ground, ground, validated_at
from outreach.queries.letters import (
    LEFT,
    contact_of_token,
    creditor_seen_by,
    last_variant,
    last_variant_of,
    ledger,
    opt_out_url,
    thread,
    thread_of,
    unread,
    unread_in,
    zone_of,
)
from outreach.queries.many import known, list_in_force, screened_about
from outreach.queries.people import calls_to, contact_for, contact_to_call, reachable, suppressions_among, writes_to
from outreach.queries.replies import case_replies, replies, reply, reply_path
from outreach.queries.stuck import Stuck, stuck
from outreach.queries.waiting import NextContact, approvals, next_day

__all__ = [
    "LEFT",
    "Ground",
    "NextContact",
    "Stuck",
    "approvals",
    "call",
    "calls",
    "calls_to",
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
    "ground",
    "known",
    "last_variant",
    "last_variant_of",
    "ledger",
    "licences",
    "list_in_force",
    "message",
    "messages",
    "next_day",
    "opt_out_url",
    "reachable",
    "referral",
    "referrals",
    "replies",
    "reply",
    "reply_path",
    "screened_about",
    "snapshot",
    "state_of",
    "stuck",
    "suppressions_among",
    "thread",
    "thread_of",
    "unread",
    "unread_in",
    "validated_at",
    "writes_to",
    "zone_of",
]
