"""The stops: class, holds, cease, disputes, opt-outs, and the confirmations they allow."""

from dataclasses import replace
from datetime import timedelta

import pytest

from compliance.facts import Facts, Recipient, SuppressionFact
from tests.compliance.law_facts import JANE, NOON, ask, contact, facts, hold, person, utc, verdict

BOB = Recipient(contact_id="con_bob", address="bob@debtor.example")
KINDS = ["outreach", "answer", "notice"]
ASKED = contact(NOON - timedelta(hours=1), direction="in")


def reached(given: Facts, kind: str, **more: object) -> tuple[str, str | None]:
    """Outcome and deciding rule, with a message of theirs an hour ago so that an answer is one."""
    decision = ask(replace(given, history=(*given.history, ASKED)), kind=kind, **more)  # type: ignore[arg-type]
    return decision.outcome, decision.rule


@pytest.mark.parametrize(
    ("row", "attested", "debtor_type", "enabled", "outcome"),
    [
        ("commercial", None, "company", False, "allow"),
        (None, "commercial", "company", False, "allow"),
        (None, "commercial", None, False, "allow"),
        (None, None, "company", False, "deny"),
        ("consumer", "commercial", "company", False, "deny"),
        ("consumer", "commercial", "company", True, "allow"),
        ("commercial", "commercial", "individual", False, "deny"),
        ("commercial", "commercial", "sole_proprietor", False, "deny"),
        ("commercial", "commercial", "sole_proprietor", True, "allow"),
        (None, "consumer", "company", False, "deny"),
    ],
)
def test_r00_the_class(row: str, attested: str, debtor_type: str, enabled: bool, outcome: str) -> None:
    given = facts(debt_class=row, attested_class=attested, debtor_type=debtor_type, consumer_enabled=enabled)
    decision = ask(given)
    assert verdict(decision, "R-00").outcome == outcome
    assert outcome == "allow" or decision.rule == "R-00"


def test_an_unknown_class_gets_the_strict_hours_too() -> None:
    assert verdict(ask(facts(debt_class=None, attested_class=None, region=None)), "R-01").outcome == "deny"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("held", "rule"),
    [
        ("bankruptcy", "R-29"),
        ("deceased", "R-29"),
        ("servicemember", "R-29"),
        ("cease", "R-05"),
        ("attorney_represented", "R-03"),
        ("dispute", "R-17"),
        ("opt_out:email", "R-10"),
        ("do_not_contact", "H-01"),
        ("identity_doubt", "H-01"),
        ("compliance_review", "H-01"),
        ("domain_unverified", "H-01"),
        ("excluded", "H-01"),
        ("a_hold_of_tomorrow", "H-01"),
    ],
)
def test_holds_that_stop_every_kind_of_message(held: str, rule: str, kind: str) -> None:
    assert reached(facts(holds=(hold(held),)), kind) == ("deny", rule)


