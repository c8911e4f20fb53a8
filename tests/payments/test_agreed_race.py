"""A payment beside the judge, two judges, two promises, a dispute beside a payment: real threads, real connections."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Dispute, LedgerEntry
from payments import operations
from payments.models import Plan, Promise
from payments.rules import plans as rules
from tests.payments.agreed import AT, DAY, case, fresh, held, pay, promise, told

pytestmark = pytest.mark.django_db(transaction=True)
OVER = datetime(2026, 3, 28, 4, 0, tzinfo=UTC)
ROUNDS = 6


def together(*work: Callable[[], Any]) -> list[str]:
    """Run all of `work` at the same moment; the codes of what was refused."""
    gate, refused, errors = threading.Barrier(len(work)), [], []

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=10)
            act()
        except ApiError as error:
            refused.append(error.code)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    return refused


def ends(row: Case) -> int:
    return sum(type in ("promise.kept", "promise.broken", "plan.finished", "plan.defaulted") for type in told(row))


def test_two_judges_judge_once() -> None:
    rows = [case() for _ in range(ROUNDS)]
    given = [promise(row) for row in rows]
    together(*[lambda: operations.judge_promises(at=OVER)] * 3)
    operations.judge_promises(at=OVER)
    assert [(fresh(one).status, ends(row)) for one, row in zip(given, rows, strict=True)] == [("broken", 1)] * ROUNDS


def test_a_payment_beside_the_judge_is_told_one_way() -> None:
    """Money of the last second, recorded while the judge is at work: kept or broken, once, and nothing is lost."""
    for _ in range(ROUNDS):
        row = case()
        given = promise(row, 50_000)
        together(
            lambda row=row: pay(row, 50_000, OVER - DAY / 86400),  # type: ignore[misc]
            lambda: operations.judge_promises(at=OVER),
        )
        assert fresh(given).status in ("kept", "broken")
        assert (ends(row), held(row), fresh(row).status, row.balance_minor) == (1, [], "active", 50_000)
        assert sum(LedgerEntry.objects.filter(case=row).values_list("amount_minor", flat=True)) == 50_000


def test_two_promises_at_once_are_one() -> None:
    for _ in range(ROUNDS):
        row = case()
        refused = together(*[lambda row=row: promise(row)] * 2)  # type: ignore[misc]
        assert (refused, Promise.objects.filter(case=row).count()) == (["illegal_transition"], 1)
        assert held(row) == ["promise"]


def test_two_last_instalments_finish_once() -> None:
    for _ in range(ROUNDS):
        row = case()
        parts = rules.schedule(100_000, 2, AT.date())
        operations.start_plan(case_id=row.id, schedule=parts, source="page", evidence={}, by="debtor", at=AT)
        together(*[lambda row=row: pay(row, 50_000, AT)] * 2, lambda: operations.judge_plans(at=AT))  # type: ignore[misc]
        assert (Plan.objects.get(case=row).status, ends(row)) == ("finished", 1)
        assert fresh(row).close_reason == "paid"


WORDS: dict[str, Any] = {"reason": "other", "text": "", "amount_minor": None, "source": "page", "evidence": {}}


def test_a_dispute_beside_the_payment_of_all_of_it() -> None:
    for _ in range(ROUNDS):
        row = case()
        refused = together(
            lambda row=row: pay(row, 100_000),  # type: ignore[misc]
            lambda row=row: campaigns.open_dispute(case_id=row.id, **WORDS, by="debtor", at=AT),  # type: ignore[misc]
        )
        assert refused in ([], ["illegal_transition"])
        assert (fresh(row).close_reason, held(row)) == ("paid", [])
        assert not Dispute.objects.filter(case=row, resolved_at=None).exists()


def test_two_disputes_at_once_are_one() -> None:
    row = case()
    refused = together(*[lambda: campaigns.open_dispute(case_id=row.id, **WORDS, by="debtor", at=AT)] * 3)
    assert refused == ["dispute_open"] * 2
    assert Dispute.objects.filter(case=row).count() == 1
