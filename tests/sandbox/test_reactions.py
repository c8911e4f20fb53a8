"""Reactions: once, whole or not at all, skipped with a reason, the same words for the same story."""

from datetime import date, timedelta
from email import message_from_string
from email.policy import default
from typing import Any

import pytest
from babel.dates import format_date

from agentcollect.kit import money
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, LedgerEntry
from events.models import Event
from outreach import operations as outreach
from outreach.agent.interpretation import KnownFacts
from outreach.agent.interpreter import interpret
from outreach.models import Inbound, Message, Reply
from payments import operations as payments
from payments.models import Payment
from payments.providers.base import Instrument
from sandbox import moves, personas, reactions, words
from sandbox.models import Reaction
from tests import factories
from tests.outreach import world
from tests.sandbox import debtors

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def written_to(address: str, **facts: Any) -> Case:
    """An invoice whose first message has just arrived at `address`."""
    case = world.case(**facts)
    Contact.objects.filter(debtor=case.debtor).update(email=address)
    world.step(case)
    outreach.send_due(at=world.AT)
    return case


@pytest.mark.parametrize(
    ("address", "persona", "delay"),
    [
        ("pays@sandbox.agentcollect.com", "pays", 4 * HOUR),
        ("pays+3d@acme.sandbox.agentcollect.com", "pays", 3 * DAY),
        ("Pays_Half+36H@a.b.sandbox.agentcollect.com", "pays_half", 36 * HOUR),
        ("ooo@sandbox.agentcollect.com", "ooo", timedelta(minutes=1)),
        ("reverses+5d@sandbox.agentcollect.com", "reverses", 5 * DAY),
        ("silent@sandbox.agentcollect.com", "", None),
        ("pays@notsandbox.agentcollect.com", "", None),
        ("pays@sandbox.agentcollect.com.evil.example", "", None),
        ("pays+soon@sandbox.agentcollect.com", "", None),
        ("ap@acmecorp.com", "", None),
    ],
)
def test_the_address_says_who_and_when(address: str, persona: str, delay: timedelta | None) -> None:
    found = personas.of(address)
    assert (found[0].name, found[1]) == (persona, delay) if found else not persona


def test_a_silent_address_costs_no_query(django_assert_num_queries: Any) -> None:
    case = written_to("ap@acmecorp.com")
    with django_assert_num_queries(0):
        reactions.arrived(list(Message.objects.none()) or [Message(recipient="ap@acmecorp.com")])
    assert not Reaction.objects.filter(case=case).exists()


def test_it_happens_once_and_not_before_its_time() -> None:
    case = written_to("pays+3d@acme.sandbox.agentcollect.com")
    reactions.arrived([Message.objects.get()])  # told twice
    row = Reaction.objects.get()
    assert (row.status, row.due_at, row.act, row.cause) == (
        "planned",
        world.AT + 3 * DAY,
        "pay",
        Message.objects.get().id,
    )
    assert reactions.react_due(at=world.AT + 3 * DAY - HOUR) == 0
    assert reactions.react_due(at=world.AT + 3 * DAY) == 1
    assert reactions.react_due(at=world.AT + 3 * DAY) == 0 and reactions.react(reaction_id=row.id, at=world.AT) is None
    case.refresh_from_db()
    row.refresh_from_db()
    assert (case.status, row.status, row.result) == ("closed", "done", Payment.objects.get().id)


