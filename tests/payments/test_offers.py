"""Settlements: within the floor, told to nobody before they are sent, settled by the money that comes in time alone."""

import contextlib
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcollect.kit import ids
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold, LedgerEntry, Step, Task
from events.models import Event
from payments import operations, queries
from payments.models import Offer, Payment
from payments.operations import settlements
from payments.rules import offers as rules
from tests import factories
from tests.payments.agreed import AT, DAY, fresh, held, pay, planned, promise, told
from tests.payments.offered import LAST, accepted, creditor, draft, owed, sent

END = datetime(2026, 3, 28, 4, tzinfo=UTC)  # the first moment after LAST in New York
Status = Offer.Status


def ledger(row: Case) -> list[tuple[str, int]]:
    rows = LedgerEntry.objects.filter(case=row).order_by("recorded_at", "id").exclude(kind="principal")
    return [(one.kind, one.amount_minor) for one in rows]


def refusal(act: Any, **asked: Any) -> str:
    with pytest.raises(ApiError) as refused:
        act(**asked)
    return refused.value.code


# --- pure


@given(st.integers(1, 10**12), st.decimals(Decimal("0.01"), 90, places=2))
def test_never_more_than_the_percentage_is_given_up(balance: int, percent: Decimal) -> None:
    left = rules.reduced(balance, percent)
    assert (balance - left) * 100 <= balance * percent < (balance - left + 1) * 100


@given(
    st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 10**9)
)
def test_a_settlement_never_gives_up_more_than_was_offered(
    amount: int, discount: int, paid: int, late: int, owed_before: int
) -> None:
    made_on = amount + discount + 1
    balance = owed_before - paid - late
    now = rules.Standing(amount, made_on, paid, paid + late, balance)
    if now.reached and balance > 0:
        assert balance <= made_on - amount
    assert now.left_minor == max(0, amount - paid)


# --- the floor


@pytest.mark.parametrize(
    ("age", "amount", "fine"),
    [
        (100, 80_000, True),
        (100, 79_999, False),
        (90, 80_000, True),
        (89, 80_000, False),
        (89, 90_000, True),
        (29, 99_999, False),
        (-5, 99_999, False),
    ],
)
@pytest.mark.django_db
def test_the_floor_is_kept_by_age(age: int, amount: int, fine: bool) -> None:
    row = owed(age=age)
    if fine:
        assert draft(row, amount).amount_minor == amount
    else:
        assert refusal(draft, row=row, amount_minor=amount) == "outside_policy"
        assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("currency", "balance", "floor"), [("JPY", 1_001, 801), ("KWD", 1_001, 801), ("USD", 999, 800)]
)
@pytest.mark.django_db
def test_percent_and_floor_in_currencies_without_cents_and_with_mils(currency: str, balance: int, floor: int) -> None:
    row = owed(balance, currency=currency)
    made = draft(row, None, percent=Decimal(20))
    assert (made.amount_minor, made.currency, made.terms["floor_minor"]) == (floor, currency, floor)
    operations.send_offer(offer_id=made.id, by="key:one", at=AT)
    pay(row, floor, AT + DAY)
    assert (fresh(row).close_reason, row.balance_minor) == ("settled", 0)
    assert ledger(row) == [("payment", -floor), ("adjustment", floor - balance)]


@pytest.mark.parametrize("amount", [0, 100_000, 100_001, -1])
@pytest.mark.django_db
def test_a_settlement_is_less_than_what_is_owed(amount: int) -> None:
    assert refusal(draft, row=owed(), amount_minor=amount) == "not_below_balance"


@pytest.mark.django_db
def test_nothing_is_given_up_where_nobody_said_so() -> None:
    organisation = factories.organisation(timezone="America/New_York")
    assert refusal(draft, row=owed(organisation=organisation), amount_minor=99_999) == "outside_policy"


@pytest.mark.parametrize(
    ("day", "fine"), [(-1, False), (0, True), (30, True), (31, False)], ids=["past", "today", "longest", "too long"]
)
@pytest.mark.django_db
def test_how_long_one_may_stand(day: int, fine: bool) -> None:
    row, last = owed(), date(2026, 3, 17) + timedelta(days=day)
    if not fine:
        assert refusal(draft, row=row, valid_until=last) == "outside_policy"
        return
    made = draft(row, valid_until=last)
    assert made.valid_until.astimezone(ZoneInfo("America/New_York")).date() == last + DAY
    assert settlements.last_day(made, row) == last


