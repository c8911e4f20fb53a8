"""Instalments: to the cent, within the policy, followed by the ledger oldest first, in default by instalment."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.rules import offers
from payments import operations
from payments.models import Plan
from payments.rules import plans as rules
from tests import factories
from tests.payments.agreed import AT, DAY, case, fresh, held, parts, pay, planned, promise, told

TODAY = date(2026, 3, 17)
FIRST = date(2026, 3, 31)
BOUNDS = rules.Bounds(3, 100_00, 3)


def plan(row: Any, count: int = 3, first_on: date = FIRST, act: Any = None, at: datetime = AT) -> Plan:
    schedule = rules.schedule(row.balance_minor, count, first_on)
    named = {"case_id": row.id, "schedule": schedule, "source": "page", "evidence": {}}
    return (act or operations.start_plan)(**named, by="debtor", at=at)


@given(
    st.integers(1, 10**11),
    st.integers(1, 36),
    st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    st.sampled_from(rules.EVERY),
)
def test_no_cent_is_lost_and_none_is_made(total: int, count: int, first: date, every: str) -> None:
    if count > total:
        with pytest.raises(ValueError, match="at least one"):
            rules.schedule(total, count, first, every)
        return
    found = rules.schedule(total, count, first, every)
    amounts, days = [minor for _, minor in found], [day for day, _ in found]
    assert (sum(amounts), len(found), days[0]) == (total, count, first)
    assert max(amounts) - min(amounts) <= 1
    assert amounts == sorted(amounts, reverse=True)
    assert days == sorted(set(days))


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12), st.integers(0, 10**10))
def test_the_ledger_covers_the_oldest_first_and_never_more_than_there_is(amounts: list[int], came: int) -> None:
    shares = rules.spread(min(came, sum(amounts)), amounts)
    assert sum(shares) == min(came, sum(amounts))
    assert all(0 <= share <= amount for share, amount in zip(shares, amounts, strict=True))
    open_from = next((n for n, (share, amount) in enumerate(zip(shares, amounts, strict=True)) if share < amount), 99)
    assert not any(shares[open_from + 1 :])


@pytest.mark.parametrize(
    ("first", "days"),
    [
        (date(2026, 1, 31), [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]),
        (date(2028, 1, 30), [date(2028, 1, 30), date(2028, 2, 29), date(2028, 3, 30)]),
    ],
)
def test_a_month_that_is_too_short_does_not_move_the_next(first: date, days: list[date]) -> None:
    assert [day for day, _ in rules.schedule(300, 3, first)] == days


@pytest.mark.parametrize(
    ("parts_", "param"),
    [
        ([(FIRST, 100_000)], "instalments"),
        (rules.schedule(100_000, 4, FIRST), "instalments"),
        (rules.schedule(99_999, 3, FIRST), "schedule"),
        (rules.schedule(100_000, 3, TODAY - DAY), "first_on"),
        ([(FIRST, 50_000), (FIRST, 50_000)], "schedule"),
        ([(FIRST, 99_000 + 1), (FIRST + DAY, 999)], "instalments"),
        (rules.schedule(100_000, 3, date(2026, 4, 18)), "first_on"),
        (rules.schedule(100_000, 3, date(2026, 4, 17)), ""),
        (rules.schedule(100_000, 3, TODAY), ""),
    ],
)
def test_the_bounds(parts_: Any, param: str) -> None:
    assert rules.refusal(parts_, 100_000, BOUNDS, today=TODAY)[0] == param


@pytest.mark.parametrize(("total", "most"), [(30_000, 3), (29_999, 2), (20_000, 2), (19_999, 0)])
def test_how_many_parts_are_offered(total: int, most: int) -> None:
    assert rules.largest_count(total, BOUNDS, TODAY, today=TODAY) == most


def test_a_policy_is_the_campaigns_then_the_organisations_then_the_houses() -> None:
    found = offers.policy({"max_instalments": 6}, {"max_instalments": 12, "plans": False, "max_months": 12})
    assert (found.max_instalments, found.plans, found.max_months, found.min_instalment_minor) == (6, False, 12, 100_00)
    assert offers.policy({"max_months": True, "grace_days": -1, "plans": "no", "other": 1}, {}) == offers.Policy()


@pytest.mark.django_db
class TestLife:
    def test_it_waits_follows_the_ledger_and_finishes(self) -> None:
        row = case()
        agreed = plan(row)
        assert (agreed.status, fresh(row).status, held(row), planned(row)) == ("active", "in_plan", ["plan"], [])
        assert told(row) == ["case.held", "plan.started"]
        assert [part.amount_minor for part in agreed.instalments.order_by("number")] == [33_334, 33_333, 33_333]
        pay(row, 40_000, AT + 5 * DAY)
        assert parts(agreed) == [(33_334, "paid"), (6_666, "due"), (0, "due")]
        pay(row, 60_000, AT + 20 * DAY)
        assert (fresh(agreed).status, fresh(row).close_reason) == ("finished", "paid")
        assert [status for _, status in parts(agreed)] == ["paid"] * 3
        assert told(row)[-3:] == ["payment.received", "case.closed", "plan.finished"]

    def test_default_is_by_instalment_after_the_days_of_grace_and_once(self) -> None:
        row = case()
        agreed = plan(row)
        pay(row, 33_333, AT + DAY)  # a cent is missing
        late = datetime(2026, 4, 4, 4, 0, tzinfo=UTC)  # 31 March and 3 days, over in New York
        assert operations.judge_plans(at=late - timedelta(seconds=1)) == 0
        assert [operations.judge_plans(at=late) for _ in range(2)] == [1, 0]
        assert (fresh(agreed).status, parts(agreed)) == (
            "defaulted",
            [(33_333, "missed"), (0, "cancelled"), (0, "cancelled")],
        )
        assert (fresh(row).status, held(row), planned(row)) == ("active", [], [(1, agreed.id)])
        assert told(row).count("plan.defaulted") == 1

    def test_money_that_came_before_the_judge_saves_it(self) -> None:
        row = case()
        agreed = plan(row)
        pay(row, 33_334, AT + 60 * DAY)  # the workers had been down
        assert fresh(agreed).status == "defaulted"  # the second one is late by then
        assert parts(agreed)[0] == (33_334, "paid")

    def test_credit_counts_towards_the_oldest(self) -> None:
        row = case()
        agreed = plan(row)
        campaigns.credit(case_id=row.id, amount_minor=40_000, reason="returned", reference="", by="key:1", at=AT + DAY)
        operations.judge_plans(at=AT + DAY)
        assert parts(agreed) == [(33_334, "paid"), (6_666, "due"), (0, "due")]
        campaigns.credit(case_id=row.id, amount_minor=60_000, reason="x", reference="", by="key:1", at=AT + 2 * DAY)
        operations.judge_plans(at=AT + 2 * DAY)
        assert (fresh(agreed).status, fresh(row).status) == ("finished", "closed")

    def test_an_offer_waits_for_a_word_and_runs_out(self) -> None:
        row = case()
        offered = plan(row, act=operations.offer_plan)
        assert (offered.status, fresh(row).status, held(row)) == ("offered", "active", [])
        again = plan(row, count=2, act=operations.offer_plan)
        assert fresh(offered).status == "cancelled"
        for _ in range(2):
            operations.accept_plan(plan_id=again.id, by="key:1", at=AT + DAY)
        assert (fresh(again).status, fresh(row).status, told(row).count("plan.started")) == ("active", "in_plan", 1)
        other = case(organisation=row.organisation, invoice_key="2")
        gone = plan(other, act=operations.offer_plan)
        with pytest.raises(ApiError, match="ended"):
            operations.accept_plan(plan_id=gone.id, by="key:1", at=AT + 14 * DAY)
        assert operations.judge_plans(at=AT + 14 * DAY) == 1
        assert fresh(gone).status == "cancelled"

    def test_an_offer_of_another_balance_is_not_taken(self) -> None:
        row = case()
        offered = plan(row, act=operations.offer_plan)
        pay(row, 10_000)
        with pytest.raises(ApiError) as refused:
            operations.accept_plan(plan_id=offered.id, by="key:1", at=AT + DAY)
        assert refused.value.code == "plan_outdated"

    def test_a_promise_gives_way_to_it(self) -> None:
        row = case()
        given = promise(row)
        plan(row, at=AT + DAY)
        assert (fresh(given).status, fresh(row).status, held(row)) == ("cancelled", "in_plan", ["plan"])
        with pytest.raises(ApiError):
            promise(row)

    def test_cancelled_goes_on(self) -> None:
        row = case()
        agreed = plan(row)
        operations.cancel_plan(plan_id=agreed.id, by="key:1", at=AT + DAY)
        assert (fresh(agreed).status, fresh(row).status, held(row)) == ("cancelled", "active", [])
        assert planned(row) == [(1, agreed.id)]

    @pytest.mark.parametrize(
        ("policy", "code"),
        [({"plans": False}, "plans_not_offered"), ({"max_instalments": 2}, "outside_policy")],
    )
    def test_what_is_not_granted_is_refused(self, policy: dict[str, Any], code: str) -> None:
        row = case(organisation=factories.organisation(offer_policy=policy))
        with pytest.raises(ApiError) as refused:
            plan(row)
        assert (refused.value.code, fresh(row).status, Plan.objects.count()) == (code, "active", 0)

    def test_a_dispute_comes_first(self) -> None:
        row = case()
        agreed = plan(row)
        campaigns.open_dispute(
            case_id=row.id, reason="quality", text="", amount_minor=None, source="page", evidence={}, by="debtor", at=AT
        )
        assert operations.judge_plans(at=AT) == 1
        assert (fresh(agreed).status, fresh(row).status, held(row)) == ("cancelled", "disputed", ["dispute"])
