"""What is on a test clock goes with it."""

from collections.abc import Iterable

from agentcollect.kit import db
from campaigns.models import Case
from campaigns.operations.erasing import gone
from payments.models import Allocation, Instalment, Payment, Plan, Promise


def erase(*, debtor_ids: Iterable[str]) -> None:
    """Delete what these test debtors paid and agreed."""
    debtors = list(debtor_ids)
    theirs = Case.objects.filter(db.among("debtor_id", debtors), livemode=False)
    of_case = db.among("case_id", list(theirs.values_list("id", flat=True)))
    plans = db.among("plan_id", list(Plan.objects.filter(of_case, livemode=False).values_list("id", flat=True)))
    gone(Allocation.objects.filter(of_case, livemode=False))
    gone(Payment.objects.filter(of_case, livemode=False))
    gone(Promise.objects.filter(of_case, livemode=False))
    gone(Instalment.objects.filter(plans, livemode=False))
    gone(Plan.objects.filter(of_case, livemode=False))