# --- who says yes


@pytest.mark.django_db
def test_a_person_approves_and_two_where_the_policy_says_so() -> None:
    row = owed(organisation=creditor(settlement_approval="second_person"))
    made = draft(row, by="member:one", reason="Old.")
    task = Task.objects.get(kind="approve_offer", cause=made.id)
    assert (made.status, task.status, task.facts["why"]) == ("draft", "open", "Old.")
    assert refusal(operations.send_offer, offer_id=made.id, by="member:two", at=AT) == "illegal_transition"
    assert refusal(operations.approve_offer, offer_id=made.id, by="member:one", at=AT) == "second_person_needed"
    operations.approve_offer(offer_id=made.id, by="member:two", at=AT)
    assert (fresh(made).status, made.approved_by, fresh(task).outcome) == ("approved", "member:two", "approve")
    assert told(row) == ["task.created", "task.done"] and planned(row) == [(1, "")]


@pytest.mark.parametrize(("outcome", "status"), [("approve", "sent"), ("refuse", "void")])
@pytest.mark.django_db
def test_the_task_sends_it_or_drops_it(outcome: str, status: str) -> None:
    row = owed(organisation=creditor(settlement_approval="person"))
    made = draft(row, by="member:one")
    task = Task.objects.get(cause=made.id)
    campaigns.complete_task(task_id=task.id, outcome=outcome, note="", by="member:one", at=AT)
    assert fresh(made).status == status and fresh(task).status == "done"
    assert ("offer.sent" in told(row)) is (status == "sent")


@pytest.mark.django_db
def test_a_task_about_one_that_does_not_fit_any_more_is_refused_whole() -> None:
    row = owed(organisation=creditor(settlement_approval="person"))
    made = draft(row)
    pay(row, 1_000)
    task = Task.objects.get(cause=made.id)
    asked = {"task_id": task.id, "outcome": "approve", "note": "", "by": "member:one", "at": AT}
    assert refusal(campaigns.complete_task, **asked) == "offer_outdated"
    assert (fresh(made).status, fresh(task).status) == ("draft", "open")
    assert operations.expire_offers(at=AT + DAY) == 1
    assert (fresh(made).status, fresh(task).status) == ("void", "cancelled")


# --- the machine: every state, every act


def _state(row: Case, status: str) -> Offer:
    """An offer of `row` brought into `status` by the acts themselves."""
    if status in ("draft", "approved"):
        made = draft(row)
        if status == "draft":
            Offer.objects.filter(id=made.id).update(status="draft", approved_at=None, approved_by="")
        return fresh(made)
    made = sent(row)
    if status == "accepted":
        operations.accept_offer(offer_id=made.id, evidence={}, by="debtor", at=AT)
    elif status == "declined":
        operations.decline_offer(offer_id=made.id, by="debtor", at=AT)
    elif status == "void":
        operations.void_offer(offer_id=made.id, by="key:one", at=AT)
    elif status == "expired":
        operations.judge_offer(offer_id=made.id, at=END)
    return fresh(made)


ACTS: dict[str, Any] = {
    "approve": operations.approve_offer,
    "send": operations.send_offer,
    "accept": lambda **named: operations.accept_offer(evidence={}, **named),
    "decline": operations.decline_offer,
    "void": operations.void_offer,
    "expire": lambda offer_id, by, at: operations.judge_offer(offer_id=offer_id, at=END),
}
BECOMES = {
    ("draft", "approve"): "approved",
    ("draft", "void"): "void",
    ("draft", "expire"): "expired",
    ("approved", "send"): "sent",
    ("approved", "void"): "void",
    ("approved", "expire"): "expired",
    ("sent", "accept"): "accepted",
    ("sent", "decline"): "declined",
    ("sent", "void"): "void",
    ("sent", "expire"): "expired",
    ("accepted", "expire"): "expired",
}
# Said twice, it holds already; a judge who comes too late finds it judged.
AGAIN = {
    ("approved", "approve"),
    ("sent", "send"),
    ("accepted", "accept"),
    ("declined", "decline"),
    ("void", "void"),
    *((status, "expire") for status in ("declined", "void", "expired")),
}


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.django_db
def test_every_state_takes_its_acts_and_no_other(status: str) -> None:
    for act, press in ACTS.items():
        row = owed()
        made = _state(row, status)
        assert made.status == status
        before = Event.objects.count()
        named = {"offer_id": made.id, "by": "key:one", "at": AT}
        then = BECOMES.get((status, act))
        if then or (status, act) in AGAIN:
            press(**named)
            assert fresh(made).status == (then or status)
            assert then or Event.objects.count() == before
        else:
            assert refusal(press, **named) == "illegal_transition", (status, act)
            assert fresh(made).status == status and Event.objects.count() == before


