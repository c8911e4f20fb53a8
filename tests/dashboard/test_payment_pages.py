"""Payments in the dashboard: the list, one payment, refunds, credit, and money that is recorded by hand."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import SubmittedForm
from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Case, Task
from campaigns.rules import search
from payments import operations
from payments.models import Payment, ProcessorEntry, Refund
from tests import rows
from tests.dashboard import world
from tests.payments import bank
from tests.payments.money import AT, came, check, credit, debit, invoices, refund, stands, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]
REFUNDED = {"amount": "300", "reason": "Broken", "token": "a-token-of-16-characters"}


def signed_in(case: Case, role: str = "finance", *, live: bool = False) -> Client:
    found = Client()
    found.force_login(world.member(case.organisation, role).user)
    if live:
        session = found.session
        session["livemode"] = True
        session.save()
    return found


def address(payment: Payment) -> str:
    return f"/dashboard/payments/{payment.id}"


def text(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def token(page: str, form: str) -> str:
    part = page.partition(f'id="{form}-form"')[2].partition("</form>")[0]
    found = re.search(r'name="token" value="([^"]+)"', part)
    assert found, form
    return found[1]


# --- reading


def test_one_payment_says_where_all_of_it_stands() -> None:
    one, two = invoices(100_000, 50_000)
    payment = came(one, 160_000, (one, 100_000), (two, 50_000), reference="WIRE-1", metadata={"order": "7<b>"})
    refund(payment, 25_000)
    page = text(signed_in(one, "viewer").get(address(payment)))
    for said in (
        *(
            "$1,600.00 from",
            "Partly refunded",
            "Bank transfer",
            "Reported by you",
            "WIRE-1",
            "7&lt;b&gt;",
            "Given back",
        ),
        *("N-0", "N-1", "$1,000.00", "$350.00", "Went back to them", "$100.00", "$150.00", "broken"),
        *("payment.received", "payment.refunded", f"/payments/{payment.id}", "Success fee", "$202.50"),
    ):
        assert said in page, said
    assert "<form" not in page.partition("Where it stands")[2].partition("What happened")[0]  # not for a viewer


def test_what_the_processor_and_the_bank_say_stands_beside_it() -> None:
    (one,) = invoices(100_000)
    payment = debit(one, 100_000)
    page = text(signed_in(one).get(address(payment)))
    assert "What it was meant for" in page and "Processing" in page and "Give money back" not in page
    tell(payment, "succeeded")
    payout = rows.payout(one.organisation, provider="sandbox")
    ProcessorEntry.objects.update(payment_id=payment.id, provider="sandbox")
    page = text(signed_in(one).get(address(payment)))
    assert f'href="/dashboard/payouts/{payout.id}"' in page and "$3.20 kept" in page and "Net" in page


def test_the_bank_line_that_it_came_from_is_named() -> None:
    (one,) = invoices(100_000)
    statement = bank.send(one.organisation, bank.row("1000.00", f"N-0 {one.invoice_number}", "Acme"), match=False)
    (line,) = bank.lines(statement)
    named = {"line_id": line.id, "organisation_id": one.organisation_id, "livemode": False}
    payment = operations.book_bank_line(**named, parts=[(one.id, 100_000)], by="member:test", at=AT)
    assert payment is not None
    page = text(signed_in(one).get(address(Payment.objects.get())))
    assert f'href="/dashboard/bank/lines/{line.id}"' in page and f"march.csv, line {line.number}" in page


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ("", 3),
        ("status=partially_refunded", 1),
        ("method=card", 1),
        ("source=reported", 3),
        ("q=N-1", 2),  # the second invoice, paid alone and among others
        ("q=wire-9", 1),
        ("month=2026-03", 2),
        ("month=2026-04", 1),
        ("month=soon", 3),
        ("q=nobody", 0),
        ("status=%00", 3),  # nothing is asked
    ],
)
def test_the_list_is_narrowed(asked: str, hits: int) -> None:
    one, two = invoices(100_000, 50_000)
    Case.objects.filter(id=two.id).update(search=search.text("Acme N-1"))
    first = came(one, 60_000, (one, 50_000), (two, 10_000), reference="WIRE-9")
    refund(first, 100)
    came(two, 500, method="card", at=AT + timedelta(days=20))
    came(one, 700)
    page = text(signed_in(one).get(f"/dashboard/payments?{asked}"))
    assert page.count('class="main-link"') == hits


# --- giving back


def test_a_refund_is_shown_first_and_made_once() -> None:
    one, two = invoices(100_000, 50_000)
    payment = came(one, 150_000, (one, 100_000), (two, 50_000))
    finance, path = signed_in(one), f"{address(payment)}/refund"
    form = token(text(finance.get(address(payment))), "refund")
    given = {"amount": "700", "reason": "Broken", "token": form}
    page = text(finance.post(path, given))
    assert "Nothing has been given back yet" in page and "Owed then" in page
    assert [part for part in ("$500.00", "$200.00") if part in page] == ["$500.00", "$200.00"]
    assert not Refund.objects.exists() and token(page, "refund") == form
    for _ in range(2):
        assert finance.post(path, given | {"do": "refund"}).status_code == 302
    row = Refund.objects.get()
    assert (row.amount_minor, row.reason, row.credited, row.status) == (70_000, "Broken", False, "succeeded")
    assert [stands(case)[1] for case in (one, two)] == [20_000, 50_000]
    assert row.actor.startswith("member:")
    check(one.debtor_id)


@pytest.mark.parametrize("credited", [False, True])
@pytest.mark.parametrize(("currency", "typed", "minor"), [("USD", "300.10", 30_010), ("JPY", "300", 300)])
def test_what_is_shown_is_what_comes_of_it(currency: str, typed: str, minor: int, credited: bool) -> None:
    (one,) = invoices(100_000, currency=currency)
    payment = came(one, 100_100)
    refund(payment, 50)
    would = operations.refund_outlook(payment=payment, amount_minor=minor, credited=credited)
    given = REFUNDED | {"amount": typed, "do": "refund"} | ({"credited": "on"} if credited else {})
    assert signed_in(one).post(f"{address(payment)}/refund", given).status_code == 302
    assert [(row.taken_minor, row.credit_minor, row.then_minor) for row in would] == [(minor, 50, stands(one)[1])]
    assert stands(one)[1] == (0 if credited else minor - 50)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"amount": "1000.01"}, "amount"),
        ({"amount": "1000.01", "do": "refund"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "much"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"reason": " "}, "reason"),
        ({"token": "", "do": "refund"}, ""),
    ],
)
def test_a_fault_stands_beside_its_field(given: dict[str, str], field: str) -> None:
    (one,) = invoices(100_000)
    payment = came(one, 100_000)
    answer = signed_in(one).post(f"{address(payment)}/refund", REFUNDED | given)
    assert answer.status_code == 422
    assert (f'id="refund-{field}_error"' if field else "out of date") in text(answer)
    assert not Refund.objects.exists() and not SubmittedForm.objects.exists()


def test_a_refund_at_the_processor_is_on_its_way_and_its_failure_shown() -> None:
    (one,) = invoices(100_000)
    payment = came(one, 100_000, source="page", provider="sandbox")
    finance = signed_in(one)
    finance.post(f"{address(payment)}/refund", REFUNDED | {"do": "refund"})
    row = Refund.objects.get()
    page = text(finance.get(address(payment)))
    assert "About to go back" in page and "$300.00 is on its way already" in page and "$700.00 of it can" in page
    operations.fail_refund(refund_id=row.id, failure="The card is closed.", by="processor", at=AT)
    page = text(finance.get(address(payment)))
    assert "The card is closed." in page and "$1,000.00 of it can be given back" in page


def test_nothing_is_left_to_give_back() -> None:
    (one,) = invoices(100_000)
    payment = came(one, 100_000)
    refund(payment)
    finance = signed_in(one)
    assert "Give money back" not in text(finance.get(address(payment)))
    answer = finance.post(f"{address(payment)}/refund", REFUNDED | {"do": "refund"}, follow=True)
    assert "was given back already" in text(answer)


# --- credit


def credited(*more: int) -> tuple[Payment, list[Case]]:
    """A payment of which 200.00 have paid nothing, beside other open invoices of the debtor."""
    one, *others = invoices(100_000, *more)
    return came(one, 120_000), [one, *others]


def test_credit_is_used_once_for_an_open_invoice() -> None:
    payment, (one, two, three) = credited(5_000, 50_000)
    campaigns.open_dispute(
        case_id=three.id, reason="quality", text="", amount_minor=None, source="creditor", evidence={}, by="t", at=AT
    )
    finance = signed_in(one)
    page = text(finance.get(f"{address(payment)}?do=apply"))
    assert "$200.00 of it has paid nothing." in page and two.id in page and f'value="{three.id}"' not in page
    given = {"invoice": two.id, "amount": "", "token": token(page, "apply")}
    for _ in range(2):
        answer = finance.post(f"{address(payment)}/apply", given, follow=True)
        assert "The credit is used." in text(answer)
    assert stands(two) == ("closed", 0, 5_000) and credit(payment) == 15_000
    refused = finance.post(f"{address(payment)}/apply", given | {"invoice": three.id, "token": "t" * 20})
    assert refused.status_code == 422 and 'id="apply-invoice_error"' in text(refused)
    check(one.debtor_id)


@pytest.mark.parametrize(("amount", "said"), [("200.01", "less credit"), ("60", "more than what is owed")])
def test_more_credit_than_there_is_or_is_owed_is_not_used(amount: str, said: str) -> None:
    payment, (one, two) = credited(5_000)
    given = {"invoice": two.id, "amount": amount, "token": "t" * 20}
    answer = signed_in(one).post(f"{address(payment)}/apply", given)
    assert answer.status_code == 422 and said in text(answer) and 'id="apply-amount_error"' in text(answer)
    assert credit(payment) == 20_000


def test_what_needs_somebody_leads_there() -> None:
    payment, (one, _) = credited(5_000)
    finance = signed_in(one)
    for page in (text(finance.get("/dashboard/needs-you")), text(finance.get(f"/dashboard/debtors/{one.debtor_id}"))):
        assert f"{address(payment)}?do=refund#refund" in page and f"{address(payment)}?do=apply#apply" in page
    page = text(finance.get(f"{address(payment)}?do=refund"))
    assert 'name="amount" value="200.00"' in page
    given = {"amount": "200", "reason": "Paid twice", "token": token(page, "refund"), "do": "refund"}
    finance.post(f"{address(payment)}/refund", given)
    assert Task.objects.get(kind="return_credit").outcome == "returned" and stands(one)[1] == 0


# --- recorded by hand


def test_a_payment_is_recorded_once_and_stands_on_the_account() -> None:
    (one,) = invoices(100_000, currency="JPY")
    finance = signed_in(one)
    page = text(finance.get(f"/dashboard/cases/{one.id}"))
    today = clock.now().date()
    given = {"amount": "40,000", "method": "check", "received_on": (today - timedelta(days=2)).isoformat()}
    given |= {"reference": "CHK-7", "token": token(page, "payment")}
    for _ in range(2):
        assert finance.post(f"/dashboard/cases/{one.id}/payment", given).status_code == 302
    payment = Payment.objects.get()
    assert (payment.amount_minor, payment.method, payment.source) == (40_000, "check", "reported")
    assert payment.reference == "CHK-7" and payment.received_at is not None and payment.received_at.date() < today
    assert stands(one)[1] == 60_000
    refund(payment, 500)
    page = text(finance.get(f"/dashboard/cases/{one.id}"))
    assert page.count(f'href="{address(payment)}"') == 2 and ">Refund</a>" in page and "Broken" in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"received_on": "2999-01-01"}, "received_on"),
        ({"received_on": "soon"}, "received_on"),
        ({"method": "gold"}, "method"),
    ],
)
def test_a_wrong_report_records_nothing(fields: dict[str, str], field: str) -> None:
    (one,) = invoices(100_000)
    given = {"amount": "10", "method": "cash", "received_on": "2026-03-01", "token": "t" * 20} | fields
    answer = signed_in(one).post(f"/dashboard/cases/{one.id}/payment", given)
    assert answer.status_code == 422 and f'id="payment-{field}_error"' in text(answer)
    assert not Payment.objects.exists()


# --- whose matter it is


def acts(payment: Payment, other: Case) -> dict[str, dict[str, Any]]:
    return {
        f"{address(payment)}/refund": REFUNDED | {"do": "refund"},
        f"{address(payment)}/apply": {"invoice": other.id, "token": "u" * 20},
        f"/dashboard/cases/{other.id}/payment": {
            "amount": "10", "method": "cash", "received_on": "2026-03-01", "token": "v" * 20,
        },
    }  # fmt: skip


@pytest.mark.parametrize("role", ["operator", "viewer", "auditor"])
def test_who_only_reads(role: str) -> None:
    payment, (one, two) = credited(5_000)
    reader = signed_in(one, role)
    page = text(reader.get(address(payment)))
    assert "Where it stands" in page and 'id="refund-form"' not in page and 'id="apply-form"' not in page
    assert "?do=refund" not in text(reader.get("/dashboard/needs-you"))
    assert "?do=refund" not in text(reader.get(f"/dashboard/debtors/{one.debtor_id}"))
    for path, given in acts(payment, two).items():
        assert reader.post(path, given).status_code == 403, path
    assert Payment.objects.count() == 1 and not Refund.objects.exists()


def test_nobody_elses_and_not_in_the_other_mode() -> None:
    payment, (one, two) = credited(5_000)
    (theirs,) = invoices(100)
    for visitor in (signed_in(theirs, "owner"), signed_in(one, "owner", live=True)):
        assert visitor.get(address(payment)).status_code == 404
        assert 'class="main-link"' not in text(visitor.get("/dashboard/payments"))
        for path, given in acts(payment, two).items():
            assert visitor.post(path, given).status_code == 404, path
    owner = signed_in(one, "admin")
    answer = owner.post(f"{address(payment)}/apply", {"invoice": theirs.id, "token": "u" * 20})
    assert answer.status_code == 422 and credit(payment) == 20_000
