"""Credit that is used: what came beyond what was owed pays another invoice of the same debtor."""

from datetime import datetime

from agentcollect.kit import errors, ids
from agentcollect.kit.errors import ApiError
from payments import queries, rules
from payments.models import Payment
from payments.operations.returning import all_of
from payments.operations.settling import Coming, come, end_credit

errors.define("amount_above_credit", 400, "The payment has less credit than that.")


def apply_credit(*, payment_id: str, case_id: str, minor: int | None = None, by: str, at: datetime) -> Payment:
    """Use `minor` of a payment's unapplied credit (None: all of it, as far as that is owed) for the open case `case_id`
    of the same debtor, in its currency.

    `payment.received` says so with `from_credit`: no new money came. Raises ApiError: case_not_found,
    invalid_instruction, case_closed, amount_above_balance, amount_above_credit.
    """
    with all_of(payment_id, also=case_id) as locked:
        payment, case = locked.payment, locked.cases[case_id]
        if (case.debtor_id, case.currency) != (payment.case.debtor_id, payment.currency):
            raise ApiError("invalid_instruction", param="case_id")
        if case.closed_at is not None:
            raise ApiError("case_closed")
        credit = [piece for piece in queries.standing(payment) if piece.component == rules.UNAPPLIED]
        had = sum(piece.minor for piece in credit)
        minor = min(had, case.balance_minor) if minor is None else minor
        if not had or minor > had:
            raise ApiError("amount_above_credit", param="amount")
        if not 0 < minor <= case.balance_minor:
            raise ApiError("amount_above_balance", param="amount")
        leaves = rules.to_give_back(minor, credit)
        coming = Coming(minor=minor, leaves=leaves, cause=ids.new("crd"), said={"from_credit": True})
        come(payment, case, coming, by=by, at=at)
        end_credit(payment, "used", by=by, at=at)
        return payment
