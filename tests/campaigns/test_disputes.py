"""A dispute from the first word to its outcome; and the debtor's word that it is paid."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Dispute, LedgerEntry, Task
from campaigns.rules import offers, transitions
from payments import operations as payments
from tests import factories
from tests.payments.agreed import AT, DAY, case, fresh, held, pay, planned, promise, told

pytestmark = pytest.mark.django_db


def dispute(row: Any, amount_minor: int | None = None, **facts: Any) -> Dispute:
    said = {"reason": "wrong_amount", "text": "Eight came.", "source": "page", "evidence": {}} | facts
    return operations.open_dispute(case_id=row.id, amount_minor=amount_minor, **said, by="debtor", at=AT)


def resolve(found: Dispute, outcome: str, reduced_minor: int = 0) -> Dispute:
    said = {"outcome": outcome, "reduced_minor": reduced_minor, "note": "checked"}
    return operations.resolve_dispute(dispute_id=found.id, **said, by="key:1", at=AT + DAY)


def tasks(row: Any) -> list[tuple[str, str, str]]:
    return list(Task.objects.filter(case=row).order_by("created_at", "id").values_list("kind", "status", "outcome"))


def test_it_stops_the_invoice_and_asks_a_person() -> None:
    row = case()
    opened = dispute(row, 30_000)
    assert (fresh(row).status, held(row), planned(row)) == ("disputed", ["dispute"], [])
    assert tasks(row) == [("answer_dispute", "open", "")]
    # Five working days after Tuesday the 17th, to the end of that day in New York.
    assert opened.answer_due_at == datetime(2026, 3, 25, 4, 0, tzinfo=UTC)
    assert "dispute.opened" in told(row)


def test_the_answer_is_owed_on_a_working_day() -> None:
    thursday = datetime(2026, 7, 2, 15, tzinfo=UTC)  # the 3rd is a holiday in the US (observed), then a weekend
    due = offers.answer_by(thursday, 1, zone="America/New_York", country="US")
    assert due == datetime(2026, 7, 7, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("disputed", "outcome", "reduced", "balance", "status"),
    [
        (None, "upheld", 0, 0, "closed"),
        (30_000, "upheld", 0, 70_000, "active"),
        (30_000, "partially_upheld", 10_000, 90_000, "active"),
        (None, "partially_upheld", 99_999, 1, "active"),
        (30_000, "rejected", 0, 100_000, "active"),
        (None, "withdrawn", 0, 100_000, "active"),
    ],
)
def test_outcomes(disputed: int | None, outcome: str, reduced: int, balance: int, status: str) -> None:
    row = case()
    found = dispute(row, disputed)
    resolve(found, outcome, reduced)
    assert (fresh(found).status, found.reduced_minor) == (outcome, 100_000 - balance)
    assert (fresh(row).balance_minor, row.status, held(row)) == (balance, status, [])
    entries = LedgerEntry.objects.filter(case=row, kind="adjustment").values_list("amount_minor", flat=True)
    assert list(entries) == ([balance - 100_000] if balance != 100_000 else [])
    assert row.close_reason == ("dispute_upheld" if status == "closed" else "")
    assert planned(row) == ([] if status == "closed" else [(1, found.id)])
    assert tasks(row) == [("answer_dispute", "done", outcome)]
    resolve(found, outcome, reduced)  # twice is once
    assert told(row).count("dispute.resolved") == 1


def test_asked_answered_and_still_waiting_for_the_outcome() -> None:
    row = case()
    found = dispute(row)
    operations.request_dispute_information(dispute_id=found.id, note="Which units?", by="key:1", at=AT + DAY)
    assert fresh(found).evidence["questions"][0]["asked"] == "Which units?"
    operations.answer_dispute(dispute_id=found.id, answer="All came.", by="key:1", at=AT + 2 * DAY)
    assert (fresh(found).status, found.answer, fresh(row).status, held(row)) == (
        "answered",
        "All came.",
        "disputed",
        ["dispute"],
    )
    assert tasks(row) == [("answer_dispute", "done", "answered"), ("answer_dispute", "open", "")]
    resolve(found, "rejected")
    with pytest.raises(ApiError) as refused:
        operations.answer_dispute(dispute_id=found.id, answer="Again.", by="key:1", at=AT + 3 * DAY)
    assert (refused.value.code, refused.value.extra["state"]) == ("illegal_transition", "rejected")


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"amount_minor": 100_001}, "amount_above_balance")],
)
def test_more_than_what_is_owed_is_refused(facts: dict[str, Any], code: str) -> None:
    row = case()
    with pytest.raises(ApiError) as refused:
        dispute(row, **facts)
    assert (refused.value.code, fresh(row).status, held(row)) == (code, "active", [])


def test_one_at_a_time_and_none_of_a_closed_case() -> None:
    row = case()
    found = dispute(row)
    with pytest.raises(ApiError) as second:
        dispute(row)
    assert second.value.code == "dispute_open"
    resolve(found, "upheld")
    with pytest.raises(ApiError) as closed:
        dispute(row)
    assert (closed.value.code, closed.value.extra["state"]) == ("illegal_transition", "closed")


def test_upheld_in_part_by_all_of_it_is_refused() -> None:
    found = dispute(case(), 30_000)
    with pytest.raises(ApiError) as refused:
        resolve(found, "partially_upheld", 30_000)
    assert (refused.value.code, fresh(found).status) == ("amount_above_dispute", "opened")


def test_it_ends_a_promise() -> None:
    row = case()
    given = promise(row)
    dispute(row)
    assert payments.judge_promises(at=AT + 20 * DAY) == 1
    assert (fresh(given).status, fresh(row).status, held(row)) == ("cancelled", "disputed", ["dispute"])


def test_what_was_paid_meanwhile_is_not_taken_off_again() -> None:
    row = case()
    found = dispute(row)
    pay(row, 80_000, AT)
    resolve(found, "upheld")
    assert (fresh(row).balance_minor, found.__class__.objects.get().reduced_minor) == (0, 20_000)


@pytest.mark.parametrize(("reason", "status"), [("written_off", "withdrawn"), ("recalled", "opened")])
def test_a_closed_case(reason: str, status: str) -> None:
    row = case()
    found = dispute(row)
    operations.close_case(case_id=row.id, reason=reason, note="", by="key:1", at=AT)
    assert fresh(found).status == status
    if reason == "recalled":
        operations.unrecall(case_id=row.id, by="key:1", at=AT + DAY)
        assert (fresh(row).status, held(row)) == ("disputed", ["dispute"])
        assert tasks(row)[-1][:2] == ("answer_dispute", "open")


def test_the_creditor_cannot_release_it_by_hand() -> None:
    row = case()
    dispute(row)
    with pytest.raises(ApiError) as refused:
        operations.release_case(case_id=row.id, kind="dispute", by="key:1", at=AT)
    assert refused.value.code == "hold_not_yours"


@pytest.mark.parametrize(("outcome", "status"), [("accepted", "upheld"), ("answered", "answered")])
def test_the_task_does_it(outcome: str, status: str) -> None:
    row = case()
    found = dispute(row)
    task = Task.objects.get(case=row)
    operations.complete_task(task_id=task.id, outcome=outcome, note="All came.", by="member:1", at=AT)
    assert fresh(found).status == status


def claim(row: Any) -> Any:
    return operations.claim_paid(case_id=row.id, source="page", evidence={"reference": "W-1"}, by="debtor", at=AT)


def test_a_claim_moves_no_ledger_and_waits_for_a_person() -> None:
    row = case()
    assert claim(row).id == claim(row).id
    assert (fresh(row).status, row.balance_minor, held(row)) == ("active", 100_000, ["paid_claim"])
    assert tasks(row) == [("check_payment", "open", "")]


@pytest.mark.parametrize("how", ["release", "payment", "task"])
def test_a_claim_ends(how: str) -> None:
    row = case()
    claim(row)
    if how == "release":
        operations.release_case(case_id=row.id, kind="paid_claim", by="key:1", at=AT)
    elif how == "payment":
        pay(row, 10_000, AT)
    else:
        operations.complete_task(
            task_id=Task.objects.get(case=row).id, outcome="not_received", note="", by="member:1", at=AT
        )
    assert held(row) == []
    assert [status for _, status, _ in tasks(row)] == ["cancelled" if how == "release" else "done"]


def test_every_status_stands_in_its_table() -> None:
    from campaigns.models import Case
    from payments.models import Plan, Promise

    for machine, model in ((transitions.CASE, Case), (transitions.DISPUTE, Dispute)):
        assert set(machine) == set(model.Status.values)
        assert set().union(*machine.values()) <= set(machine)
    assert set(transitions.PROMISE) == set(Promise.Status.values)
    assert set(transitions.PLAN) == set(Plan.Status.values)


def test_a_wrong_person_is_not_written_to_again() -> None:
    row = case()
    assert operations.wrong_person(case_id=row.id, address="AP@acmecorp.com", note="", by="debtor", at=AT)
    assert (fresh(row).status, planned(row)) == ("needs_contact", [])
    other = case(organisation=factories.organisation())
    assert not operations.wrong_person(case_id=other.id, address="who@else.com", note="", by="debtor", at=AT)
    assert (fresh(other).status, tasks(other)) == ("active", [("contact_needed", "open", "")])