# --- sent, accepted, over


@pytest.mark.django_db
def test_what_is_sent_is_told_by_a_mail_of_its_own_and_shown() -> None:
    row = owed()
    made = sent(row, conditions="In one payment.")
    step = Step.objects.get(case=row, kind="offer")
    assert (step.intent, step.cause, step.status, step.index) == ("settlement_offer", made.id, "planned", -1)
    assert step.facts == {"offer_minor": 80_000, "until_on": "2026-03-27"}
    event = Event.objects.get(case_id=row.id, type="offer.sent")
    assert (event.data["amount"], event.data["balance"], event.data["valid_until"]) == (800, 1000, "2026-03-27")
    # The playbook's own next step stands beside it.
    assert planned(row) == [(1, ""), (-1, made.id)] or planned(row) == [(-1, made.id), (1, "")]


@pytest.mark.parametrize("act", [operations.decline_offer, operations.void_offer])
@pytest.mark.django_db
def test_a_mail_that_has_not_left_tells_of_no_offer_that_is_over(act: Any) -> None:
    row = owed()
    made = sent(row)
    act(offer_id=made.id, by="key:one", at=AT)
    assert Step.objects.get(case=row, kind="offer").status == "cancelled" and planned(row) == [(1, "")]


@pytest.mark.django_db
def test_accepted_holds_until_its_day_is_over() -> None:
    row = owed()
    made = accepted(row)
    hold = Hold.objects.get(id=made.hold_id)
    assert (held(row), hold.ends_at, fresh(row).status) == (["offer"], END, "active")
    assert refusal(campaigns.release_case, case_id=row.id, kind="offer", by="key:one", at=AT) == "hold_not_yours"
    assert operations.expire_offers(at=END - timedelta(seconds=1)) == 0
    assert operations.expire_offers(at=END) == 1
    assert (fresh(made).status, held(row)) == ("expired", [])
    assert told(row)[-2:] == ["case.released", "offer.expired"] and (1, "") in planned(row)


@pytest.mark.django_db
def test_a_promise_gives_way_to_what_is_accepted() -> None:
    row = owed()
    promised = promise(row)
    made = accepted(row)
    assert (fresh(promised).status, fresh(made).status, held(row)) == ("cancelled", "accepted", ["offer"])


@pytest.mark.django_db
def test_one_at_a_time() -> None:
    row = owed()
    first = draft(row, 90_000)
    second = sent(row)
    assert (fresh(first).status, second.status) == ("void", "sent")
    assert refusal(draft, row=row) == "offer_open"
    operations.void_offer(offer_id=second.id, by="key:one", at=AT)
    assert draft(row).status == "approved"


@pytest.mark.parametrize("how", ["disputed", "in_plan", "closed", "credited", "raised"])
@pytest.mark.django_db
def test_what_goes_another_way_ends_it(how: str) -> None:
    row = owed()
    made = accepted(row) if how == "disputed" else sent(row)
    named = {"case_id": row.id, "by": "key:one", "at": AT + DAY}
    if how == "disputed":
        campaigns.open_dispute(reason="quality", text="", amount_minor=None, source="page", evidence={}, **named)
    elif how == "in_plan":
        operations.start_plan(schedule=[(LAST, 50_000), (LAST + DAY, 50_000)], source="page", evidence={}, **named)
    elif how == "closed":
        campaigns.close_case(reason="recalled", note="", **named)
    elif how == "credited":
        campaigns.credit(amount_minor=20_000, reason="", reference="c1", **named)
    else:
        changes = {"invoice_amount": 150_000}
        campaigns.correct(changes=changes, reason="Wrong.", terms_days=30, **named)
    accept = {"offer_id": made.id, "evidence": {}, "by": "debtor", "at": AT + DAY}
    if how != "disputed":
        code = "offer_outdated" if how in ("credited", "raised") else "illegal_transition"
        assert refusal(operations.accept_offer, **accept) == code
    assert operations.expire_offers(at=AT + DAY) == 1
    assert fresh(made).status == "void" and "offer" not in held(row)
    assert operations.expire_offers(at=AT + DAY) == 0
    if fresh(row).status == "active":
        pay(row, 80_000, AT + 2 * DAY)
        assert fresh(row).close_reason in ("", "paid")


