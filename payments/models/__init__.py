"""How it is settled: payments, how they were allocated to cases, and what was agreed about later ones."""

from payments.models.agreements import Instalment, Plan, Promise
from payments.models.payments import Allocation, Payment

__all__ = ["Allocation", "Instalment", "Payment", "Plan", "Promise"]
