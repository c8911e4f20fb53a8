"""Bank statements become payments: each line once, what is certain by itself, the rest by a person; and back again."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from stdnum import iso11649

from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold, LedgerEntry
from events.models import Event
from payments import operations, queries
from payments.models import Allocation, BankLine, BankReference, BankStatement, Payment
from payments.operations import erasing, references
from payments.rules.banking import spaced
from payments.rules.statements import Unreadable
from tests import factories
from tests.payments.agreed import AT, case, promise
from tests.payments.bank import HEAD, lines, row, send, states

pytestmark = pytest.mark.django_db


def reference(of: Case) -> str:
    return operations.bank_reference(case=of)


def line_of(statement: BankStatement) -> dict[str, Any]:
    found = lines(statement)[0]
    return {"line_id": found.id, "organisation_id": found.organisation_id, "livemode": found.livemode}


def person(**more: Any) -> dict[str, Any]:
    return {"by": "member:somebody", "at": AT, **more}


# --- references


def test_a_reference_is_drawn_once() -> None:
    one, two = case(), case()
    first = reference(one)
    assert reference(one) == first == queries.bank_reference(one.id) != reference(two)
    assert iso11649.is_valid(first) and len(spaced(first)) == 17
    assert BankReference.objects.count() == 2


def test_a_reference_that_is_taken_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    one = case()
    two = case(organisation=one.organisation)
    taken = reference(one)
    drawn = iter([taken, taken, "RF18539007547034"])
    monkeypatch.setattr(references.banking, "draw", lambda choice: next(drawn))
    assert reference(two) == "RF18539007547034"


# --- import


def test_overlapping_statements_give_each_line_once() -> None:
    organisation = factories.organisation()
    twice = [row("5.00", "coffee"), row("5.00", "coffee")]
    first = send(organisation, *twice, row("7.00", "x"))
    assert (first.lines_read, first.lines_new, len(lines(first))) == (3, 3, 3)
    again, fresh = operations.import_statement(
        organisation_id=organisation.id, livemode=False, name="again.csv",
        raw=(HEAD + "".join([*twice, row("7.00", "x")])).encode(), currency="USD", **person(),
    )  # fmt: skip
    assert (again.id, fresh) == (first.id, False)
    second = send(organisation, *twice, row("5.00", "coffee"), row("-3.00"), row("9.00", on="2026-03-17"))
    assert (second.lines_read, second.lines_new) == (5, 2)
    assert second.totals == {"USD": {"credits": [4, 2400], "known": [2, 1000], "debits": [1, 300]}}
    assert BankLine.objects.count() == 5
    other = send(factories.organisation(), *twice)
    assert other.lines_new == 2, "each organisation has its own"


def test_what_cannot_be_read_is_said_and_may_be_sent_again() -> None:
    organisation = factories.organisation()
    with pytest.raises(Unreadable, match=r"No line could be read.* Line 2: amount .NaN. is no amount"):
        send(organisation, row("NaN"), row("=1+1"))
    assert not BankStatement.objects.exists()
    found = send(organisation, row("NaN"), row("5.00"))
    assert [(one["line"], one["field"]) for one in found.problems] == [(2, "amount")]
    assert len(lines(found)) == 1


def test_a_statement_sent_by_mistake_is_taken_back_unless_it_was_booked() -> None:
    one = case(100_00)
    wrong = send(one.organisation, row("77.00"))
    asked = {"organisation_id": one.organisation_id, "livemode": False, **person()}
    operations.remove_statement(statement_id=wrong.id, **asked)
    assert not BankStatement.objects.exists() and not BankLine.objects.exists()
    booked = send(one.organisation, row("100.00", reference(one)))
    with pytest.raises(ApiError, match="was booked"):
        operations.remove_statement(statement_id=booked.id, **asked)
    with pytest.raises(ApiError):
        operations.remove_statement(statement_id=booked.id, **asked | {"livemode": True})


# --- by itself


def test_an_exact_reference_books_and_closes() -> None:
    one = case(100_00)
    statement = send(one.organisation, row("100.00", f"thank you {spaced(reference(one)).lower()}", "Nobody Known"))
    found = lines(statement)[0]
    payment = Payment.objects.get()
    assert (found.status, found.outcome, found.payment_id, found.decided_by) == (
        "matched",
        "exact",
        payment.id,
        "engine",
    )
    assert (payment.provider, payment.source, payment.method) == ("bank", "transfer", "bank_transfer")
    assert payment.received_at == datetime(2026, 3, 16, 16, 0, tzinfo=UTC), "noon in New York"
    one.refresh_from_db()
    assert (one.status, one.close_reason, one.balance_minor) == ("closed", "paid", 0)
    told = Event.objects.get(type="bank_line.booked")
    assert (told.case_id, told.data["payment_id"], told.data["amount"]) == (one.id, payment.id, 100)


def test_partial_over_and_several_transfers() -> None:
    one = case(100_00)
    mine = reference(one)
    first = send(one.organisation, row("40.00", mine), row("80.00", mine))
    assert states(first) == [("matched", "partial"), ("matched", "over")]
    one.refresh_from_db()
    assert (one.balance_minor, one.collected_minor) == (0, 100_00)
    assert sum(Allocation.objects.filter(component="unapplied").values_list("amount_minor", flat=True)) == 20_00
    late = send(one.organisation, row("5.00", mine))
    assert states(late) == [("suggested", "over")], "a closed case is a person's"
    assert lines(late)[0].suggestion[0]["why"].endswith("but it is closed")


def test_one_transfer_pays_several_invoices() -> None:
    one = case(100_00)
    two = factories.case(one.organisation, debtor=one.debtor, campaign=one.campaign, amount_minor=50_00,
                         invoice_number="INV-2", invoice_key="inv-2")  # fmt: skip
    found = send(one.organisation, row("150.00", f"{reference(two)} and INV-2025-0847", "Acme Corp"))
    assert states(found) == [("matched", "many")]
    assert set(Case.objects.values_list("id", "status", "balance_minor")) == {
        (one.id, "closed", 0),
        (two.id, "closed", 0),
    }
    assert sum(Allocation.objects.values_list("amount_minor", flat=True)) == 150_00


def test_an_invoice_number_needs_amount_and_name() -> None:
    one = case(100_00)
    Case.objects.filter(id=one.id).update(due_date=None)
    found = send(
        one.organisation,
        row("99.00", "INV-2025-0847", "Acme Corp"),
        row("100.00", "INV-2025-0847", "Somebody Else"),
        row("100.00", "inv 2025 0847", "ACME CORPORATION"),
    )
    assert states(found) == [("suggested", "named"), ("suggested", "named"), ("matched", "exact")]


@pytest.mark.parametrize("kind", ["dispute", "payment_processing", "bankruptcy"])
def test_what_is_open_is_asked(kind: str) -> None:
    one = case(100_00)
    campaigns.hold(kind=Hold.Kind(kind), on=one, by="test", at=AT)
    assert states(send(one.organisation, row("100.00", reference(one)))) == [("suggested", "exact")]
    assert not Payment.objects.exists()


def test_a_promise_is_kept_by_it() -> None:
    one = case(100_00)
    given = promise(one, 50_00)
    assert states(send(one.organisation, row("50.00", reference(one)))) == [("matched", "partial")]
    given.refresh_from_db()
    assert given.status == "kept"


def test_the_same_money_in_another_format_is_asked() -> None:
    one = case(100_00)
    send(one.organisation, row("40.00", reference(one), "Acme"))
    again = send(one.organisation, row("40.00", f"{reference(one)} again", "ACME CORP"))
    assert states(again) == [("suggested", "doubt")]
    assert "has booked the same" in lines(again)[0].suggestion[0]["why"]


def test_the_same_reference_in_another_mode_or_organisation_is_nobodys() -> None:
    one = case(100_00)
    mine = reference(one)
    assert states(send(factories.organisation(), row("100.00", mine))) == [("unmatched", "")]
    assert states(send(one.organisation, row("100.00", mine), livemode=True)) == [("unmatched", "")]
    assert not Payment.objects.exists()


def test_other_currencies_and_returned_money() -> None:
    one = case(100_00)
    mine = reference(one)
    found = send(one.organisation, row("100.00", mine, ccy="EUR"), row("100.00", f"Reversal {mine}"))
    assert states(found) == [("unmatched", ""), ("suggested", "returned")]


def test_what_is_likely_is_suggested_with_its_reason() -> None:
    one = case(100_00)
    one.debtor.name_key = "acme"
    one.debtor.save(update_fields=["name_key"])
    two = case(33_33, organisation=one.organisation)
    found = send(one.organisation, row("60.00", "thanks", "Acme Corp"), row("33.33", "?", "Unknown"), row("1.23"))
    assert states(found) == [("suggested", "payer"), ("suggested", "amount"), ("unmatched", "")]
    assert [[(part["case_id"], part["minor"]) for part in line.suggestion] for line in lines(found)] == [
        [(one.id, 60_00)], [(two.id, 33_33)], [],
    ]  # fmt: skip
    later = case(1_23, organisation=one.organisation)
    asked = {"statement_id": found.id, "organisation_id": one.organisation_id, "livemode": False, "at": AT}
    assert operations.look_again(**asked) == 3
    operations.match_bank_lines(at=AT)
    assert states(found)[2] == ("suggested", "amount") and lines(found)[2].suggestion[0]["case_id"] == later.id


def test_a_case_on_a_test_clock_is_paid_in_its_story() -> None:
    organisation = factories.organisation()
    at = datetime(2027, 5, 1, 12, tzinfo=UTC)
    on = factories.test_clock(organisation, at).id
    theirs = factories.debtor(organisation, clock_id=on)
    made = factories.campaign(organisation, clock_id=on)
    one = factories.case(organisation, debtor=theirs, campaign=made, clock_id=on, amount_minor=100_00)
    assert states(send(organisation, row("100.00", reference(one)))) == [("matched", "exact")]
    assert Event.objects.get(type="payment.received").created_at == at


# --- a person


def test_a_person_books_undoes_and_books_again() -> None:
    one = case(100_00)
    two = case(100_00, organisation=one.organisation)
    statement = send(one.organisation, row("80.00", "?", "Unknown"))
    asked = line_of(statement)
    first = operations.book_bank_line(**asked, parts=[(one.id, 80_00)], **person())
    back = operations.undo_bank_line(**asked, **person())
    assert (back.status, back.payment_id, Payment.objects.get().failure) == ("unmatched", "", "matched by mistake")
    one.refresh_from_db()
    assert (one.balance_minor, one.collected_minor) == (100_00, 0)
    second = operations.book_bank_line(**asked, parts=[(two.id, 80_00)], **person())
    assert second.id != first.id and second.provider_reference == f"{first.provider_reference}-2"
    two.refresh_from_db()
    assert two.balance_minor == 20_00
    assert sorted(Event.objects.filter(type__startswith="bank_line.").values_list("type", flat=True)) == [
        "bank_line.booked", "bank_line.booked", "bank_line.undone",
    ]  # fmt: skip


def test_what_was_taken_back_is_never_booked_by_itself_again() -> None:
    one = case(100_00)
    statement = send(one.organisation, row("100.00", reference(one)))
    operations.undo_bank_line(**line_of(statement), **person())
    asked = {"statement_id": statement.id, "organisation_id": one.organisation_id, "livemode": False, "at": AT}
    operations.look_again(**asked)
    operations.match_bank_lines(at=AT)
    assert states(statement) == [("suggested", "doubt")]
    one.refresh_from_db()
    assert (one.status, one.balance_minor) == ("active", 100_00)


def test_ignored_and_taken_up_again() -> None:
    one = case(100_00)
    asked = line_of(send(one.organisation, row("80.00")))
    assert operations.ignore_bank_line(**asked, note="rent", **person()).status == "ignored"
    for wrong in (
        lambda: operations.ignore_bank_line(**asked, note="", **person()),
        lambda: operations.book_bank_line(**asked, parts=[(one.id, 1)], **person()),
        lambda: operations.undo_bank_line(**asked, **person()),
    ):
        with pytest.raises(ApiError, match="decided this line"):
            wrong()
    assert operations.restore_bank_line(**asked, **person()).status == "unmatched"
    with pytest.raises(ApiError):
        operations.restore_bank_line(**asked, **person())


def test_no_more_than_came_and_one_debtor() -> None:
    one = case(100_00)
    stranger = case(100_00, organisation=one.organisation)
    foreign = case(100_00)
    asked = line_of(send(one.organisation, row("80.00")))
    for parts in ([(one.id, 80_01)], [], [(one.id, 0)], [(one.id, 1), (one.id, 1)], [(one.id, 1), (stranger.id, 1)]):
        with pytest.raises(ApiError) as refused:
            operations.book_bank_line(**asked, parts=parts, **person())
        assert refused.value.code == "invalid_instruction"
    with pytest.raises(ApiError) as refused:
        operations.book_bank_line(**asked, parts=[(foreign.id, 1)], **person())
    assert refused.value.code == "case_not_found"
    with pytest.raises(ApiError):
        operations.book_bank_line(
            **asked | {"organisation_id": foreign.organisation_id}, parts=[(foreign.id, 1)], **person()
        )
    assert not Payment.objects.exists() and BankLine.objects.get().attempts == 0


def test_less_than_came_leaves_credit_in_sight() -> None:
    one = case(100_00)
    asked = line_of(send(one.organisation, row("80.00")))
    operations.book_bank_line(**asked, parts=[(one.id, 30_00)], **person())
    one.refresh_from_db()
    assert (one.balance_minor, Payment.objects.get().amount_minor) == (20_00, 80_00)


def test_every_line_is_somewhere() -> None:
    """In file = booked + suggested + unmatched + set aside, and the ledger has what was booked."""
    one = case(100_00)
    found = send(
        one.organisation, row("40.00", reference(one)), row("3.00"), row("60.00", "INV-2025-0847"), row("9.00")
    )
    operations.ignore_bank_line(
        line_id=lines(found)[3].id, organisation_id=one.organisation_id, livemode=False, note="", **person()
    )
    sums = queries.line_totals(one.organisation_id, False, found.id)
    assert {status: list(total) for status, total in sums["USD"].items()} == {
        "matched": [1, 40_00], "suggested": [1, 60_00], "unmatched": [1, 3_00], "ignored": [1, 9_00],
    }  # fmt: skip
    assert sum(minor for _, minor in sums["USD"].values()) == found.totals["USD"]["credits"][1]
    assert -sum(LedgerEntry.objects.filter(kind="payment").values_list("amount_minor", flat=True)) == 40_00


# --- at once


def together(*acts: Any) -> list[str]:
    """Run `acts` in threads, on PostgreSQL all at once; what came of each: "" or the code of the refusal."""
    said: list[str] = [""] * len(acts)

    def run(place: int) -> None:
        try:
            acts[place]()
        except ApiError as refused:
            said[place] = refused.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.mark.django_db(transaction=True)
def test_two_people_decide_one_line() -> None:
    one = case(100_00)
    asked = line_of(send(one.organisation, row("80.00")))
    book = lambda: operations.book_bank_line(**asked, parts=[(one.id, 80_00)], **person())  # noqa: E731
    ignore = lambda: operations.ignore_bank_line(**asked, note="", **person())  # noqa: E731
    assert sorted(together(book, ignore, book)) == ["", "illegal_transition", "illegal_transition"]
    assert Payment.objects.count() == (BankLine.objects.get().status == "matched")


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_two_statements() -> None:
    """The same lines by two people, looked at by two workers: one payment, nothing above the balance by itself."""
    one = case(100_00)
    mine = reference(one)
    days = [AT, AT + timedelta(seconds=1)]
    together(
        *(lambda at=at: send(one.organisation, row("100.00", mine), match=False, at=at, name=str(at)) for at in days)
    )
    send(one.organisation, row("100.00", mine), row("100.00", f"{mine} again", on="2026-03-15"), match=False)
    assert (BankStatement.objects.count(), BankLine.objects.count()) == (2, 2)
    together(*([lambda: operations.match_bank_lines(at=AT)] * 2))
    assert sorted(BankLine.objects.values_list("status", flat=True)) == ["matched", "suggested"]
    assert Payment.objects.count() == 1


# --- the sandbox's bank


def test_a_sample_of_every_way_to_pay() -> None:
    organisation = factories.organisation()
    for number in range(5):
        made = factories.debtor(organisation, name=f"Debtor & {number}", name_key=f"debtor {number}")
        case((number + 1) * 111_00, organisation=organisation, debtor=made, invoice_number=f"S-10{number}",
             invoice_key=f"s-10{number}")  # fmt: skip
    raw = operations.sample_statement(organisation_id=organisation.id, at=AT)
    statement, _ = operations.import_statement(
        organisation_id=organisation.id, livemode=False, name="sample.xml", raw=raw, currency="USD", **person()
    )
    operations.match_bank_lines(at=AT)
    assert states(statement) == [
        ("matched", "exact"), ("matched", "partial"), ("matched", "exact"),
        ("suggested", "named"), ("suggested", "payer"), ("unmatched", ""),
    ]  # fmt: skip


def test_deleted_test_data_leaves_lines_of_nothing() -> None:
    one = case(100_00)
    statement = send(one.organisation, row("100.00", reference(one)))
    erasing.erase(debtor_ids=[one.debtor_id])
    line = lines(statement)[0]
    assert (line.status, line.payment_id, line.suggestion, BankReference.objects.count()) == ("unmatched", "", [], 0)
    with pytest.raises(ApiError):
        operations.undo_bank_line(**line_of(statement), **person())
    erasing.erase_bank(organisation_id=one.organisation_id)
    assert not BankStatement.objects.exists() and not BankLine.objects.exists()
