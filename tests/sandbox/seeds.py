"""For every check, the smallest alteration of a lawful story that it alone must notice."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks.checker import rows
from benchmarks.checker.story import Story
from tests.sandbox.stories import (
    AT,
    DAY,
    HOUR,
    PLACED,
    SCRIPT,
    agreed,
    call,
    change,
    closed,
    entry,
    hold,
    lawful,
    moment,
    reply,
    send,
    text,
)

_STATEMENT = "Statement\nInvoice amount: $15,000.00\nBalance: $15,000.00\n"
_HEADS = {"from": "ar@yourcompany.com", "list-unsubscribe": "<https://pay.example/optout/con_1>"}
Seed = Callable[[], Story]
_SUNDAY_NIGHT = AT + 5 * DAY + timedelta(hours=11)
_JULY_4TH = AT.replace(month=7, day=3)  # observed on Friday, as the 4th is a Saturday
_CON_2: dict[str, Any] = {"contact": "con_2", "address": "cfo@acme.com"}
_ANSWER: dict[str, Any] = {"kind": "answer", "intent": "answer_general"}


def words(said: str, **changes: Any) -> Seed:
    """The first message says something more."""
    return lambda: first(text(words=said), **changes)


def first(written: str, heads: dict[str, Any] | None = None, **changes: Any) -> Story:
    """The lawful story with other words (or another shape) in its first message."""
    empty = Story(**{name: getattr(lawful(), name) for name in _ROWS})
    return send(empty, written, heads=heads, **changes)


_ROWS = ("organisation", "campaigns", "debtors", "cases", "contacts", "entries")


def first_call(**changes: Any) -> Story:
    return call(Story(**{name: getattr(lawful(), name) for name in _ROWS}), AT, **changes)


def live(**changes: Any) -> Story:
    """The same story in live mode, with what live mode asks for."""
    story = first(text(), livemode=True)
    story = change(
        story,
        campaign={"livemode": True},
        case={"livemode": True},
        contact={"livemode": True},
        debtor={"livemode": True, "screened_at": PLACED},
    )
    return change(story, **changes)


def answered(*at: Any, **changes: Any) -> Story:
    """Answers to one message of theirs."""
    story = change(lawful(), replies=[reply("other", since=AT + HOUR)])
    for moment_ in at:
        story = send(story, at=moment_, **(_ANSWER | changes))
    return story


# A natural person in California is seen by both rules that ask for the consumer profile.
ALSO = {"california": {"class"}}
SEEDS: dict[str, Seed] = {
    # when
    "hours": lambda: first(text(), at=_SUNDAY_NIGHT),
    "holidays": lambda: first(text(), at=_JULY_4TH),
    "inconvenient": lambda: change(lawful(), debtor={"inconvenient": ({"from": "10:00", "to": "12:00"},)}),
    "apart": lambda: send(lawful(), at=AT + 47 * HOUR),
    "daily": lambda: send(lawful(), at=AT + 3 * HOUR),
    "weekly": lambda: _a_week(),
    "calls": lambda: _massachusetts(),
    "after_talk": lambda: call(call(lawful(), AT + 2 * DAY, outcome="conversation"), AT + 7 * DAY),
    "one_answer": lambda: answered(AT + 2 * HOUR, AT + 3 * HOUR),
    "asked_for": lambda: answered(AT + HOUR + timedelta(hours=72, minutes=1)),
    # stops
    "final": lambda: _on_another_case("bankruptcy"),
    "represented": lambda: change(lawful(), holds=[hold("attorney_represented")]),
    "cease": lambda: change(lawful(), holds=[hold("cease")]),
    "written_stop": lambda: change(lawful(), replies=[reply("cease", since=AT + HOUR)]),
    "disputed": lambda: change(lawful(), holds=[hold("dispute", "case", "cas_1")]),
    "held": lambda: change(lawful(), holds=[hold("creditor_pause", "campaign", "cmp_1")]),
    "opted_out": lambda: change(lawful(), suppressions=[closed("AP@acme.com", "con_1", since=AT - 2 * DAY)]),
    "hunting": lambda: change(lawful(), suppressions=[closed("cfo@acme.com", "con_2")]),
    "wrong_party": lambda: change(lawful(), replies=[reply("wrong_person", contact="con_2", since=AT - DAY)]),
    "bounced": lambda: change(send(lawful(), at=AT + 3 * DAY), moments=[moment("contact.bounced", "msg_1", AT + HOUR)]),
    "excluded": lambda: change(lawful(), exclusions=[_exclusion("domain", "acme.com")]),
    # money
    "nothing_owed": lambda: _paid(),
    "closed": lambda: change(lawful(), case={"closed_at": AT - HOUR}),
    "escalated": lambda: change(lawful(), moments=[moment("case.escalated", "cas_1")]),
    "dispute_asked": lambda: change(lawful(), agreements=[agreed("dispute")]),
    "promise_waits": lambda: change(lawful(), agreements=[agreed("promise", 1_500_000)]),
    "plan_waits": lambda: change(lawful(), agreements=[agreed("plan", 1_500_000)]),
    "clauses": lambda: change(
        first(text(balance="$15,010.00", words="Interest: $10.00")),
        entries=[entry("interest", 1_000)],
        case={"balance_minor": 1_501_000},
    ),
    "extinguished": lambda: change(
        lawful(), debtor={"region": "MS", "phone": ""}, case={"due_date": PLACED.date().replace(year=2023)}
    ),
    "account": lambda: change(lawful(), case={"balance_minor": 1_499_999}),
    "amounts": words("A fee of $0.01 is part of it."),
    "asked_sum": lambda: change(
        first(text(words="Payment received: $100.00")),
        entries=[entry("payment", -10_000)],
        case={"balance_minor": 1_490_000},
    ),
    # words
    "creditor": lambda: first(text().replace("Your Company Inc.", "us").replace("Your Company", "We")),
    "automated": lambda: first(text().replace("An automated service", "Our team")),
    "collector": lambda: _consumer(
        "You may dispute it.", debtor={"debt_class": "consumer"}, organisation={"consumer_enabled": True}
    ),
    "postal": lambda: first(text().replace(", 1 Main Street", "")),
    "sender": lambda: first(text(), heads={"sender": "ar@other.example"}),
    "headers": lambda: first(text(), heads={"headers": _HEADS}),
    "opt_out": lambda: first(text().replace("opt out of these emails", "enjoy these emails")),
    "own_link": lambda: send(lawful(), text(words="Second.", link="con_1"), at=AT + 3 * DAY, **_CON_2),
    "same_words": lambda: send(first(text()), text(), at=AT + 3 * DAY),
    "itemised": lambda: first(text().replace(_STATEMENT, "")),
    "found_notice": lambda: change(lawful(), contact={"source": "enrichment", "sources": 2, "proven": (PLACED,)}),
    "links": words("More at https://elsewhere.example/x."),
    "threats": words("Otherwise we take legal action."),
    "insults": words("Only a deadbeat does not pay."),
    "urgency": words("Pay immediately."),
    "human": words("I am a person and write this myself."),
    "last": words("This is the final notice."),
    "attorney": words("Our attorney will look at it."),
    "bank_data": words("Pay to DE89 3704 0044 0532 0130 00."),
    # calls
    "caller": lambda: first_call(script=SCRIPT.replace(", that is Your Company Inc.", "")),
    "recording": lambda: first_call(script=SCRIPT.replace("transcribed and recorded", "short")),
    "artificial": lambda: first_call(script=SCRIPT.replace("an artificial voice", "somebody")),
    "line": lambda: change(first_call(), contact={"line_type": "wireless"}),
    "revoked": lambda: change(first_call(), contact={"consents": (_consent(revoked_at=PLACED.isoformat()),)}),
    "voicemail": lambda: first_call(outcome="voicemail", heard=("Your invoice is open.",)),
    "stranger_told": lambda: first_call(outcome="wrong_number", heard=("It is about an invoice.",)),
    # people
    "of_the_debtor": lambda: change(lawful(), contact={"email": "somebody@else.com"}),
    "role": lambda: _found(title="Gardener"),
    "found": lambda: _found(sources=0),
    "workplace": lambda: _found(email="acme.corp@gmail.com", address="acme.corp@gmail.com"),
    "basis": lambda: change(lawful(), contact={"basis": ""}),
    # standing
    "mandate": lambda: change(lawful(), campaign={"ends": AT - HOUR}),
    "running": lambda: change(lawful(), moments=[moment("campaign.paused", "cmp_1")]),
    "live": lambda: live(organisation={"live_approved": False}),
    "class": lambda: _consumer(debtor={"debt_class": "consumer"}),
    "california": lambda: _consumer(debtor={"debtor_type": "sole_proprietor", "region": "CA"}),
    "country": lambda: change(lawful(), organisation={"countries": ("CA",)}),
    "licence": lambda: live(organisation={"first_party": False}, debtor={"region": "FL"}),
    "sanctions": lambda: change(lawful(), debtor={"screening_hit": "Nobody We Know", "screened_at": PLACED}),
    "approval": lambda: change(lawful(), campaign={"approval": "always"}),
    "referral": lambda: change(lawful(), campaign={"escalation": "never"}, referrals=[_referral(status="offered")]),
    # records
    "decided": lambda: change(lawful(), touch={"decision": "dec_9"}),
    "once": lambda: send(lawful(), at=AT + 3 * DAY, place=(1, 1)),
    "doubtful": lambda: send(_in_doubt(), at=AT + 3 * DAY, place=(1, 1)),
    "order": lambda: change(lawful(), touch={"sent_at": AT - HOUR}),
    "tenant": lambda: change(lawful(), contact={"livemode": True}),
    "timeline": lambda: change(lawful(), touch={"clock": "clk_1"}),
}


def _on_another_case(kind: str) -> Story:
    """A hold on another invoice of the same debtor."""
    story = lawful()
    other = rows.Case(id="cas_2", campaign="cmp_1", debtor="dbt_1", at=PLACED)
    cases = story.cases | {"cas_2": other}
    return change(replace(story, cases=cases), holds=[hold(kind, "case", "cas_2")])


def _a_week() -> Story:
    """Monday, Wednesday, Friday, Monday an hour earlier: four in less than seven days, each 48 hours apart."""
    story = first(text(), at=AT - DAY)
    for days in (1, 3):
        story = send(story, at=AT + days * DAY)
    return send(story, at=AT + 6 * DAY - HOUR)


def _massachusetts() -> Story:
    story = change(first_call(), debtor={"region": "MA"})
    return call(call(story, AT + 2 * DAY), AT + 6 * DAY)


def _paid() -> Story:
    story = first(text(balance="$0.00", words="Payment received: $15,000.00"))
    return change(story, entries=[entry("payment", -1_500_000)], case={"balance_minor": 0})


def _in_doubt() -> Story:
    return replace(change(lawful(), touch={"status": "unconfirmed"}), doubts=frozenset({"stp_1"}))


def _found(address: str = "ap@acme.com", **changes: Any) -> Story:
    """To somebody who was found by a search, told so, and proven."""
    story = first(text(words="Your address was found at acme.com."), address=address)
    person = {"source": "enrichment", "basis": "published", "sources": 2, "proven": (PLACED,)}
    return change(story, contact=person | changes)


def _consumer(said: str = "This is from a debt collector. You may dispute the debt.", **changes: Any) -> Story:
    """A consumer's private mailbox, a licence everywhere, and the words that are due."""
    story = first(text(words=said), address="jo@gmail.com")
    known = {"licences": (("NY", None), ("CA", None)), "collector": "Your Company Inc."}
    story = change(story, contact={"email": "jo@gmail.com", "basis": "debtor_used"}, organisation=known)
    return change(story, **changes)


def _referral(**changes: Any) -> rows.Referral:
    return rows.Referral(**({"id": "rfl_1", "case": "cas_1", "at": AT - DAY, "status": "accepted"} | changes))


def _exclusion(match: str, value: str) -> rows.Exclusion:
    return rows.Exclusion(match=match, value=value, effect="never_contact", at=PLACED, recorded=PLACED)


def _consent(**changes: Any) -> dict[str, Any]:
    return {"channel": "call", "kind": "express", "since": (PLACED - DAY).isoformat()} | changes