@pytest.mark.parametrize("status", ["disputed", "in_plan", "closed", "escalated", "enriching"])
@pytest.mark.django_db
def test_where_none_is_made(status: str) -> None:
    row = owed()
    closed = {"closed_at": AT, "close_reason": "recalled"} if status == "closed" else {}
    Case.objects.filter(id=row.id).update(status=status, **closed)
    assert refusal(draft, row=row) == "illegal_transition"


@pytest.mark.django_db
def test_a_small_credit_leaves_the_offer_as_it_was() -> None:
    row = owed()
    made = sent(row)
    campaigns.credit(case_id=row.id, amount_minor=5_000, reason="", reference="c1", by="key:one", at=AT)
    assert operations.expire_offers(at=AT + DAY) == 0
    pay(row, 80_000, AT + DAY)
    assert fresh(made).settled_at and ledger(row)[-1] == ("adjustment", -15_000)


# --- the money


@pytest.mark.parametrize("word", ["sent", "accepted"])
@pytest.mark.django_db
def test_paid_in_time_it_settles(word: str) -> None:
    row = owed()
    made = _state(row, word)
    payment = pay(row, 80_000, AT + 3 * DAY)
    assert (fresh(row).status, row.close_reason, row.balance_minor, row.collected_minor) == (
        "closed", "settled", 0, 80_000,
    )  # fmt: skip
    assert ledger(row) == [("payment", -80_000), ("adjustment", -20_000)]
    entry = LedgerEntry.objects.get(case=row, kind="adjustment")
    assert (entry.reference, made.id in entry.reason) == (made.id, True)
    assert (fresh(made).status, made.payment_id, made.settled_at) == ("accepted", payment.id, AT + 3 * DAY)
    assert told(row).count("offer.accepted") == 1 and told(row)[-1] == "case.closed" and not held(row)
    assert operations.expire_offers(at=END) == 0
    assert pay(row, 1, AT + 4 * DAY) and fresh(row).balance_minor == 0


@pytest.mark.parametrize(
    ("parts", "settles"),
    [
        ([80_000], True),
        ([79_999], False),
        ([79_999, 1], True),
        ([30_000, 30_000, 19_999], False),
        ([30_000, 30_000, 20_000], True),
        ([90_000], True),
        ([100_000], False),
    ],
)
@pytest.mark.django_db
def test_parts_add_up(parts: list[int], settles: bool) -> None:
    row = owed()
    made = accepted(row)
    for number, minor in enumerate(parts):
        pay(row, minor, AT + number * DAY)
    assert (fresh(row).close_reason == "settled") is settles
    assert row.balance_minor == (0 if settles else 100_000 - sum(parts))
    if row.close_reason == "paid":
        assert operations.expire_offers(at=AT + 4 * DAY) == 1 and fresh(made).status == "void"


@pytest.mark.parametrize(
    ("received_at", "settles"),
    [
        (END - timedelta(seconds=1), True),
        (END, False),
        (END + DAY, False),
        # A bank names a day only: the one it was sent on counts, the one before does not.
        (datetime(2026, 3, 17, 4, tzinfo=UTC), True),
        (datetime(2026, 3, 17, 3, 59, tzinfo=UTC), False),
    ],
)
@pytest.mark.parametrize("told_late", [False, True], ids=["at once", "after the day"])
@pytest.mark.django_db
def test_in_time_is_by_the_creditors_day_whenever_we_hear_of_it(
    received_at: datetime, settles: bool, told_late: bool
) -> None:
    row = owed()
    made = accepted(row)
    at = max(received_at, AT)
    if told_late:
        at = END + 2 * DAY
        assert operations.expire_offers(at=END) == 1 and fresh(made).status == "expired"
    _record(row, 80_000, received_at=received_at, at=at)
    assert (fresh(row).close_reason, row.balance_minor) == (("settled", 0) if settles else ("", 20_000))
    assert ("adjustment" in dict(ledger(row))) is settles
    assert (fresh(made).settled_at is not None) is settles


