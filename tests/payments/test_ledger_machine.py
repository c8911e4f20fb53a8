"""Whatever happens to the invoices of a debtor, in whatever order: no cent is lost, and the books say the same.

`LEDGER_STEPS=5000` (of 50 each) is the long run.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Dispute
from payments import operations, queries
from payments.models import Payment, Refund
from tests.payments import money

pytestmark = pytest.mark.django_db
STEPS = int(os.environ.get("LEDGER_STEPS", "0"))
which = st.integers(0, 2)
# Of what is owed, or was paid: a little, a part, all, too much.
share = st.sampled_from([0.01, 0.3, 0.5, 1.0, 1.2])
late = st.integers(0, 5)


class Ledger(RuleBasedStateMachine):
    @initialize(
        currency=st.sampled_from(["USD", "EUR", "JPY", "KWD"]),
        amounts=st.tuples(*[st.integers(1, 10**6) | st.integers(10**4, 10**6)] * 3),
        extras=st.tuples(st.integers(0, 999), st.integers(0, 999)),
    )
    def begin(self, currency: str, amounts: tuple[int, ...], extras: tuple[int, int]) -> None:
        self.cases = money.invoices(*amounts, currency=currency, campaigns=2)
        self.tick, self.debtor_id = 0, self.cases[0].debtor_id
        for kind, minor in zip(("interest", "fee"), extras, strict=True):
            if minor:
                money.charge(self.cases[0], kind, minor)

    # --- what there is

    @property
    def said(self) -> dict[str, Any]:
        """Each thing happens an hour later."""
        self.tick += 1
        return {"by": "test", "at": money.AT + self.tick * money.DAY / 24}

    def case(self, nth: int) -> Case:
        self.cases[nth].refresh_from_db()
        return self.cases[nth]

    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(case__debtor_id=self.debtor_id).order_by("id"))

    def payment(self, nth: int) -> Payment | None:
        found = self.payments()
        return found[nth % len(found)] if found else None

    def tell(self, nth: int, what: str, **facts: Any) -> None:
        payment = self.payment(nth)
        if payment:
            money.tell(payment, what, **facts)

    # --- money that comes

    @rule(nth=which, part=share, again=st.sampled_from([*[False] * 4, True]))
    def pay(self, nth: int, part: float, again: bool) -> None:
        case = self.case(nth)
        reference = f"{case.id}-same" if again else ""
        minor = max(1, int((case.balance_minor or case.placed_minor) * part))
        money.came(case, minor, at=self.said["at"], **({"provider_reference": reference} if reference else {}))

    @rule(order=st.permutations([0, 1, 2]), count=st.integers(2, 3), part=share, over=st.integers(0, 50))
    def pay_several(self, order: list[int], count: int, part: float, over: int) -> None:
        named = [(case, max(1, int(case.balance_minor * part))) for case in map(self.case, order[:count])]
        money.came(named[0][0], sum(minor for _, minor in named) + over, *named, at=self.said["at"])

    @rule(order=st.permutations([0, 1, 2]), count=st.integers(1, 3), part=st.sampled_from([0.3, 1.0]))
    def pay_on_the_page(self, order: list[int], count: int, part: float) -> None:
        named = [(case, max(1, int(case.balance_minor * part))) for case in map(self.case, order[:count])]
        codes = ("case_closed", "payment_in_progress", "amount_above_balance")
        self.permit(*codes, act=lambda: money.debit(named[0][0], sum(minor for _, minor in named), *named))

    @rule(nth=late, what=st.sampled_from(["succeeded", "succeeded", "failed", "processing"]))
    def outcome(self, nth: int, what: str) -> None:
        self.tell(nth, what)

    @precondition(lambda self: queries.unapplied(self.debtor_id))
    @rule(nth=late, to=which, part=st.sampled_from([0.3, 1.0]))
    def use_credit(self, nth: int, to: int, part: float) -> None:
        found, case = queries.unapplied(self.debtor_id), self.case(to)
        payment, credit = found[nth % len(found)]
        minor = min(max(1, int(credit * part)), case.balance_minor or 1)
        asked = {"payment_id": payment.id, "case_id": case.id, "minor": minor}
        self.permit("case_closed", act=lambda: operations.apply_credit(**asked, **self.said))

    # --- money that goes

    @precondition(lambda self: self.tick)
    @rule(nth=late, part=share, credited=st.booleans())
    def refund(self, nth: int, part: float, credited: bool) -> None:
        if payment := self.payment(nth):
            minor = max(1, int(payment.amount_minor * part))
            asked = {"payment_id": payment.id, "amount_minor": minor, "reason": "broken", "credited": credited}
            codes = ("illegal_transition", "nothing_to_refund", "amount_above_refundable")
            self.permit(*codes, act=lambda: operations.refund(**asked, **self.said))

    @rule()
    def processor_refunds(self) -> None:
        for row in Refund.objects.filter(payment__case__debtor_id=self.debtor_id, status="created"):
            operations.run_refund(refund_id=row.id, at=self.said["at"])

    @precondition(lambda self: self.tick)
    @rule(nth=late, what=st.sampled_from(["refunded", "refunded", "refund_failed"]), name=st.sampled_from("ab"))
    def refund_told(self, nth: int, what: str, name: str) -> None:
        payment = self.payment(nth)
        if payment and payment.status != "reversed":
            left = payment.amount_minor - payment.refunded_minor
            waiting = Refund.objects.filter(payment=payment, status__in=["created", "processing"]).exists()
            known = Refund.objects.filter(payment=payment, reference=name + payment.id).exists()
            if known or (left and not waiting):
                self.tell(nth, what, amount_minor=max(1, left // 2), refund_reference=name + payment.id)

    @precondition(lambda self: self.tick)
    @rule(nth=late, what=st.sampled_from(["reversed", "reversed", "reinstated"]), name=st.sampled_from("ab"))
    def returned(self, nth: int, what: str, name: str) -> None:
        self.tell(nth, what, return_reference=name)

    @precondition(lambda self: self.tick)
    @rule(nth=late)
    def won(self, nth: int) -> None:
        """What was taken back comes again, by every name it was taken back under."""
        gone = [one for one in self.payments() if "reversed" in one.told.values()]
        for payment in gone[nth : nth + 1]:
            for name in payment.told:
                money.tell(payment, "reinstated", return_reference=name)

    @precondition(lambda self: self.tick)
    @rule(nth=late)
    def reverse(self, nth: int) -> None:
        if payment := self.payment(nth):
            act = lambda: operations.reverse(payment_id=payment.id, reason="bounced", **self.said)  # noqa: E731
            self.permit("illegal_transition", act=act)

    # --- the account itself

    @rule(nth=which, part=share)
    def credit_note(self, nth: int, part: float) -> None:
        case = self.case(nth)
        asked = {
            "case_id": case.id,
            "amount_minor": max(1, int(case.balance_minor * part)),
            "reason": "",
            "reference": "",
        }
        codes = ("illegal_transition", "amount_above_balance", "payment_in_progress")
        self.permit(*codes, act=lambda: campaigns.credit(**asked, **self.said))

    @rule(nth=which, part=share)
    def correct(self, nth: int, part: float) -> None:
        case = self.case(nth)
        changes = {"invoice_amount": max(1, int(case.invoice_minor * part))}
        codes = ("illegal_transition", "amount_below_collected", "payment_in_progress", "invalid_request")
        self.permit(*codes, act=lambda: campaigns.correct(
            case_id=case.id, changes=changes, reason="wrong", terms_days=30, **self.said
        ))  # fmt: skip

    @rule(nth=which, part=st.sampled_from([None, 0.5]))
    def dispute(self, nth: int, part: float | None) -> None:
        case = self.case(nth)
        minor = None if part is None else max(1, int(case.balance_minor * part))
        asked = {"reason": "quality", "text": "", "amount_minor": minor, "source": "page", "evidence": {}}
        codes = ("illegal_transition", "dispute_open", "amount_above_balance")
        self.permit(*codes, act=lambda: campaigns.open_dispute(case_id=case.id, **asked, **self.said))

    @precondition(lambda self: self.tick)
    @rule(nth=which, outcome=st.sampled_from(["upheld", "partially_upheld", "rejected"]))
    def resolve(self, nth: int, outcome: str) -> None:
        found = Dispute.objects.filter(case=self.cases[nth], resolved_at=None).first()
        if found:
            reduced = 1 if outcome == "partially_upheld" else 0
            codes = ("illegal_transition", "amount_above_dispute", "payment_in_progress")
            self.permit(*codes, act=lambda: campaigns.resolve_dispute(
                dispute_id=found.id, outcome=outcome, reduced_minor=reduced, note="seen", **self.said
            ))  # fmt: skip

    @rule(nth=which, kind=st.sampled_from(["plan", "promise"]))
    def agree(self, nth: int, kind: str) -> None:
        case, said = self.case(nth), self.said
        codes = ("illegal_transition", "amount_above_balance", "outside_policy", "plans_not_offered", "plan_open")
        day, given = said["at"].date(), {"source": "page", "evidence": {}}
        half = case.balance_minor // 2
        parts = [
            ((said["at"] + 5 * money.DAY).date(), half),
            ((said["at"] + 30 * money.DAY).date(), case.balance_minor - half),
        ]
        if kind == "plan":
            self.permit(*codes, act=lambda: operations.start_plan(case_id=case.id, schedule=parts, **given, **said))
        else:
            asked = {"amount_minor": max(1, half), "due_on": day + 3 * money.DAY, **given}
            self.permit(*codes, act=lambda: operations.make_promise(case_id=case.id, **asked, **said))

    @rule(days=st.integers(0, 40))
    def judge(self, days: int) -> None:
        self.tick += days * 24
        at = self.said["at"]
        operations.judge_promises(at=at)
        operations.judge_plans(at=at)

    @rule(nth=which, reason=st.sampled_from(["recalled", *["again"] * 4, "written_off"]))
    def close(self, nth: int, reason: str) -> None:
        case = self.case(nth)
        if reason == "again":
            codes = ("illegal_transition", "unrecall_too_late", "nothing_left")
            self.permit(*codes, act=lambda: campaigns.unrecall(case_id=case.id, **self.said))
        else:
            act = lambda: campaigns.close_case(case_id=case.id, reason=reason, note="", **self.said)  # noqa: E731
            self.permit("illegal_transition", "payment_in_progress", act=act)

    def permit(self, *codes: str, act: Any) -> None:
        """Do it, unless it may not be done as things stand; nothing has happened then."""
        try:
            act()
        except ApiError as refused:
            if refused.code not in codes:
                raise

    @invariant()
    def books_agree(self) -> None:
        if hasattr(self, "debtor_id"):
            money.check(self.debtor_id)


def test_no_cent_is_lost_whatever_happens() -> None:
    length = 50 if STEPS else 12
    examples = max(1, STEPS // length) if STEPS else 8
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Ledger,
        settings=settings(
            max_examples=examples,
            stateful_step_count=length,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
