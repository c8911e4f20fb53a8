"""The lives of many payments at Stripe, told to us in order, or by a storm: each callback many times, in any order, by
many threads at once while it still goes on. Both must end in the same books."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Sum

from accounts.models import Organisation
from agentcollect.kit import clock, jobs
from campaigns.models import Case, LedgerEntry
from payments import operations
from payments.models import Allocation, Payment, ProcessorCallback, ProcessorEntry, Refund
from tests import factories
from tests.payments.stripe_world import checkout, post
from tests.stripe_server import Stripe, signed

MINOR = 100_000


@dataclass
class Life:
    """One payment at Stripe, and what its story needs to remember."""

    api: Stripe
    session: str
    intent: str = ""
    other: str = ""

    def pay(self) -> None:
        self.intent = self.api.pay(self.session, fee=2_930)

    def debit(self) -> None:
        self.intent = self.api.debit(self.session)

    def settle(self) -> None:
        self.api.debit_ends(self.intent)

    def bounce(self) -> None:
        self.api.debit_ends(self.intent, failure="The account has insufficient funds.")

    def decline(self) -> None:
        self.api.decline(self.session)

    def expire(self) -> None:
        self.api.expire(self.session)

    def refund_part(self) -> None:
        self.other = self.api.refund(self.intent, 30_000)["id"]

    def refund_all(self) -> None:
        self.other = self.api.refund(self.intent, MINOR)["id"]

    def refund_fails(self) -> None:
        self.api.refund_ends(self.other, "failed")

    def dispute(self) -> None:
        self.other = self.api.dispute(self.intent)

    def dispute_part(self) -> None:
        self.other = self.api.dispute(self.intent, amount=40_000)

    def inquire(self) -> None:
        self.other = self.api.dispute(self.intent, status="warning_needs_response")

    def win(self) -> None:
        self.api.dispute_ends(self.other, "won")

    def lose(self) -> None:
        self.api.dispute_ends(self.other, "lost")

    def calm(self) -> None:
        self.api.dispute_ends(self.other, "warning_closed")


Step = Callable[[Life], None]
LIVES: tuple[tuple[Step, ...], ...] = (
    (Life.pay,),
    (Life.decline, Life.pay),
    (Life.debit, Life.settle),
    (Life.debit, Life.bounce),
    (Life.expire,),
    (Life.pay, Life.refund_part),
    (Life.pay, Life.refund_part, Life.refund_part),
    (Life.pay, Life.refund_all),
    (Life.pay, Life.refund_all, Life.refund_fails),
    (Life.pay, Life.dispute, Life.lose),
    (Life.pay, Life.dispute, Life.win),
    (Life.pay, Life.refund_part, Life.dispute, Life.win),
    (Life.pay, Life.refund_part, Life.dispute, Life.lose),
    (Life.pay, Life.dispute_part, Life.lose),
    (Life.pay, Life.dispute_part, Life.win),
    (Life.pay, Life.inquire, Life.calm),
    (Life.debit, Life.settle, Life.dispute, Life.lose),
)
WAVES = max(map(len, LIVES))


@dataclass
class Story:
    """`count` invoices of one creditor, each begun at Stripe; number n lives stories[n % …]."""

    api: Stripe
    organisation: Organisation
    count: int
    stories: tuple[tuple[Step, ...], ...] = LIVES
    payments: list[Payment] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)

    def begin(self) -> None:
        campaign = factories.campaign(self.organisation, livemode=True)
        for _ in range(self.count):
            debtor = factories.debtor(self.organisation, True)
            case = factories.case(
                self.organisation, amount_minor=MINOR, livemode=True, campaign=campaign, debtor=debtor
            )
            self.payments.append(checkout(case))
        self.lives = [Life(self.api, payment.reference) for payment in self.payments]

    def wave(self, number: int) -> Iterator[None]:
        """The step `number` of every life that has one."""
        for place, life in enumerate(self.lives):
            steps = self.stories[place % len(self.stories)]
            if number < len(steps):
                steps[number](life)
                yield

    # --- told

    def in_order(self) -> int:
        """Each callback once, as soon as it has happened; how many there were."""
        told = 0
        for number in range(WAVES):
            for _ in self.wave(number):
                for event in self.api.events[told:]:
                    assert post(*signed(event)) == 200
                told = len(self.api.events)
                operations.process_callbacks(at=clock.now())
        return told

    def storm(self, *, threads: int, times: int, seed: int) -> int:
        """Each callback `times` times; how many were posted. Some are held back and meet later news on their way."""
        chance, posted = random.Random(seed), Counter[str]()
        for number in range(WAVES):
            for _ in self.wave(number):
                pass
            known = list(self.api.events)
            some = [one for one in known if chance.random() < 0.6 and posted[one["id"]] < times - 1]
            posted.update(one["id"] for one in some)
            _blow(some, chance, threads)
        rest = [one for one in self.api.events for _ in range(times - posted[one["id"]])]
        _blow(rest, chance, threads)
        operations.process_callbacks(at=clock.now(), limit=100_000)
        return times * len(self.api.events)

    # --- how it ended

    def ends(self) -> list[tuple[Any, ...]]:
        """What became of each payment: its state, its case, the sum of its ledger, allocations and refunds."""
        return [_end(payment.id) for payment in self.payments]

    def explained(self) -> bool:
        """What stands of each payment is what the processor's books say of it, to the cent."""
        operations.read_books(at=clock.now())
        return all(_stands(payment.id) == _booked(payment.id) for payment in self.payments)


def _blow(events: Sequence[dict[str, Any]], chance: random.Random, threads: int) -> None:
    """Post and read at the same time, by all threads."""
    shuffled = list(events)
    chance.shuffle(shuffled)
    start = threading.Barrier(threads)

    def work(mine: list[dict[str, Any]]) -> None:
        start.wait()
        try:
            with jobs.silent():
                for number, event in enumerate(mine):
                    assert post(*signed(event)) == 200
                    if number % 5 == 4:
                        operations.process_callbacks(at=clock.now(), limit=10)
                operations.process_callbacks(at=clock.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, shuffled[place::threads]) for place in range(threads)]:
            done.result()


def _end(payment_id: str) -> tuple[Any, ...]:
    payment = Payment.objects.get(id=payment_id)
    case = Case.objects.get(id=payment.case_id)
    ledger = LedgerEntry.objects.filter(case=case).aggregate(n=Sum("amount_minor"))["n"]
    shared = Allocation.objects.filter(payment=payment).values_list("component").annotate(n=Sum("amount_minor"))
    refunds = Refund.objects.filter(payment=payment).exclude(status="failed").values_list("amount_minor", "status")
    return (
        *(payment.status, payment.refunded_minor, payment.method, payment.processor_fee_minor),
        *(case.status, case.close_reason, case.balance_minor, case.collected_minor, ledger),
        tuple(sorted((part, minor) for part, minor in shared if minor)),
        tuple(sorted(refunds)),
    )


def _stands(payment_id: str) -> int:
    payment = Payment.objects.get(id=payment_id)
    came = payment.status in ("succeeded", "partially_refunded", "refunded")
    return payment.amount_minor - payment.refunded_minor if came else 0


def _booked(payment_id: str) -> int:
    lines = ProcessorEntry.objects.filter(payment_id=payment_id).aggregate(n=Sum("amount_minor"))
    return lines["n"] or 0


def unread() -> int:
    return ProcessorCallback.objects.filter(status__in=["new", "failed"]).count()