@pytest.mark.parametrize("address", ["pays", "promises_keeps", "bounces", "reverses"])
def test_a_worker_killed_on_the_way_leaves_it_to_be_done(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the act, before its commit: nothing of it stands, and the next worker does it once."""
    written_to(f"{address}@acme.sandbox.agentcollect.com")
    at = world.AT + 4 * HOUR
    act = Reaction.objects.order_by("due_at").first().act  # type: ignore[union-attr]
    real = moves.MOVES[act]

    def killed(row: Reaction, at: Any) -> str:
        real(row, at)
        raise SystemExit

    monkeypatch.setitem(moves.MOVES, act, killed)
    with pytest.raises(SystemExit):
        reactions.react_due(at=at)
    assert not Inbound.objects.exists() and not Payment.objects.exists() and LedgerEntry.objects.count() == 1
    monkeypatch.setitem(moves.MOVES, act, real)
    reactions.react_due(at=at)
    assert Inbound.objects.count() + Payment.objects.count() == 1
    assert Reaction.objects.filter(act=act, status="done").count() == 1


def test_one_that_raises_stands_as_failed_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    one = written_to("disputes@acme.sandbox.agentcollect.com")
    two = written_to("pays@beta.sandbox.agentcollect.com")

    def broken(row: Reaction, at: Any) -> str:
        raise RuntimeError("broken")

    monkeypatch.setitem(moves.MOVES, "reply", broken)
    assert reactions.react_due(at=world.AT + DAY) == 2
    failed = Reaction.objects.get(case=one)
    assert (failed.status, failed.result) == ("failed", "RuntimeError: broken")
    assert Reaction.objects.get(case=two).status == "done"


def test_a_case_closed_meanwhile_is_left_alone() -> None:
    cases = [written_to(f"{name}@{name.replace('_', '-')}.sandbox.agentcollect.com") for name in ("pays", "disputes")]
    for case in cases:
        campaigns.close_case(case_id=case.id, reason="recalled", note="", by="owner", at=world.AT + HOUR)
    reactions.react_due(at=world.AT + DAY)
    told = list(Reaction.objects.order_by("act").values_list("status", "result"))
    assert told == [
        ("skipped", "nothing that was asked for is owed any more"),
        ("skipped", "the case is closed (recalled)"),
    ]
    assert not Inbound.objects.exists() and not Payment.objects.exists()


def test_a_message_still_on_its_way_is_answered_when_it_arrived() -> None:
    written_to("bounces@acme.sandbox.agentcollect.com")
    Message.objects.update(status="handed_over")
    reactions.react_due(at=world.AT + HOUR)
    assert not Inbound.objects.exists() and Reaction.objects.get().due_at == world.AT + HOUR + timedelta(minutes=1)


@pytest.mark.parametrize(("name", "owed"), [("pays", [0, 0]), ("pays_half", [750_000, 250_000])])
def test_every_listed_invoice_is_paid_by_one_reaction(name: str, owed: list[int]) -> None:
    case = world.case(due_date=date(2025, 10, 1))
    same = {"campaign": case.campaign, "debtor": case.debtor, "invoice_number": "B", "invoice_key": "b"}
    other = world.case(organisation=case.organisation, amount_minor=500_000, **same)
    Contact.objects.update(email=f"{name}@acme.sandbox.agentcollect.com")
    world.step(case)
    outreach.send_due(at=world.AT)
    reactions.react_due(at=world.AT + DAY)
    assert Reaction.objects.count() == 1
    assert [Case.objects.get(id=one.id).balance_minor for one in (case, other)] == owed


def test_money_that_goes_back_is_told_by_the_processor() -> None:
    case = written_to("reverses+2d@acme.sandbox.agentcollect.com")
    paid = world.AT + 4 * HOUR
    reactions.react_due(at=paid)
    back = Reaction.objects.get(act="processor")
    assert (back.cause, back.due_at) == (Payment.objects.get().id, paid + 2 * DAY)
    reactions.react_due(at=back.due_at)
    case.refresh_from_db()
    assert (case.status, case.balance_minor, Payment.objects.get().status) == ("active", 1_500_000, "reversed")
    assert Event.objects.get(type="payment.reversed").actor == "processor"


@pytest.mark.parametrize(("number", "end"), [("000123456789", "succeeded"), ("000222222227", "failed")])
def test_a_debit_on_the_page_is_told_by_the_processor(number: str, end: str) -> None:
    """Whoever began it: the sandbox's bank tells days later, once."""
    case = factories.case(factories.organisation(), amount_minor=5_000_00)
    at = case.created_at
    debit = Instrument(method="ach_debit", number=number)
    pay = {"case": case, "amount_minor": 5_000_00, "instrument": debit, "nonce": "n" * 22, "by": "debtor"}
    made = payments.pay(**pay, at=at)
    assert payments.pay(**pay, at=at).status == "processing"
    assert Reaction.objects.filter(cause=made.id).count() == 1
    reactions.react_due(at=at + timedelta(days=3))
    made.refresh_from_db()
    assert made.status == "processing"
    reactions.react_due(at=at + timedelta(days=4))
    made.refresh_from_db()
    assert made.status == end


def test_a_reply_comes_in_as_a_real_one_and_says_the_same_for_the_same_story() -> None:
    texts = []
    for _ in range(2):
        case = written_to("promises_breaks@acme.sandbox.agentcollect.com")
        reactions.react_due(at=world.AT + DAY)
        mail = message_from_string(Inbound.objects.latest("received_at", "id").raw, policy=default)
        sent = Message.objects.get(case=case)
        assert mail["In-Reply-To"] == sent.rfc_message_id and mail["Message-ID"] != sent.rfc_message_id
        assert mail["From"] == sent.recipient and mail["Subject"] == f"Re: {sent.subject}"
        outreach.process_inbound(at=world.AT + DAY)
        reply = Reply.objects.get(case=case)
        assert (reply.label, reply.identity, reply.message_id) == ("promise_to_pay", "known", sent.id)
        assert "> " not in reply.text and sent.text.splitlines()[0] in reply.quoted
        texts.append(reply.text)
        factories.contact(case.debtor)
    assert texts[0] == texts[1]


_LABELS = {
    "promise": "promise_to_pay",
    "partial_promise": "promise_to_pay",
    "vague_promise": "promise_to_pay",
    "paid": "paid_claim",
    "plan": "payment_plan",
    "invoice_copy": "request_info",
    "referral": "refer_to_contact",
    "attorney": "attorney_represented",
    "opt_out": "unsubscribe",
    "who": "asks_if_human",
    "injection": "other",
    "thanks": "other",
}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_each_template_is_understood_in_each_language(language: str) -> None:
    """Every variant of it, and as the same thing."""
    known, day = KnownFacts(balance_minor=1_500_000), date(2026, 3, 24)
    filled = {
        "amount": money.display(1_500_000, "EUR", language),
        "half": money.display(750_000, "EUR", language),
        "day": format_date(day, "long", locale=language),
        "domain": "acme.com",
    }
    for template, by_language in words.TEXTS.items():
        for text in by_language[language]:
            asked = {"subject": "Re: x", "sender": "ap@acme.com", "today": date(2026, 3, 17), "currency": "EUR"}
            heard = interpret(text=text.format(**filled), **asked, known=known)
            if template != "injection":
                assert heard.label == _LABELS.get(template, template), text
            if template in ("promise", "out_of_office"):
                assert [found for found, _ in heard.dates] == [day], text
            if template == "promise":
                assert [minor for minor, _, _ in heard.amounts] == [1_500_000], text


def test_a_few_of_them_on_the_wall(monkeypatch: pytest.MonkeyPatch, empty_redis: None) -> None:
    """The same ends by the beat's own sweeps, without a test clock."""
    campaign = debtors.place(
        monkeypatch, {"persona": "promises_keeps"}, {"persona": "bounces"}, {"persona": "reverses+9d"}
    )
    debtors.live(25)
    found = {case.invoice_number.partition("-")[0]: case for case in Case.objects.filter(campaign=campaign)}
    assert found["promises_keeps"].close_reason == "paid"
    assert set(Event.objects.filter(case_id=found["reverses+9d"].id).values_list("type", flat=True)) >= {
        "payment.received",
        "payment.reversed",
    }
    assert found["reverses+9d"].closed_at is None and found["reverses+9d"].balance_minor == 1_500_000
    assert Message.objects.filter(case=found["bounces"]).values("recipient").distinct().count() > 1


@pytest.mark.parametrize("peer", personas.PEERS, ids=lambda one: one.ending)
def test_each_number_of_the_table_is_a_peer(peer: personas.Peer) -> None:
    """What follows from each outcome is shown in tests/outreach/test_calls.py."""
    found = personas.peer(f"+1 212 {peer.ending[:3]} {peer.ending[3:]}")
    assert found == peer and personas.peer("+1 415 555 0177") is None
