"""Every write of the campaigns room, by resource. Callers name the module: `operations.cases.settle(...)`."""

from campaigns.operations.adding import add_debtors
from campaigns.operations.cases import (
    Settlement,
    mark_escalated,
    mark_escalation_pending,
    settle,
)
from campaigns.operations.closing import close_case, enrich, unrecall
from campaigns.operations.colleagues import name_colleague, stop_mail
from campaigns.operations.contacts import FoundContact, add_contacts, enrichment_done, needs_contact, suppress
from campaigns.operations.corrections import correct, credit
from campaigns.operations.create import create
from campaigns.operations.debtors import correct_debtor
from campaigns.operations.disputes import (
    answer_dispute,
    claim_paid,
    claim_task_done,
    dispute_task_done,
    end_paid_claim,
    open_dispute,
    request_dispute_information,
    resolve_dispute,
    withdraw_dispute,
)
from campaigns.operations.documents import add_document, change_document, store_documents
from campaigns.operations.exclusions import enforce, exclude, include_again, settle_exclusions
from campaigns.operations.exports import expire_exports, run_exports, start_export
from campaigns.operations.forgetting import forget_files
from campaigns.operations.holds import hold, hold_case, release, release_case, release_ended
from campaigns.operations.imports import run_imports
from campaigns.operations.judging import (
    ask_a_person,
    decided,
    hurry_past_offer,
    judge_exhausted,
    judge_step,
    keep_from_attorneys,
    move_offer,
    pass_offer,
)
from campaigns.operations.lifecycle import cancel, complete, end_mandate, end_mandates, pause, resume
from campaigns.operations.logos import fetch_logos
from campaigns.operations.opening import open_campaign, open_cases
from campaigns.operations.people import add_contact, checked, correct_contact, request_check, suppress_contact
from campaigns.operations.planning import hand_on, plan_next
from campaigns.operations.playbooks import save_playbook
from campaigns.operations.returned import Returned, credit_returned, lock_campaign, take_back
from campaigns.operations.screening import clear_screening, load_sanctions, screen_debtors
from campaigns.operations.strangers import wrong_number, wrong_person
from campaigns.operations.tasks import (
    claim_task,
    complete_task,
    due_in,
    end_case_tasks,
    end_debtor_tasks,
    end_tasks,
    expire_task,
    expire_tasks,
    open_task,
    unclaim_task,
)
from campaigns.operations.telling import tell_offer, untell_offer
from campaigns.operations.terms import change_terms
from campaigns.operations.waiting import go_on, resume_after, wait
from campaigns.operations.wishes import consent, note_inconvenient, revoke_consents

__all__ = [
    "FoundContact",
    "Returned",
    "Settlement",
    "add_contact",
    "add_contacts",
    "add_debtors",
    "add_document",
    "answer_dispute",
    "ask_a_person",
    "cancel",
    "change_document",
    "change_terms",
    "checked",
    "claim_paid",
    "claim_task",
    "claim_task_done",
    "clear_screening",
    "close_case",
    "complete",
    "complete_task",
    "consent",
    "correct",
    "correct_contact",
    "correct_debtor",
    "create",
    "credit",
    "credit_returned",
    "decided",
    "dispute_task_done",
    "due_in",
    "end_case_tasks",
    "end_debtor_tasks",
    "end_mandate",
    "end_mandates",
    "end_paid_claim",
    "end_tasks",
    "enforce",
    "enrich",
    "enrichment_done",
    "exclude",
    "expire_exports",
    "expire_task",
    "expire_tasks",
    "fetch_logos",
    "forget_files",
    "go_on",
    "hand_on",
    "hold",
    "hold_case",
    "hurry_past_offer",
    "include_again",
    "judge_exhausted",
    "judge_step",
    "keep_from_attorneys",
    "load_sanctions",
    "lock_campaign",
    "mark_escalated",
    "mark_escalation_pending",
    "move_offer",
    "name_colleague",
    "needs_contact",
    "note_inconvenient",
    "open_campaign",
    "open_cases",
    "open_dispute",
    "open_task",
    "pass_offer",
    "pause",
    "plan_next",
    "release",
    "release_case",
    "release_ended",
    "request_check",
    "request_dispute_information",
    "resolve_dispute",
    "resume",
    "resume_after",
    "revoke_consents",
    "run_exports",
    "run_imports",
    "save_playbook",
    "screen_debtors",
    "settle",
    "settle_exclusions",
    "start_export",
    "stop_mail",
    "store_documents",
    "suppress",
    "suppress_contact",
    "take_back",
    "tell_offer",
    "unclaim_task",
    "unrecall",
    "untell_offer",
    "wait",
    "withdraw_dispute",
    "wrong_number",
    "wrong_person",
]