def _record(row: Case, minor: int, *, received_at: datetime, at: datetime) -> Payment:
    return operations.record(
        organisation_id=row.organisation_id, livemode=row.livemode, case_id=row.id, amount_minor=minor,
        currency=row.currency, method="bank_transfer", source="transfer", provider="bank",
        provider_reference=ids.new("ref"), received_at=received_at, by="test", at=at,
    )  # fmt: skip


@pytest.mark.django_db
def test_what_had_come_before_does_not_count() -> None:
    row = owed(120_000)
    pay(row, 20_000)
    made = accepted(fresh(row))
    pay(row, 60_000, AT)
    assert fresh(row).balance_minor == 40_000
    assert operations.left_to_pay(case=row, offer_id=made.id, at=AT) == 20_000
    pay(row, 20_000, AT)
    assert (fresh(row).close_reason, ledger(row)[-1]) == ("settled", ("adjustment", -20_000))


@pytest.mark.django_db
def test_late_money_is_money_and_no_more() -> None:
    row = owed()
    made = accepted(row)
    pay(row, 30_000, AT + DAY)
    operations.expire_offers(at=END)
    pay(row, 50_000, END)
    assert (fresh(row).balance_minor, row.status, fresh(made).status) == (20_000, "active", "expired")
    assert [kind for kind, _ in ledger(row)] == ["payment", "payment"]


# --- money that goes back


@pytest.mark.django_db
def test_the_payment_goes_back_and_so_does_what_was_given_up() -> None:
    row = owed()
    made = accepted(row)
    payment = pay(row, 80_000, AT + DAY)
    operations.reverse(payment_id=payment.id, reason="returned", by="bank", at=AT + 5 * DAY)
    assert (fresh(row).status, row.close_reason, row.balance_minor, row.collected_minor) == ("active", "", 100_000, 0)
    assert sum(minor for _, minor in ledger(row)) == 0 and dict(ledger(row))["adjustment"] == 20_000
    assert fresh(made).status == "void" and "went back" in made.evidence["ended"]
    assert not held(row) and operations.expire_offers(at=AT + 5 * DAY) == 0


@pytest.mark.django_db
def test_a_part_of_what_settled_goes_back() -> None:
    row = owed()
    accepted(row)
    first = pay(row, 30_000, AT + DAY)
    pay(row, 50_000, AT + 2 * DAY)
    operations.reverse(payment_id=first.id, reason="returned", by="bank", at=AT + 5 * DAY)
    assert (fresh(row).status, row.balance_minor, row.collected_minor) == ("active", 50_000, 50_000)


@pytest.mark.django_db
def test_older_money_that_goes_back_leaves_the_settlement_alone() -> None:
    row = owed(120_000)
    older = pay(row, 20_000, AT - DAY)
    made = accepted(fresh(row))
    pay(row, 80_000, AT + DAY)
    operations.reverse(payment_id=older.id, reason="returned", by="bank", at=AT + 5 * DAY)
    assert (fresh(row).status, row.balance_minor, fresh(made).status) == ("active", 20_000, "accepted")
    assert dict(ledger(row))["adjustment"] == -20_000


@pytest.mark.django_db
def test_older_money_that_goes_back_is_to_be_paid_besides() -> None:
    row = owed(120_000)
    older = pay(row, 20_000, AT - DAY)
    made = accepted(fresh(row))
    operations.reverse(payment_id=older.id, reason="returned", by="bank", at=AT + DAY)
    assert operations.expire_offers(at=AT + 2 * DAY) == 0
    assert operations.left_to_pay(case=fresh(row), offer_id=made.id, at=AT + DAY) == 100_000
    pay(row, 80_000, AT + 2 * DAY)
    assert (fresh(row).balance_minor, row.status) == (40_000, "active")
    pay(row, 20_000, AT + 2 * DAY)
    assert fresh(row).close_reason == "settled" and ledger(row)[-1] == ("adjustment", -20_000)


