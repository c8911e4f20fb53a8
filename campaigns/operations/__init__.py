"""Every write of the campaigns room, by resource. Callers name the module: `operations.cases.settle(...)`."""

from campaigns.operations.adding import add_debtors
from campaigns.operations.cases import (
    Settlement,
    mark_escalated,
    mark_escalation_pending,
    settle,
)
from campaigns.operations.closing import close_case, enrich, unrecall
from campaigns.operations.contacts import FoundContact, add_contacts, enrichment_done, needs_contact, suppress
from campaigns.operations.corrections import correct, credit
from campaigns.operations.create import create
from campaigns.operations.debtors import correct_debtor
from campaigns.operations.documents import add_document, change_document, store_documents
from campaigns.operations.exclusions import enforce, exclude, include_again, settle_exclusions
from campaigns.operations.exports import expire_exports, run_exports, start_export
from campaigns.operations.holds import hold, hold_case, release, release_case, release_ended
from campaigns.operations.imports import run_imports
from campaigns.operations.lifecycle import cancel, complete, end_mandates, pause, resume
from campaigns.operations.logos import fetch_logos
from campaigns.operations.opening import open_campaign, open_cases
from campaigns.operations.people import add_contact, checked, correct_contact, request_check, suppress_contact
from campaigns.operations.planning import judge_exhausted, plan_next
from campaigns.operations.terms import change_terms

__all__ = [
    "FoundContact",
    "Settlement",
    "add_contact",
    "add_contacts",
    "add_debtors",
    "add_document",
    "cancel",
    "change_document",
    "change_terms",
    "checked",
    "close_case",
    "complete",
    "correct",
    "correct_contact",
    "correct_debtor",
    "create",
    "credit",
    "end_mandates",
    "enforce",
    "enrich",
    "enrichment_done",
    "exclude",
    "expire_exports",
    "fetch_logos",
    "hold",
    "hold_case",
    "include_again",
    "judge_exhausted",
    "mark_escalated",
    "mark_escalation_pending",
    "needs_contact",
    "open_campaign",
    "open_cases",
    "pause",
    "plan_next",
    "release",
    "release_case",
    "release_ended",
    "request_check",
    "resume",
    "run_exports",
    "run_imports",
    "settle",
    "settle_exclusions",
    "start_export",
    "store_documents",
    "suppress",
    "suppress_contact",
    "unrecall",
]
