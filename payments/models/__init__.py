"""How it is settled: payments and refunds, how they were allocated to cases, what was agreed about later ones, the
books of processors and banks, fees, and the hosts of the payment page."""

from payments.models.agreements import Instalment, Offer, Plan, Promise
from payments.models.banking import BankLine, BankReference, BankStatement, RemitTo
from payments.models.fees import FeeEntry, FeeSchedule, Statement
from payments.models.hosts import LinkRequest, PayDomain
from payments.models.payments import Allocation, Payment, Refund
from payments.models.processors import Payout, ProcessorCallback, ProcessorEntry

__all__ = [
    "Allocation",
    "BankLine",
    "BankReference",
    "BankStatement",
    "FeeEntry",
    "FeeSchedule",
    "Instalment",
    "LinkRequest",
    "Offer",
    "PayDomain",
    "Payment",
    "Payout",
    "Plan",
    "ProcessorCallback",
    "ProcessorEntry",
    "Promise",
    "Refund",
    "RemitTo",
    "Statement",
]
