"""Every write of the campaigns room, by resource. Callers name the module: `operations.cases.settle(...)`."""

from campaigns.operations.cases import (
    Settlement,
    mark_escalated,
    mark_escalation_pending,
    settle,
)
from campaigns.operations.contacts import FoundContact, add_contacts, enrichment_done, needs_contact, suppress
from campaigns.operations.create import create
from campaigns.operations.holds import hold, release
from campaigns.operations.imports import run_imports
from campaigns.operations.lifecycle import cancel, end_mandates, pause, resume
from campaigns.operations.logos import fetch_logos
from campaigns.operations.opening import open_campaign, open_cases
from campaigns.operations.planning import judge_exhausted, plan_next

__all__ = [
    "FoundContact",
    "Settlement",
    "add_contacts",
    "cancel",
    "create",
    "end_mandates",
    "enrichment_done",
    "fetch_logos",
    "hold",
    "judge_exhausted",
    "mark_escalated",
    "mark_escalation_pending",
    "needs_contact",
    "open_campaign",
    "open_cases",
    "pause",
    "plan_next",
    "release",
    "resume",
    "run_imports",
    "settle",
    "suppress",
]
