"""What a refund would do, before anybody asks for it: nothing is written here."""

from dataclasses import dataclass

from agentcollect.kit import db
from campaigns.models import Case
from payments import queries, rules
from payments.models import Payment
from payments.operations import settlements
from payments.rules import Piece


@dataclass(frozen=True, slots=True)
class Outlook:
    """One invoice beside a refund, in minor units: what of it is taken from here, what of that was credit that paid
    nothing, what is owed now and what will be owed then."""

    case: Case
    taken_minor: int
    credit_minor: int
    owed_minor: int
    then_minor: int


def refund_outlook(*, payment: Payment, amount_minor: int, credited: bool) -> list[Outlook]:
    """What `operations.refund` of so much would leave, by invoice, once every refund under way has gone through."""
    stood = queries.standing(payment)
    before = rules.to_give_back(queries.on_its_way_back(payment), stood)
    gone = {(piece.case_id, piece.component): piece.minor for piece in before}
    left = [Piece(p.case_id, p.component, p.minor - gone.get((p.case_id, p.component), 0)) for p in stood]
    taken = rules.to_give_back(amount_minor, left)
    cases = Case.objects.select_related("debtor", "organisation").in_bulk([piece.case_id for piece in taken])
    with db.atomic():
        return [
            _of(payment, cases[case_id], [piece for piece in taken if piece.case_id == case_id], credited)
            for case_id in dict.fromkeys(piece.case_id for piece in taken)
        ]


def _of(payment: Payment, case: Case, taken: list[Piece], credited: bool) -> Outlook:
    total = sum(piece.minor for piece in taken)
    credit = sum(piece.minor for piece in taken if piece.component == rules.UNAPPLIED)
    again = 0
    if total > credit and not credited:
        again = total - credit + settlements.would_undo(payment, case, total - credit)
    return Outlook(case, total, credit, case.balance_minor, case.balance_minor + again)
