"""The receipt of a payment and the link that was asked for: one mail each, to who may have it, through the gate."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit.hosts import PayHost
from campaigns.models import Case, Contact, Step, Suppression
from events import operations as events
from events.models import Event
from outreach import drafting, operations, rendering
from outreach.models import Message
from payments import operations as payments
from payments import queries
from payments.models import LinkRequest, Payment
from tests import factories
from tests.outreach import world
from tests.outreach.test_wordings import account, letter
from tests.outreach.world import AT, DAY
from tests.payments import money

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]

HOUR = timedelta(hours=1)


def written_to(case: Case) -> Contact:
    """The first message about it has left."""
    world.step(case)
    operations.send_due(at=AT)
    return Contact.objects.get(debtor=case.debtor)


def receipts() -> list[Step]:
    return list(Step.objects.filter(intent="notice_receipt").order_by("created_at", "id"))


def transfer(case: Case, minor: int, *instruction: tuple[Case, int], **facts: Any) -> Payment:
    given = {"source": "transfer", "provider": "bank", "at": AT + HOUR, "received_at": AT + HOUR}
    return money.came(case, minor, *instruction, **given | facts)


# --- a receipt


def test_a_paid_debtor_gets_one_mail_more_and_it_is_the_receipt() -> None:
    case = world.case()
    contact = written_to(case)
    payment = transfer(case, case.balance_minor)
    operations.send_due(at=AT + HOUR)
    operations.send_due(at=AT + 40 * DAY)
    [step] = receipts()
    assert step.status == Step.Status.SENT, step.reason
    first, second = world.mails()
    body = second.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert (step.status, step.kind, step.contact_id, step.cause) == (Step.Status.SENT, "notice", contact.id, payment.id)
    assert second["In-Reply-To"] == first["Message-ID"]
    page = f"{queries.pay_url(case)}/payments/{payment.id}"
    assert f"Receipt: {page}\n" in body and f"{page}/receipt.pdf" in body
    assert "The payment of $15,000.00" in body or "your payment of $15,000.00" in body
    assert "March 17, 2026" in body and "$0.00" in body and f"Reference: {payment.id}" in body
    assert "Pay online" not in body


@pytest.mark.parametrize(
    ("facts", "planned"),
    [
        ({"source": "transfer"}, 1),
        ({"source": "sandbox"}, 1),
        ({"source": "page"}, 1),
        ({"source": "reported"}, 0),
        ({"source": "attorney"}, 0),
    ],
    ids=lambda one: one["source"] if isinstance(one, dict) else "",
)
def test_it_thanks_for_what_came_to_us(facts: dict[str, str], planned: int) -> None:
    case = world.case()
    transfer(case, 100, **facts)
    assert len(receipts()) == planned


def test_one_mail_for_a_payment_of_several_invoices() -> None:
    one, two = cases = money.invoices(100_00, 250_00)
    world.step(two)
    operations.send_due(at=AT)
    [told] = set(Message.objects.values_list("contact_id", flat=True))
    payment = transfer(one, 400_00, (one, 100_00), (two, 300_00))
    [step] = receipts()
    assert step.contact_id == told
    assert step.facts["paid"] == [["N-0", 100_00], ["N-1", 250_00]]
    assert (step.facts["credit_minor"], step.facts["amount_minor"]) == (50_00, 0)
    operations.send_due(at=AT + HOUR)
    step.refresh_from_db()
    assert step.status == Step.Status.SENT, step.reason
    body = world.mails()[-1].get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "invoices listed below" in body
    for line in ("#N-0: $100.00", "#N-1: $250.00", "Credit: $50.00", f"Reference: {payment.id}"):
        assert line in body, body
    assert len(receipts()) == 1 and len(cases) == 2


def test_told_ten_times_it_is_receipted_once() -> None:
    case = world.case()
    written_to(case)
    debit = money.debit(case, 5_000_00)
    assert receipts() == []
    for _ in range(10):
        money.tell(debit, "succeeded")
    operations.send_due(at=AT)
    operations.send_due(at=AT + HOUR)
    assert len(receipts()) == 1 and len(world.mails()) == 2


def test_money_that_came_again_and_credit_that_is_used_were_thanked_for() -> None:
    one, two = money.invoices(100_00, 50_00)
    payment = transfer(one, 120_00)
    payments.apply_credit(payment_id=payment.id, case_id=two.id, minor=20_00, **money.SAID)
    assert Event.objects.filter(type="payment.received").count() == 2
    debit = money.debit(two, 30_00)
    for what in ("succeeded", "reversed", "reinstated"):
        money.tell(debit, what)
    assert Event.objects.filter(type="payment.received").count() == 4
    assert {step.cause for step in receipts()} == {payment.id, debit.id} and len(receipts()) == 2


def test_a_receipt_is_not_sent_when_the_money_has_gone_back() -> None:
    case = world.case()
    written_to(case)
    payment = transfer(case, 5_000_00)
    payments.reverse(payment_id=payment.id, reason="returned", by="test", at=AT + HOUR)
    operations.send_due(at=AT + 2 * HOUR)
    [step] = receipts()
    assert (step.status, len(world.mails())) == (Step.Status.CANCELLED, 1)


def test_to_who_was_written_to_last_else_to_who_is_on_file() -> None:
    case = world.case()
    other = Contact.objects.get(debtor=case.debtor)
    last = factories.contact(case.debtor, email="cfo@acmecorp.com", level=2)
    world.step(case, "escalate_controller")
    operations.send_due(at=AT)
    transfer(case, 100)
    fresh = world.case()
    transfer(fresh, 100)
    assert [step.contact_id for step in receipts()] == [last.id, Contact.objects.get(debtor=fresh.debtor).id]
    assert other.id != last.id


def test_nobody_else_is_told_where_the_address_was_closed() -> None:
    case = world.case()
    contact = written_to(case)
    factories.contact(case.debtor, email="cfo@acmecorp.com", level=2)
    operations.opt_out(contact=contact, how="link", by="debtor", at=AT)
    transfer(case, 100)
    assert Suppression.objects.exists() and receipts() == []


def test_a_found_address_that_nobody_proved_is_told_nothing() -> None:
    case = world.case()
    Contact.objects.filter(debtor=case.debtor).update(source="enrichment", basis="found")
    transfer(case, 100)
    assert receipts() == []


def test_who_opted_out_after_it_was_planned_gets_none() -> None:
    case = world.case()
    contact = written_to(case)
    transfer(case, 100)
    operations.opt_out(contact=contact, how="link", by="debtor", at=AT + HOUR)
    operations.send_due(at=AT + 2 * HOUR)
    [step] = receipts()
    assert step.status in (Step.Status.DENIED, Step.Status.CANCELLED)
    assert "notice_receipt" not in Message.objects.values_list("intent", flat=True)


def test_other_facts_cost_no_question() -> None:
    case = world.case()
    data = {"case_id": case.id, "source": "reported", "payment_id": "pay_x"}
    rows = [
        Event(type=kind, payload='{"data": {"source": "reported"}}') for kind in ("message.sent", "payment.received")
    ]
    with CaptureQueriesContext(connection) as asked:
        operations.plan_notices(rows * 100)
    assert len(asked) == 0 and data


@pytest.mark.parametrize("language", sorted(drafting.LANGUAGES))
def test_every_wording_of_it_passes_the_guards(language: str) -> None:
    facts = {
        "payment_id": "pay_06EGM4P1XPNRXG4MKY2KDW9Q7C",
        "paid_amount_minor": 900_000,
        "paid_on": "2026-03-17",
        "paid": [["INV-2025-0847", 500_000], ["Z 77/2026", 300_000], ["", 50_000]],
        "credit_minor": 50_000,
        "amount_minor": 123_400,
    }
    made = letter(language, "notice_receipt", facts=facts, account={"balance_minor": 1_000_000})
    links = rendering.Links(pay=made.links.pay, opt_out=made.links.opt_out, receipt=f"{made.links.pay}/payments/pay_1")
    made = letter(language, "notice_receipt", facts=facts, links=links)
    for draft in drafting.drafts("notice_receipt", language=language, tone="neutral", key="x"):
        rendered = rendering.render(made, draft)
        assert rendering.check(made, rendered) == ()
        assert account().money(123_400, language) in " ".join(rendered.words)
        assert "15" not in " ".join(rendered.words).replace("2025", "")
        for part in (rendered.text, rendered.html):
            assert links.receipt in part and links.paper in part and made.links.pay + "\n" not in part
    stranger = rendering.render(letter(language, "notice_receipt", facts=facts | {"paid": []}, links=links), draft)
    assert rendering.check(letter(language, "notice_receipt", facts=facts | {"amount_minor": 1}), stranger) != ()


# --- a link that was asked for


def ask(case: Case | None, email: str, slug: str = "", at: Any = AT, here: bool = False) -> LinkRequest:
    host = PayHost("pay.example.com", case.organisation_id, case.livemode, True) if here and case else None
    request = payments.request_link(host=host, slug=slug or "n-7", email=email, client="198.51.100.7", at=at)
    payments.resolve_link_requests(at=at)
    request.refresh_from_db()
    return request


def numbered(number: str = "N-7", **facts: Any) -> Case:
    return world.case(invoice_number=number, invoice_key=number.lower(), **facts)


def links() -> list[tuple[str, str]]:
    rows = Step.objects.filter(intent="notice_link").order_by("created_at", "id")
    return [(step.case_id, step.contact.email if step.contact else "") for step in rows]


@pytest.mark.parametrize("here", [True, False])
def test_the_link_comes_by_mail_to_the_address_on_file(here: bool) -> None:
    case = numbered()
    request = ask(case, "AP@AcmeCorp.com", "n-7-shortened", here=here)
    assert request.done_at == AT and links() == [(case.id, "ap@acmecorp.com")]
    operations.send_due(at=AT)
    [mail] = world.mails()
    body = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert f"Open the page: {queries.pay_url(case)}\n" in body
    assert "15,000" not in body and mail["To"] == "ap@acmecorp.com"
    [told] = Event.objects.filter(type="link.requested")
    assert told.sequence is None and told.case_id == case.id


@pytest.mark.parametrize(
    ("slug", "email"),
    [("n-8", "ap@acmecorp.com"), ("n", "ap@acmecorp.com"), ("n-70", "ap@acmecorp.com"), ("n-7", "x@acmecorp.com")],
)
def test_what_is_not_on_file_leads_nowhere(slug: str, email: str) -> None:
    request = ask(numbered(), email, slug)
    assert request.done_at == AT and links() == []
    assert not Event.objects.filter(type="link.requested").exists()


def test_a_pay_host_knows_nobody_else_s_invoices() -> None:
    mine, theirs = numbered(), numbered()
    assert mine.organisation_id != theirs.organisation_id
    live = world.case(livemode=True, organisation=mine.organisation, invoice_number="N-7", invoice_key="n-7")
    ask(mine, "ap@acmecorp.com", here=True)
    assert links() == [(mine.id, "ap@acmecorp.com")] and live.id != mine.id


def test_on_our_own_host_everybody_with_that_address_is_meant() -> None:
    cases = {numbered().id, numbered().id}
    ask(None, "ap@acmecorp.com")
    assert {case_id for case_id, _ in links()} == cases


def test_once_a_day_for_a_case_and_so_many_for_an_address() -> None:
    case = numbered()
    for minutes in (0, 60):
        ask(case, "ap@acmecorp.com", at=AT + timedelta(minutes=minutes), here=True)
    assert len(links()) == 1
    ask(case, "ap@acmecorp.com", at=AT + DAY + HOUR, here=True)
    assert len(links()) == 2
    debtor = case.debtor
    for nth in range(7):
        other = numbered(f"M-{nth}", organisation=case.organisation, debtor=debtor, campaign=case.campaign)
        LinkRequest.objects.create(
            slug=f"m-{nth}", email="ap@acmecorp.com", created_at=AT, organisation=other.organisation, livemode=False
        )
    payments.resolve_link_requests(at=AT + DAY + HOUR)
    assert len(links()) == 6


@pytest.mark.parametrize("closed", ["opted_out", "found"])
def test_a_closed_or_unproven_address_gets_none(closed: str) -> None:
    case = numbered()
    contact = Contact.objects.get(debtor=case.debtor)
    if closed == "opted_out":
        operations.opt_out(contact=contact, how="link", by="debtor", at=AT)
    else:
        Contact.objects.filter(id=contact.id).update(source="enrichment", basis="found")
    assert ask(case, "ap@acmecorp.com").done_at == AT
    assert links() == []


def test_old_requests_are_forgotten() -> None:
    ask(None, "x@acmecorp.com")
    ask(None, "x@acmecorp.com", at=AT + 2 * DAY)
    assert payments.prune_link_requests(at=AT + 31 * DAY) == 1
    assert LinkRequest.objects.get().created_at == AT + 2 * DAY


def test_one_that_fails_does_not_stand_before_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    case = numbered()

    def refuse(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(events, "record", refuse)
    assert ask(case, "ap@acmecorp.com").done_at == AT
    assert links() == []
