"""Every write of the payments room, by resource."""

from payments.operations.banking import import_statement, look_again, remove_statement
from payments.operations.books import read_books
from payments.operations.callbacks import process as process_callbacks
from payments.operations.callbacks import prune as prune_callbacks
from payments.operations.callbacks import receive as receive_callback
from payments.operations.callbacks import retry as retry_callback
from payments.operations.cases import policy_of
from payments.operations.charging import begun, fail, finish, pay, start, succeed, sweep_processing
from payments.operations.checkout import abandon as abandon_checkout
from payments.operations.checkout import checkout, sweep_checkouts
from payments.operations.connecting import check_stripe, connect_stripe, may_connect
from payments.operations.crediting import apply_credit
from payments.operations.hosts import add_domain, check_domains, remove_domain, verify_domain
from payments.operations.link_requests import prune_link_requests, resolve_link_requests
from payments.operations.links import request_link
from payments.operations.matching import (
    book_bank_line,
    ignore_bank_line,
    match_bank_lines,
    restore_bank_line,
    undo_bank_line,
)
from payments.operations.money import record, report
from payments.operations.offers import (
    accept_offer,
    approve_offer,
    decline_offer,
    draft_offer,
    expire_offers,
    floor_of,
    judge_offer,
    left_to_pay,
    send_offer,
    void_offer,
)
from payments.operations.outlook import Outlook, refund_outlook
from payments.operations.plans import (
    accept_plan,
    bounds_of,
    cancel_plan,
    judge_plan,
    judge_plans,
    offer_plan,
    start_plan,
)
from payments.operations.promises import cancel_promise, confirm_promise, judge_promise, judge_promises, make_promise
from payments.operations.proofs import claim_paid, open_dispute
from payments.operations.references import bank_reference
from payments.operations.refunding import fail_refund, refund, run_refund, run_refunds, settle_refund
from payments.operations.remitting import (
    activate_remit_to,
    approve_remit_to,
    cancel_remit_to,
    propose_remit_to,
    tell_remit_to,
)
from payments.operations.reversing import reinstate, reverse
from payments.operations.sampling import sample_statement
from payments.operations.sandbox_payouts import pay_out
from payments.operations.telling import told

__all__ = [
    "Outlook",
    "abandon_checkout",
    "accept_offer",
    "accept_plan",
    "activate_remit_to",
    "add_domain",
    "apply_credit",
    "approve_offer",
    "approve_remit_to",
    "bank_reference",
    "begun",
    "book_bank_line",
    "bounds_of",
    "cancel_plan",
    "cancel_promise",
    "cancel_remit_to",
    "check_domains",
    "check_stripe",
    "checkout",
    "claim_paid",
    "confirm_promise",
    "connect_stripe",
    "decline_offer",
    "draft_offer",
    "expire_offers",
    "fail",
    "fail_refund",
    "finish",
    "floor_of",
    "ignore_bank_line",
    "import_statement",
    "judge_offer",
    "judge_plan",
    "judge_plans",
    "judge_promise",
    "judge_promises",
    "left_to_pay",
    "look_again",
    "make_promise",
    "match_bank_lines",
    "may_connect",
    "offer_plan",
    "open_dispute",
    "pay",
    "pay_out",
    "policy_of",
    "process_callbacks",
    "propose_remit_to",
    "prune_callbacks",
    "prune_link_requests",
    "read_books",
    "receive_callback",
    "record",
    "refund",
    "refund_outlook",
    "reinstate",
    "remove_domain",
    "remove_statement",
    "report",
    "request_link",
    "resolve_link_requests",
    "restore_bank_line",
    "retry_callback",
    "reverse",
    "run_refund",
    "run_refunds",
    "sample_statement",
    "send_offer",
    "settle_refund",
    "start",
    "start_plan",
    "succeed",
    "sweep_checkouts",
    "sweep_processing",
    "tell_remit_to",
    "told",
    "undo_bank_line",
    "verify_domain",
    "void_offer",
]
