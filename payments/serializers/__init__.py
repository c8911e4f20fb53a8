"""The public shapes of this room, and the bodies it reads."""

from payments.serializers.agreements import PlanGiven, PromiseGiven, plan, promise, read_plan, read_promise
from payments.serializers.offers import OfferGiven, offer, read_offer
from payments.serializers.payments import (
    REPORT_FIELDS,
    SANDBOX_FIELDS,
    Report,
    begun,
    breakdown,
    failed,
    moment_of,
    payment,
    read_report,
    received,
    refunded,
    went_back,
)
from payments.serializers.refunds import read_credit, read_refund, refund

__all__ = [
    "REPORT_FIELDS",
    "SANDBOX_FIELDS",
    "OfferGiven",
    "PlanGiven",
    "PromiseGiven",
    "Report",
    "begun",
    "breakdown",
    "failed",
    "moment_of",
    "offer",
    "payment",
    "plan",
    "promise",
    "read_credit",
    "read_offer",
    "read_plan",
    "read_promise",
    "read_refund",
    "read_report",
    "received",
    "refund",
    "refunded",
    "went_back",
]
