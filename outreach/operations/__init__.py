"""Every write of the outreach room, by resource."""

from outreach.operations.consent import opt_out
from outreach.operations.enrichment import enrich_due
from outreach.operations.escalation import accept_referral, escalate, escalate_exhausted
from outreach.operations.preview import preview
from outreach.operations.sending import send_due, send_step
from outreach.operations.settling import resolve_unconfirmed, sweep_leases
from outreach.operations.verification import check_contacts

__all__ = [
    "accept_referral",
    "check_contacts",
    "enrich_due",
    "escalate",
    "escalate_exhausted",
    "opt_out",
    "preview",
    "resolve_unconfirmed",
    "send_due",
    "send_step",
    "sweep_leases",
]
