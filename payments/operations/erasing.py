"""What is on a test clock goes with it."""

from collections.abc import Iterable

from agentcollect.kit import db
from campaigns.models import Case
from campaigns.operations.erasing import gone
from payments.models import (
    Allocation,
    BankLine,
    BankReference,
    BankStatement,
    FeeEntry,
    Instalment,
    LinkRequest,
    Offer,
    Payment,
    Payout,
    Plan,
    ProcessorEntry,
    Promise,
    Refund,
    Statement,
)


def erase(*, debtor_ids: Iterable[str]) -> None:
    """Delete what these test debtors paid and agreed."""
    debtors = list(debtor_ids)
    theirs = Case.objects.filter(db.among("debtor_id", debtors), livemode=False)
    of_case = db.among("case_id", list(theirs.values_list("id", flat=True)))
    plans = db.among("plan_id", list(Plan.objects.filter(of_case, livemode=False).values_list("id", flat=True)))
    gone(FeeEntry.objects.filter(of_case, livemode=False))
    gone(Allocation.objects.filter(of_case, livemode=False))
    paid = list(Payment.objects.filter(of_case, livemode=False).values_list("id", flat=True))
    gone(Refund.objects.filter(db.among("payment_id", paid), livemode=False))
    _erase_lines(paid)
    _unbook(paid)
    gone(BankReference.objects.filter(of_case, livemode=False))
    gone(Payment.objects.filter(of_case, livemode=False))
    gone(Offer.objects.filter(of_case, livemode=False))
    gone(Promise.objects.filter(of_case, livemode=False))
    gone(Instalment.objects.filter(plans, livemode=False))
    gone(Plan.objects.filter(of_case, livemode=False))


def erase_statements(*, organisation_id: str) -> None:
    """Delete the statements of an organisation's test mode. Their files stay, as the bytes of documents do."""
    gone(Statement.objects.filter(organisation_id=organisation_id, livemode=False))


def _erase_lines(payment_ids: list[str]) -> None:
    """The sandbox's lines about them. What was paid out stays a part of its payout, and of no payment."""
    lines = ProcessorEntry.objects.filter(db.among("payment_id", payment_ids), livemode=False)
    gone(lines.filter(payout_reference=""))
    lines.update(payment_id="")


def _unbook(payment_ids: list[str]) -> None:
    """The bank said what it said: a line outlives what it was booked to, and is for nothing known any more."""
    lines = BankLine.objects.filter(db.among("payment_id", payment_ids), livemode=False)
    note = "What it was booked to was deleted with its test data."
    lines.update(status=BankLine.Status.UNMATCHED, outcome="", payment_id="", suggestion=[], note=note)


def erase_bank(*, organisation_id: str) -> None:
    """Delete the bank statements of an organisation's test mode; where money goes is a setting, and stays."""
    gone(BankLine.objects.filter(organisation_id=organisation_id, livemode=False))
    gone(BankStatement.objects.filter(organisation_id=organisation_id, livemode=False))


def erase_link_requests(*, organisation_id: str) -> None:
    """Delete what was asked for at the pay hosts of an organisation's test mode."""
    LinkRequest.objects.filter(organisation_id=organisation_id, livemode=False).delete()


def erase_books(*, organisation_id: str) -> None:
    """Delete what is left of the sandbox processor's books about an organisation."""
    gone(ProcessorEntry.objects.filter(organisation_id=organisation_id, livemode=False))
    gone(Payout.objects.filter(organisation_id=organisation_id, livemode=False))