@pytest.mark.django_db
def test_both_go_back_one_after_the_other() -> None:
    row = owed(120_000)
    older = pay(row, 20_000, AT - DAY)
    made = accepted(fresh(row))
    settling = pay(row, 80_000, AT + DAY)
    for payment in (older, settling):
        operations.reverse(payment_id=payment.id, reason="returned", by="bank", at=AT + 5 * DAY)
    assert (fresh(row).status, row.balance_minor, fresh(made).status) == ("active", 120_000, "void")


@pytest.mark.django_db
def test_money_that_comes_again_settles_again() -> None:
    row = owed()
    made = accepted(row)
    payment = pay(row, 80_000, AT + DAY)
    operations.reverse(payment_id=payment.id, reason="disputed", by="bank", at=AT + 5 * DAY, reference="dp_1")
    assert fresh(made).status == "void"
    operations.reinstate(payment_id=payment.id, by="bank", at=AT + 30 * DAY, reference="dp_1")
    assert (fresh(row).close_reason, row.balance_minor, fresh(made).status) == ("settled", 0, "accepted")
    assert sum(minor for kind, minor in ledger(row) if kind == "adjustment") == -20_000


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.django_db
def test_whatever_happens_no_more_is_given_up_than_was_offered(seed: int) -> None:
    """Payments, returns, credit notes and offers at random: the balance is the ledger's, and what is given up belongs
    to settlements that their own money still pays."""
    dice = random.Random(seed)
    row, at, came = owed(100_000), AT, []
    for _ in range(25):
        at += timedelta(hours=dice.choice([1, 20, 60]))
        row = fresh(row)
        with contextlib.suppress(ApiError):
            _act(dice, row, came, at)
        operations.expire_offers(at=at)
        row = fresh(row)
        entries = list(LedgerEntry.objects.filter(case=row))
        given_up = -sum(one.amount_minor for one in entries if one.kind == "adjustment")
        settled = list(Offer.objects.filter(case=row, status="accepted", settled_at__isnull=False))
        assert row.balance_minor == sum(one.amount_minor for one in entries) >= 0
        assert given_up == -sum(one.amount_minor for one in entries if one.reference in {offer.id for offer in settled})
        assert 0 <= given_up <= sum(offer.balance_minor - offer.amount_minor for offer in settled)


def _act(dice: random.Random, row: Case, came: list[Payment], at: datetime) -> None:
    what = dice.choice(["pay", "pay", "pay offer", "offer", "accept", "return", "credit"])
    standing = queries.open_offer(row)
    if what == "offer":
        floor = operations.floor_of(row, at)
        last = at.date() + timedelta(days=dice.randrange(8))
        sent(row, dice.randint(floor, max(floor, row.balance_minor)), at=at, valid_until=last)
    elif what == "accept" and standing:
        operations.accept_offer(offer_id=standing.id, evidence={}, by="debtor", at=at)
    elif what == "pay offer" and standing:
        came.append(pay(row, operations.left_to_pay(case=row, offer_id=standing.id, at=at), at))
    elif what == "return" and came:
        back = came.pop(dice.randrange(len(came)))
        operations.reverse(payment_id=back.id, reason="returned", by="bank", at=at)
    elif what == "credit":
        named = {"reason": "", "reference": ids.new("ref"), "by": "key:one", "at": at}
        campaigns.credit(case_id=row.id, amount_minor=dice.randint(1, 3_000), **named)
    elif what == "pay":
        came.append(pay(row, dice.randint(1, 40_000), at))


# --- nobody learns the floor


@pytest.mark.django_db
def test_the_floor_is_in_no_public_event_and_in_no_answer() -> None:
    organisation = creditor(settlement_approval="person")
    row = owed(98_765, organisation=organisation)
    made = draft(row, 90_000)
    operations.approve_offer(offer_id=made.id, by="member:one", at=AT)
    operations.send_offer(offer_id=made.id, by="member:one", at=AT)
    operations.accept_offer(offer_id=made.id, evidence={}, by="debtor", at=AT)
    assert made.terms["floor_minor"] == 79_012
    shown = factories.client(factories.api_key(organisation)).get(f"/v1/offers/{made.id}").content.decode()
    payloads = [one.payload for one in Event.objects.filter(sequence__isnull=False)]
    for leak in ("790.12", "79012", "floor", "percent"):
        assert not [one for one in (*payloads, shown) if leak in one], leak
    assert queries.offer(organisation.id, False, made.id).amount_minor == 90_000
