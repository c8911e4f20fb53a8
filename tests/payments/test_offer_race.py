"""A settlement's last payment beside its end, two parts at once, a yes beside a withdrawal: real threads."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.models import LedgerEntry
from payments import operations
from payments.models import Offer
from tests.payments.agreed import AT, DAY, fresh, held, pay, told
from tests.payments.offered import accepted, owed, sent
from tests.payments.test_agreed_race import together
from tests.payments.test_offers import END

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6
SECOND = timedelta(seconds=1)


def given_up(row: Any) -> int:
    rows = LedgerEntry.objects.filter(case=row, kind="adjustment")
    return -sum(rows.values_list("amount_minor", flat=True))


def test_two_parts_at_once_settle_once() -> None:
    for _ in range(ROUNDS):
        row = owed()
        made = accepted(row)
        together(*[lambda row=row: pay(row, 40_000, AT + DAY)] * 2)  # type: ignore[misc]
        assert (fresh(row).close_reason, row.balance_minor, given_up(row)) == ("settled", 0, 20_000)
        assert (fresh(made).status, told(row).count("case.closed")) == ("accepted", 1)


def test_money_of_the_last_second_beside_the_end_settles_whoever_is_first() -> None:
    for _ in range(ROUNDS):
        row = owed()
        made = accepted(row)
        together(
            lambda row=row: pay(row, 80_000, END - SECOND),  # type: ignore[misc]
            lambda: operations.expire_offers(at=END),
        )
        assert (fresh(row).close_reason, row.balance_minor, given_up(row)) == ("settled", 0, 20_000)
        assert (fresh(made).status, held(row)) == ("accepted", [])


def test_a_yes_beside_a_withdrawal_is_one_of_them() -> None:
    for _ in range(ROUNDS):
        row = owed()
        made = sent(row)
        refused = together(
            lambda made=made: operations.accept_offer(offer_id=made.id, evidence={}, by="debtor", at=AT),  # type: ignore[misc]
            lambda made=made: operations.void_offer(offer_id=made.id, by="key:one", at=AT),  # type: ignore[misc]
        )
        assert refused == ["illegal_transition"] and fresh(made).status in ("accepted", "void")
        assert held(row) == (["offer"] if made.status == "accepted" else [])


def test_two_drafts_at_once_leave_one() -> None:
    for _ in range(ROUNDS):
        row = owed()
        together(*[lambda row=row: sent(row)] * 2)  # type: ignore[misc]
        open_ = Offer.objects.filter(case=row).exclude(status="void")
        assert open_.count() == 1
