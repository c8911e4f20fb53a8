"""A small portfolio on a test clock whose figures were worked out on paper.

The creditor is in New York; the clock stands on Thursday, 10 April 2031. All were placed on 1 March but for E.

| | placed | due | what happened |
|---|---|---|---|
| A | $1,000 | 1 February | mailed 5 March; paid on the page late on 11 March (12 March in UTC): 10 days |
| B | $500 | 20 March | mailed 10 March, wrote back 12 March, talked to 15 March; $200 reported on 21 March: 20 days |
| C | $300 | 1 January | recalled on 15 March |
| D | $400 | 5 January | credit note of $100 on 20 March |
| E | $600 | 30 April | placed 20 March, paid 30 March (10 days), taken back by the bank on 2 April |
| F | €250 | none | nothing |

Placed 1000 + 500 + 300 + 400 + 600 = 2800; collected 1000 + 200 = 1200; owed on open ones B 300 + D 300 + E 600 = 1200.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from accounts.models import Organisation, TestClock
from campaigns import operations as campaigns
from campaigns.models import Case
from payments import operations
from payments.models import Payment, Promise
from tests import factories, rows, settling

NOW = datetime(2031, 4, 10, 16, tzinfo=UTC)
PLACED = datetime(2031, 3, 1, 15, tzinfo=UTC)


def on(month: int, day: int, hour: int = 15) -> datetime:
    return datetime(2031, month, day, hour, tzinfo=UTC)


@dataclass(slots=True)
class World:
    organisation: Organisation
    clock: TestClock
    cases: dict[str, Case]

    @property
    def api(self) -> factories.ApiClient:
        return factories.client(factories.api_key(self.organisation))


def build() -> World:
    organisation = factories.organisation(timezone="America/New_York")
    world = World(organisation, factories.test_clock(organisation, NOW), {})
    _place(world, "A", 100_000, invoice_date=date(2031, 1, 1), due_date=date(2031, 2, 1))
    _place(world, "B", 50_000, invoice_date=date(2031, 2, 18), due_date=date(2031, 3, 20))
    _place(world, "C", 30_000, invoice_date=date(2030, 12, 2), due_date=date(2031, 1, 1))
    _place(world, "D", 40_000, invoice_date=date(2030, 12, 6), due_date=date(2031, 1, 5))
    _place(world, "E", 60_000, at=on(3, 20), invoice_date=date(2031, 3, 16), due_date=date(2031, 4, 30))
    _place(world, "F", 25_000, currency="EUR", invoice_date=None, due_date=None)
    _happen(world.cases)
    return world


def _place(world: World, name: str, minor: int, at: datetime = PLACED, currency: str = "USD", **facts: Any) -> None:
    shared = {"created_at": at, "clock_id": world.clock.id}
    campaign = factories.campaign(world.organisation, currency=currency, mandate_ends_at=on(12, 31), **shared)
    debtor = factories.debtor(world.organisation, name=f"Firm {name}", **shared)
    named = {"invoice_number": name, "invoice_key": name.lower(), "campaign": campaign, "debtor": debtor}
    world.cases[name] = factories.case(
        world.organisation, amount_minor=minor, currency=currency, **named | shared | facts
    )


def _happen(cases: dict[str, Case]) -> None:
    a, b, c, d, e = (cases[name] for name in "ABCDE")
    _mail(a, on(3, 5), "first_reminder")
    _mail(b, on(3, 10), "second_reminder")
    factories.reply(b, created_at=on(3, 12))
    rows.call(b, outcome="conversation", handed_over_at=on(3, 15))
    _promise(a, Promise.Status.KEPT, 100_000, 100_000)
    _promise(b, Promise.Status.BROKEN, 30_000, 0)
    _promise(b, Promise.Status.PARTIALLY_KEPT, 20_000, 10_000)
    pay(a, 100_000, datetime(2031, 3, 12, 2, tzinfo=UTC))
    pay(b, 20_000, on(3, 21), source=Payment.Source.REPORTED)
    campaigns.close_case(case_id=c.id, reason="recalled", note="", by="test", at=on(3, 15))
    campaigns.credit(case_id=d.id, amount_minor=10_000, reason="damaged", reference="", by="test", at=on(3, 20))
    taken = pay(e, 60_000, on(3, 30))
    operations.reverse(payment_id=taken.id, reason="not authorised", by="processor", at=on(4, 2))


def pay(case: Case, minor: int, at: datetime, source: str = Payment.Source.PAGE) -> Payment:
    return operations.record(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case_id=case.id,
        amount_minor=minor,
        currency=case.currency,
        method="bank_transfer",
        source=source,
        provider="test",
        provider_reference=f"{case.id}-{minor}-{at}",
        received_at=at,
        by="test",
        at=at,
    )


def _mail(case: Case, at: datetime, intent: str) -> None:
    factories.message(case, intent=intent, handed_over_at=at, sent_at=at, created_at=at)


def _promise(case: Case, status: str, promised: int, received: int) -> None:
    settling.promise(case, status=status, amount_minor=promised, received_minor=received, ended_at=on(3, 26))
