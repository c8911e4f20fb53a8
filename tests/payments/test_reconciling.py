"""Our books beside the processor's and the bank's: what agrees says so, each difference has its name, to the cent."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock
from payments import operations
from payments.models import BankLine, Payment
from payments.queries.reconciling import REASONS, Book, Period, books
from payments.queries.reconciling_bank import apart, banks
from tests import factories, rows
from tests.payments import bank, money
from tests.payments.reconciled import AFTER, AT, book, differ, lines, march, paid, refunded
from tests.payments.storm import LIVES, Story
from tests.payments.stripe_world import creditor, stripe

pytestmark = pytest.mark.django_db
UTC_ZONE = ZoneInfo("UTC")


def sums(found: Book) -> dict[str, tuple[int, int]]:
    return {line.heading: (line.ours, line.theirs) for line in found.lines if line.ours or line.theirs}


def test_books_that_agree_say_so() -> None:
    organisation = factories.organisation()
    refunded(paid(organisation, 10_000), 3_000)
    paid(organisation, 500, currency="JPY")
    dollars, yen = reversed(books(march(organisation)))
    assert (dollars.currency, yen.currency) == ("USD", "JPY")
    assert sums(dollars) == {"came": (10_000, 10_000), "refunded": (-3_000, -3_000)}
    assert (dollars.applied, dollars.ledger, dollars.waiting, dollars.waiting_lines) == (7_000, 7_000, 7_000, 2)
    assert dollars.agrees and yen.agrees
    assert books(march(organisation, livemode=True)) == [] == books(march(factories.organisation()))


def test_every_difference_has_its_name_and_together_they_are_the_difference() -> None:
    organisation = factories.organisation()
    expected = differ(organisation)
    euros, dollars = books(march(organisation))
    assert {reason.name: reason.difference for reason in dollars.reasons} == expected
    assert [reason.name for reason in dollars.reasons] == list(REASONS)
    assert all(reason.count == len(reason.rows) == 1 for reason in dollars.reasons)
    assert dollars.difference == sum(expected.values()) and dollars.unexplained == 0
    assert [(one.name, one.difference) for one in euros.reasons] == [("converted", -4_600)] and not euros.unexplained
    assert dollars.applied == dollars.ledger
    april = Period(organisation.id, False, march(organisation).end, AFTER + timedelta(days=29))
    (later,) = books(april)
    assert [(one.name, one.difference) for one in later.reasons] == [("edge", -4_000)]


def test_rows_are_cut_short_and_counted_all_the_same() -> None:
    organisation = factories.organisation()
    for minor in (100, 200, 300):
        lines(paid(organisation, minor)).delete()
        book(organisation, minor)
    (found,) = books(march(organisation), shown=2)
    named = [(one.name, one.count, one.difference, len(one.rows)) for one in found.reasons]
    assert named == [("no_entry", 3, 600, 2), ("not_ours", 3, -600, 2)]
    assert found.difference == 0 and not found.agrees


def test_fees_payouts_and_the_balance() -> None:
    organisation = factories.organisation()
    first, second = paid(organisation, 10_000), paid(organisation, 20_000)
    lines(first).update(fee_minor=320)
    lines(second).update(fee_minor=610, payout_reference="po_1")
    Payment.objects.filter(id=second.id).update(processor_fee_minor=600)
    Payment.objects.filter(id=first.id).update(processor_fee_minor=320)
    book(organisation, -1_500, kind="fee")
    payout = rows.payout(
        organisation, lines=0, provider="sandbox", amount_minor=19_000, reference="po_1", created_at=AT
    )
    (found,) = books(march(organisation))
    assert (found.own_fees, found.fees, found.fee_count, found.kept_besides) == (920, 930, 1, 1_500)
    assert [(row.ours, row.theirs, row.payment) for row in found.fee_rows] == [(600, 610, second)]
    assert (found.paid_out, found.waiting, found.waiting_lines, found.waiting_since) == (19_390, 8_180, 2, AT)
    assert found.net == found.paid_out + found.waiting
    assert found.payouts == [(payout, -390)]
    assert found.difference == 0 and not found.agrees


def test_the_lives_of_payments_at_stripe_leave_nothing_unexplained() -> None:
    with stripe() as api:
        story = Story(api, creditor(api)[0], len(LIVES))
        story.begin()
        story.in_order()
        operations.read_books(at=clock.now())
    now = clock.now()
    period = Period(story.organisation.id, True, now - timedelta(days=1), now + timedelta(days=1))
    (found,) = books(period)
    assert found.difference == found.unexplained == found.fee_difference == 0
    assert found.ledger == found.applied and found.ours > 0
    assert {reason.name for reason in found.reasons} <= {"heading"}  # a dispute about a part


def test_the_number_of_statements_does_not_grow() -> None:
    organisation = factories.organisation()
    counted = []
    for _ in range(2):
        differ(organisation)
        lines(paid(organisation)).update(fee_minor=1)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            books(march(organisation))
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 12


# --- the bank, and what nobody can be asked about


def test_statements_beside_transfers() -> None:
    organisation = money.organisation()
    cases = money.invoices(10_000, 20_000, 30_000, 40_000, organisation=organisation)
    texts = [bank.row(f"{n}00.00", case.invoice_number) for n, case in enumerate(cases, start=1)]
    statement = bank.send(organisation, *texts, bank.row("7.00", "rent"), bank.row("9.00", "tax"), match=False)
    for line, case in zip(bank.lines(statement), cases, strict=False):
        named = {"line_id": line.id, "organisation_id": organisation.id, "livemode": False}
        operations.book_bank_line(**named, parts=[(case.id, line.amount_minor)], by="owner", at=AT)
    rent = BankLine.objects.get(text="rent")
    operations.ignore_bank_line(
        line_id=rent.id, organisation_id=organisation.id, livemode=False, note="", by="owner", at=AT
    )
    (found,) = banks(march(organisation), UTC_ZONE)
    assert (found.booked, found.ours, found.open, found.aside) == ((4, 100_000), (4, 100_000), (1, 900), (1, 700))
    assert found.agrees
    first, second, third, fourth = bank.lines(statement)[:4]
    operations.undo_bank_line(line_id=first.id, organisation_id=organisation.id, livemode=False, by="owner", at=AT)
    operations.reverse(payment_id=second.payment_id, reason="recalled", by="owner", at=AT)
    BankLine.objects.filter(id=third.id).update(amount_minor=30_001)
    BankLine.objects.filter(id=fourth.id).update(status="unmatched")
    (found,) = banks(march(organisation), UTC_ZONE)
    named_rows = sorted((name, minor) for name, minor, _, _ in found.rows)
    assert named_rows == [("line_amount", -1), ("no_line", 40_000), ("no_payment", -20_000)]
    assert (found.difference, found.unexplained) == (19_999, 0)


def test_what_the_creditor_says_stands_apart() -> None:
    (case,) = money.invoices(50_000)
    money.came(case, 10_000)
    money.came(case, 20_000, source="attorney")
    money.refund(money.came(case, 5_000), 1_000)
    operations.reverse(payment_id=money.came(case, 700).id, reason="bounced", by="test", at=AT)
    period = Period(case.organisation_id, False, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert apart(period) == [("attorney", "USD", 1, 20_000), ("reported", "USD", 2, 14_000)]
    assert books(period) == []