@pytest.mark.parametrize(
    ("held", "stopped"),
    [
        ("promise", ["outreach"]),
        ("plan", ["outreach"]),
        ("paid_claim", ["outreach"]),
        ("payment_processing", ["outreach"]),
        ("creditor_pause", ["outreach", "answer"]),
        ("approval", ["outreach", "answer"]),
        ("hardship", ["outreach", "answer"]),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_holds_that_let_receipts_through(held: str, stopped: list[str], kind: str) -> None:
    outcome, _ = reached(facts(holds=(hold(held, "campaign"),)), kind)
    assert outcome == ("deny" if kind in stopped else "allow")


def test_a_hold_is_named_and_ends_at_its_end() -> None:
    end = NOON + timedelta(hours=1)
    decision = ask(facts(holds=(hold("creditor_pause", "campaign", until=end, by="usr_1"),)))
    said = verdict(decision, "H-01")
    assert "creditor_pause" in decision.reason
    assert said.until == end
    assert said.evidence["holds"][0]["by"] == "usr_1"
    assert ask(facts(holds=(hold("creditor_pause", until=NOON),))).outcome == "allow"
    assert ask(facts(holds=(hold("creditor_pause", until=NOON + timedelta(seconds=1)),))).outcome == "deny"


def test_a_hold_written_by_a_faster_clock_still_binds() -> None:
    ahead = replace(hold("cease"), since=NOON + timedelta(seconds=5))
    assert ask(facts(holds=(ahead,))).outcome == "deny"


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        (hold("dispute", "case", case_id="cas_1"), "deny"),
        (hold("dispute", "case", case_id="cas_2"), "allow"),
        (hold("dispute", "case"), "deny"),
        (hold("compliance_review", "case", case_id="cas_2"), "allow"),
        (hold("compliance_review", "contact", contact_id="con_jane"), "deny"),
        (hold("compliance_review", "contact", contact_id="con_bob"), "allow"),
        # What stops a debtor stops it wherever it was written down.
        (hold("cease", "contact", contact_id="con_bob"), "deny"),
        (hold("bankruptcy", "case", case_id="cas_2"), "deny"),
    ],
)
def test_what_a_hold_covers(held: object, outcome: str) -> None:
    assert ask(facts(holds=(held,)), case_id="cas_1").outcome == outcome
    assert ask(person(holds=(held,)), case_id="cas_1").outcome == outcome


def test_an_ask_about_all_invoices_meets_every_dispute() -> None:
    assert ask(facts(holds=(hold("dispute", "case", case_id="cas_2"),))).rule == "R-17"


@pytest.mark.parametrize(
    ("held", "what", "rule"),
    [("cease", "cease", "R-05"), ("dispute", "dispute", "R-17"), ("opt_out:email", "opt_out", "R-10")],
)
def test_each_stop_allows_one_confirmation(held: str, what: str, rule: str) -> None:
    stopped = facts(holds=(hold(held),))
    assert ask(stopped, kind="notice", confirms=what).outcome == "allow"
    sent = contact(NOON - timedelta(minutes=5), kind="notice", confirms=what, state="unconfirmed")
    again = replace(stopped, history=(sent,))
    assert ask(again, kind="notice", confirms=what).rule == rule
    never_left = replace(stopped, history=(replace(sent, state="failed"),))
    assert ask(never_left, kind="notice", confirms=what).outcome == "allow"
    earlier = replace(sent, at=utc("2026-03-10T12:00:00+00:00"))
    assert ask(replace(stopped, history=(earlier,)), kind="notice", confirms=what).outcome == "allow"


@pytest.mark.parametrize("held", ["bankruptcy", "attorney_represented"])
@pytest.mark.parametrize("what", ["cease", "dispute", "opt_out"])
def test_some_stops_allow_none(held: str, what: str) -> None:
    assert ask(facts(holds=(hold(held),)), kind="notice", confirms=what).outcome == "deny"


def test_r03_the_attorney_alone_may_be_written_to() -> None:
    attorney = Recipient(contact_id="con_law", address="lee@law.example", party="attorney")
    given = facts(holds=(hold("attorney_represented"),))
    assert ask(given).rule == "R-03"
    assert ask(replace(given, recipient=attorney)).outcome == "allow"
    assert ask(replace(given, recipient=attorney, holds=(*given.holds, hold("cease")))).rule == "R-05"


LONG_AGO = utc("2026-01-05T12:00:00+00:00")


@pytest.mark.parametrize(
    ("address", "channel", "asked", "outcome"),
    [
        ("jane@debtor.example", "email", "email", "deny"),
        ("  JANE@Debtor.example ", None, "email", "deny"),
        ("jane@debtor.example", "call", "email", "allow"),
        ("bob@debtor.example", "email", "email", "allow"),
        (None, "email", "email", "deny"),
        (None, "email", "call", "allow"),
        (None, None, "letter", "deny"),
    ],
)
@pytest.mark.parametrize("kind", ["outreach", "notice"])
def test_r10_opt_outs(address: str, channel: str, asked: str, outcome: str, kind: str) -> None:
    gone = SuppressionFact(address=address, channel=channel, since=LONG_AGO)
    assert ask(facts(suppressions=(gone,)), channel=asked, kind=kind).outcome == outcome


