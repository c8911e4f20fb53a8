"""Every write of the payments room, by resource."""

from payments.operations.cases import policy_of
from payments.operations.charging import fail, finish, pay, start, succeed, sweep_processing, told
from payments.operations.money import record, report
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
from payments.operations.reversing import reverse

__all__ = [
    "accept_plan",
    "bounds_of",
    "cancel_plan",
    "cancel_promise",
    "claim_paid",
    "confirm_promise",
    "fail",
    "finish",
    "judge_plan",
    "judge_plans",
    "judge_promise",
    "judge_promises",
    "make_promise",
    "offer_plan",
    "open_dispute",
    "pay",
    "policy_of",
    "record",
    "report",
    "reverse",
    "start",
    "start_plan",
    "succeed",
    "sweep_processing",
    "told",
]
