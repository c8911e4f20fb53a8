"""A promise from the first word to its judgement: by the ledger alone, at the end of its day where the creditor is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Step
from payments import operations
from payments.models import Promise
from tests import factories
from tests.payments.agreed import AT, DAY, case, fresh, held, pay, planned, promise, told

pytestmark = pytest.mark.django_db
# The first moment after 27 March 2026 in New York.
OVER = datetime(2026, 3, 28, 4, 0, tzinfo=UTC)


def test_it_stops_asking_until_it_is_judged() -> None:
    row = case()
    given = promise(row)
    assert (fresh(row).status, held(row), planned(row), row.next_contact_at) == ("promised", ["promise"], [], None)
    assert (given.status, given.judged_after) == ("open", OVER)
    assert told(row) == ["case.held", "promise.made"]
    assert operations.judge_promises(at=OVER - timedelta(seconds=1)) == 0
    assert fresh(given).status == "open"


def test_broken_goes_on_at_the_same_step_and_says_so_once() -> None:
    row = case()
    given = promise(row)
    assert [operations.judge_promises(at=OVER) for _ in range(3)] == [1, 0, 0]
    assert (fresh(given).status, given.received_minor, given.ended_by) == ("broken", 0, "engine")
    assert (fresh(row).status, held(row)) == ("active", [])
    # The step that the promise had cancelled, not a harder one; and it knows what it follows.
    assert planned(row) == [(1, given.id)]
    assert told(row).count("promise.broken") == 1


def test_part_of_it_is_partially_kept_and_asks_for_the_rest_no_harder() -> None:
    row = case()
    given = promise(row, 50_000)
    pay(row, 20_000, AT + DAY)
    assert (fresh(given).status, given.received_minor, fresh(row).status) == ("open", 20_000, "promised")
    operations.judge_promises(at=OVER)
    assert (fresh(given).status, given.received_minor) == ("partially_kept", 20_000)
    assert (fresh(row).balance_minor, planned(row)) == (80_000, [(1, given.id)])
    assert "promise.broken" in told(row)


def test_money_that_covers_it_keeps_it_at_once() -> None:
    row = case()
    given = promise(row, 50_000)
    pay(row, 30_000, AT + DAY)
    pay(row, 20_000, AT + 2 * DAY)
    assert (fresh(given).status, fresh(row).status, held(row)) == ("kept", "active", [])
    assert planned(row) == [(1, given.id)]
    assert told(row)[-2:] == ["promise.kept", "case.released"]


def test_paying_all_of_it_closes_the_case_and_keeps_the_promise() -> None:
    row = case()
    given = promise(row, 50_000)
    pay(row, 100_000, AT + DAY)
    assert (fresh(given).status, fresh(row).close_reason, planned(row)) == ("kept", "paid", [])
    assert told(row)[-3:] == ["payment.received", "case.closed", "promise.kept"]


def test_money_before_the_promise_does_not_count() -> None:
    row = case()
    pay(row, 50_000, AT - DAY)
    given = promise(row, 50_000)
    operations.judge_promises(at=OVER)
    assert fresh(given).status == "broken"


def test_a_missed_day_is_judged_once_by_the_ledger_of_that_day() -> None:
    """Workers were down for three days; the money came a day late."""
    row = case()
    given = promise(row, 50_000)
    pay(row, 50_000, OVER + DAY)
    assert (fresh(given).status, given.received_minor) == ("broken", 0)
    assert operations.judge_promises(at=OVER + 3 * DAY) == 0


@pytest.mark.parametrize(
    ("zone", "due_on", "over"),
    [
        ("America/New_York", date(2026, 3, 27), datetime(2026, 3, 28, 4, tzinfo=UTC)),
        ("UTC", date(2026, 3, 27), datetime(2026, 3, 28, tzinfo=UTC)),
        ("Pacific/Auckland", date(2026, 4, 5), datetime(2026, 4, 5, 12, tzinfo=UTC)),  # a day of 25 hours
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # a day of 23 hours
    ],
)
def test_the_day_ends_where_the_creditor_is(zone: str, due_on: date, over: datetime) -> None:
    row = case(organisation=factories.organisation(timezone=zone))
    given = promise(row, due_on=due_on)
    operations.judge_promises(at=over - timedelta(milliseconds=1))
    assert fresh(given).status == "open"
    operations.judge_promises(at=over)
    assert fresh(given).status == "broken"


def test_today_is_the_creditors_today() -> None:
    """23:30 on the 17th in New York is the 18th in UTC: the 17th may still be promised."""
    late = datetime(2026, 3, 18, 3, 30, tzinfo=UTC)
    assert promise(case(), due_on=date(2026, 3, 17), at=late).status == "open"
    with pytest.raises(ApiError) as refused:
        promise(case(organisation=factories.organisation(timezone="UTC")), due_on=date(2026, 3, 17), at=late)
    assert refused.value.code == "outside_policy"


def test_a_credit_note_that_clears_the_balance_is_noticed() -> None:
    row = case()
    given = promise(row, 50_000)
    campaigns.credit(case_id=row.id, amount_minor=100_000, reason="returned", reference="", by="key:1", at=AT + DAY)
    operations.judge_promises(at=AT + DAY)
    assert (fresh(given).status, fresh(row).status, held(row)) == ("kept", "closed", [])


def test_a_correction_below_what_was_promised_lowers_what_keeps_it() -> None:
    row = case()
    given = promise(row, 80_000)
    pay(row, 30_000, AT + DAY)
    campaigns.credit(case_id=row.id, amount_minor=60_000, reason="returned", reference="", by="key:1", at=AT + 2 * DAY)
    assert operations.judge_promises(at=AT + 2 * DAY) == 0  # 10,000 are owed still
    pay(row, 10_000, AT + 3 * DAY)
    assert (fresh(given).status, fresh(row).close_reason) == ("kept", "paid")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"amount_minor": 100_001}, "amount_above_balance"),
        ({"amount_minor": 0}, "amount_above_balance"),
        ({"days": 31}, "outside_policy"),
        ({"days": -1}, "outside_policy"),
    ],
)
def test_what_is_refused(facts: dict[str, Any], code: str) -> None:
    row = case()
    with pytest.raises(ApiError) as refused:
        promise(row, **facts)
    assert refused.value.code == code
    assert (fresh(row).status, Promise.objects.count(), len(planned(row))) == ("active", 0, 1)


def test_the_campaigns_policy_is_before_the_organisations() -> None:
    organisation = factories.organisation(offer_policy={"max_promise_days": 5})
    strict = case(organisation=organisation)
    with pytest.raises(ApiError):
        promise(strict, days=6)
    generous = factories.campaign(organisation, offer_policy={"max_promise_days": 60})
    assert promise(case(organisation=organisation, campaign=generous, invoice_key="2"), days=45).status == "open"


@pytest.mark.parametrize("status", ["promised", "in_plan", "disputed", "escalation_pending", "escalated"])
def test_a_state_that_takes_no_promise_is_named(status: str) -> None:
    row = case(status=status)
    with pytest.raises(ApiError) as refused:
        promise(row)
    assert (refused.value.code, refused.value.extra["state"]) == ("illegal_transition", status)


def test_a_proposed_promise_waits_for_a_word() -> None:
    row = case()
    given = promise(row, proposed=True)
    assert (given.status, fresh(row).status, held(row), told(row)) == ("proposed", "active", [], [])
    pay(row, 10_000, AT)
    operations.confirm_promise(promise_id=given.id, by="key:1", at=AT + DAY)
    operations.confirm_promise(promise_id=given.id, by="key:1", at=AT + DAY)
    assert (fresh(given).status, fresh(row).status, told(row).count("promise.made")) == ("open", "promised", 1)
    pay(row, 45_000, AT + 2 * DAY)  # with what came before it was one, it would be kept
    assert fresh(given).status == "open"


def test_a_proposed_one_that_nobody_confirms_ends_with_its_day() -> None:
    given = promise(case(), proposed=True)
    assert operations.judge_promises(at=OVER) == 1
    assert fresh(given).status == "cancelled"


def test_cancelled_goes_on() -> None:
    row = case()
    given = promise(row)
    for _ in range(2):
        operations.cancel_promise(promise_id=given.id, by="key:1", at=AT + DAY)
    assert (fresh(given).status, fresh(row).status, held(row), planned(row)) == (
        "cancelled",
        "active",
        [],
        [(1, given.id)],
    )
    with pytest.raises(ApiError) as refused:
        operations.confirm_promise(promise_id=given.id, by="key:1", at=AT + DAY)
    assert refused.value.extra["state"] == "cancelled"


def test_a_recalled_case_keeps_its_promise_if_it_is_taken_up_again() -> None:
    row = case()
    given = promise(row)
    campaigns.close_case(case_id=row.id, reason="recalled", note="", by="key:1", at=AT + DAY)
    operations.judge_promises(at=AT + DAY)
    campaigns.unrecall(case_id=row.id, by="key:1", at=AT + 2 * DAY)
    assert (fresh(given).status, fresh(row).status, held(row)) == ("open", "promised", ["promise"])


def test_a_promise_that_ended_while_recalled_does_not_hold_the_case_for_ever() -> None:
    row = case()
    given = promise(row, days=3)
    campaigns.close_case(case_id=row.id, reason="recalled", note="", by="key:1", at=AT + DAY)
    operations.judge_promises(at=AT + 5 * DAY)
    assert fresh(given).status == "cancelled"
    campaigns.unrecall(case_id=row.id, by="key:1", at=AT + 6 * DAY)
    assert (fresh(row).status, held(row), [index for index, _ in planned(row)]) == ("active", [], [1])


@pytest.mark.parametrize("reason", ["written_off", "uncollectible", "duplicate"])
def test_a_case_that_is_given_up_ends_its_promise(reason: str) -> None:
    row = case()
    given = promise(row)
    campaigns.close_case(case_id=row.id, reason=reason, note="", by="key:1", at=AT + DAY)
    assert operations.judge_promises(at=AT + DAY) == 1
    assert fresh(given).status == "cancelled"


def test_a_step_in_a_workers_hands_is_taken_back() -> None:
    row = case()
    Step.objects.filter(case=row, index=1).update(status="sending", lease_token=7, lease_until=AT + DAY)
    promise(row)
    step = Step.objects.get(case=row, index=1)
    assert (step.status, step.lease_token) == ("cancelled", 8)


def test_with_nobody_to_write_to_it_says_so_afterwards() -> None:
    row = case()
    promise(row)
    campaigns.hold(kind="do_not_contact", on=row.debtor.__class__.objects.get(id=row.debtor_id), by="key:1", at=AT)
    from campaigns.models import Contact

    for person in Contact.objects.filter(debtor_id=row.debtor_id):
        campaigns.hold(kind="do_not_contact", on=person, by="key:1", at=AT)
    operations.judge_promises(at=OVER)
    assert Case.objects.get(id=row.id).status == "needs_contact"