def test_r10_a_number_is_a_number_however_it_is_written() -> None:
    gone = SuppressionFact(address="+1 (212) 555-0100", channel="call", since=LONG_AGO)
    phone = Recipient(contact_id="con_jane", address="+12125550100")
    assert ask(facts(suppressions=(gone,), recipient=phone), channel="call").rule == "R-10"


def test_r10_nobody_else_is_hunted_on_the_day_of_an_opt_out() -> None:
    gone = SuppressionFact(address=JANE.address, channel="email", since=NOON, contact_id="con_jane")
    to_bob = facts(suppressions=(gone,), recipient=BOB)
    later = NOON + timedelta(hours=1)
    assert ask(to_bob, at=later).rule == "R-10"
    assert ask(to_bob, at=later).until == utc("2026-03-19T08:00:00-04:00")
    assert ask(to_bob, at=utc("2026-03-19T08:00:00-04:00")).outcome == "allow"
    assert ask(to_bob, at=later, kind="notice").outcome == "allow"
    # Her own other medium is not another person.
    by_phone = replace(to_bob, recipient=Recipient(contact_id="con_jane", address="+12125550100"))
    assert ask(by_phone, at=later, channel="call").outcome == "allow"


def test_r10_nobody_named_cannot_be_checked() -> None:
    assert ask(facts(recipient=None)).rule == "R-10"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("line", "link"), [(False, True), (True, False), (False, False)])
def test_r09_every_electronic_message_tells_how_to_opt_out(line: bool, link: bool, kind: str) -> None:
    given = facts(opt_out_line=line, opt_out_link=link)
    assert reached(given, kind) == ("require", "R-09")
    assert ask(given, kind="notice", channel="letter").outcome == "allow"
    assert ask(given, kind="notice", channel="call").outcome == "allow"


def test_a_review_keeps_everything_back_but_the_one_acknowledgement() -> None:
    held = facts(holds=(hold("compliance_review"), hold("cease")))
    assert ask(held, kind="notice", confirms="cease").outcome == "allow"
    assert ask(held, kind="notice").outcome == ask(held).outcome == ask(held, kind="answer").outcome == "deny"


def test_test_mode_verifies_no_domain_and_nothing_else_differs() -> None:
    assert ask(facts(livemode=False, holds=(hold("domain_unverified"),))).outcome == "allow"
    assert ask(facts(livemode=False, holds=(hold("compliance_review"),))).outcome == "deny"


@pytest.mark.parametrize(
    ("ago", "channel", "contact_id", "outcome"),
    [
        (timedelta(hours=72), "email", "con_jane", "allow"),
        (timedelta(hours=72, seconds=1), "email", "con_jane", "deny"),
        (timedelta(hours=1), "call", "con_jane", "deny"),
        (timedelta(hours=1), "email", "con_bob", "deny"),
    ],
)
def test_k01_an_answer_answers(ago: timedelta, channel: str, contact_id: str, outcome: str) -> None:
    theirs = contact(NOON - ago, direction="in", channel=channel, contact_id=contact_id)
    assert ask(facts(history=(theirs,)), kind="answer").outcome == outcome


def test_k01_one_automatic_answer_a_day() -> None:
    given = contact(NOON - timedelta(hours=1), kind="answer")
    decision = ask(facts(history=(ASKED, given)), kind="answer")
    assert (decision.rule, decision.until) == ("K-01", utc("2026-03-19T00:00:00-04:00"))
    assert ask(facts(history=(ASKED, given)), kind="answer", automatic=False).outcome == "allow"


def test_k01_waiting_until_an_answer_is_too_old_denies() -> None:
    old = contact(NOON - timedelta(hours=71), direction="in")
    given = contact(NOON - timedelta(hours=1), kind="answer")
    assert (ask(facts(history=(old, given)), kind="answer")).outcome == "deny"
