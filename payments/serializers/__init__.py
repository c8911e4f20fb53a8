"""The public shapes of this room, and the bodies it reads."""

from payments.serializers.agreements import PlanGiven, PromiseGiven, plan, promise, read_plan, read_promise
from payments.serializers.payments import (
    REPORT_FIELDS,
    SANDBOX_FIELDS,
    Report,
    breakdown,
    failed,
    moment_of,
    payment,
    read_report,
    received,
    went_back,
)

__all__ = [
    "REPORT_FIELDS",
    "SANDBOX_FIELDS",
    "PlanGiven",
    "PromiseGiven",
    "Report",
    "breakdown",
    "failed",
    "moment_of",
    "payment",
    "plan",
    "promise",
    "read_plan",
    "read_promise",
    "read_report",
    "received",
    "went_back",
]
