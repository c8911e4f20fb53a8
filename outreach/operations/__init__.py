"""Every write of the outreach room, by resource."""

from outreach.operations import approvals, fuse, switches
from outreach.operations.approvals import approve_message, edit_message, reject_message
from outreach.operations.consent import opt_out
from outreach.operations.dialling import recall, recall_tasks
from outreach.operations.dry_run import dates as dry_dates
from outreach.operations.dry_run import dry_run
from outreach.operations.enrichment import enrich_due
from outreach.operations.escalation import accept_referral, decline_referral, escalate, escalate_exhausted, veto
from outreach.operations.inbound import callback, receive
from outreach.operations.mailboxes import poll_mailboxes
from outreach.operations.notices import plan_notices
from outreach.operations.preview import preview
from outreach.operations.replies import process_inbound, read_inbound
from outreach.operations.reply_path import probe_due
from outreach.operations.settling import resolve_unconfirmed, sweep_leases
from outreach.operations.switches import lift_switch, set_switch
from outreach.operations.verification import check_contacts
from outreach.operations.working import run_steps, send_due, send_step

__all__ = [
    "accept_referral",
    "approvals",
    "approve_message",
    "callback",
    "check_contacts",
    "decline_referral",
    "dry_dates",
    "dry_run",
    "edit_message",
    "enrich_due",
    "escalate",
    "escalate_exhausted",
    "fuse",
    "lift_switch",
    "opt_out",
    "plan_notices",
    "poll_mailboxes",
    "preview",
    "probe_due",
    "process_inbound",
    "read_inbound",
    "recall",
    "recall_tasks",
    "receive",
    "reject_message",
    "resolve_unconfirmed",
    "run_steps",
    "send_due",
    "send_step",
    "set_switch",
    "sweep_leases",
    "switches",
    "veto",
]
