"""The gate's facts: what rows become, over all tables that hold contacts, in few statements; and live mode's gaps."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import operations as accounts
from accounts.models import Collector
from agentcollect.kit import clock, db
from campaigns import operations as campaigns
from campaigns.models import Contact, Debtor, LedgerEntry, SanctionsList, Suppression, Task
from campaigns.operations import duplicates
from compliance import gate
from compliance.facts import Carries, Facts
from outreach import operations, queries
from outreach.models import Attorney, Call, Decision, Referral, Reply
from tests import factories
from tests.outreach import world

pytestmark = pytest.mark.django_db
AT, DAY = world.AT, world.DAY


def facts_of(case: Any, whole_debtor: bool = False, **more: Any) -> Facts:
    contact = Contact.objects.filter(debtor=case.debtor).first()
    row = Debtor.objects.get(id=case.debtor_id)
    given = {"case": None if whole_debtor else case, "opt_out": (True, True), "at": AT} | more
    about = {"campaign": case.campaign, "organisation": case.campaign.organisation}
    return queries.facts(debtor=row, contact=contact, **about, **given)


def refused(facts: Facts, **more: Any) -> set[str]:
    decision = gate.decide(facts, **({"channel": "email", "kind": "outreach", "at": AT} | more))
    return {one.rule for one in decision.verdicts if one.outcome in ("deny", "require")}


def told(case: Any, model: Any, **facts: Any) -> Any:
    named = {"organisation_id": case.organisation_id, "livemode": case.livemode, "campaign_id": case.campaign_id}
    about = {"debtor_id": case.debtor_id, "case": case, "recorded_at": AT}
    contact = Contact.objects.filter(debtor_id=case.debtor_id).first()
    return model.objects.create(**(named | about | {"contact": contact, "created_at": AT - 3 * DAY} | facts))


def called(case: Any, **facts: Any) -> Call:
    base = {"mode": "human", "status": "completed", "outcome": "conversation", "phone": "+12125550100", "actor": "test"}
    return told(case, Call, **(base | facts))


def test_history_holds_messages_calls_and_replies_of_every_case() -> None:
    case = world.case()
    other = world.case(organisation=case.organisation, debtor=case.debtor, invoice_number="B", invoice_key="b")
    factories.message(case, created_at=AT - 9 * DAY, handed_over_at=AT - 8 * DAY, intent="notice_cease", kind="notice")
    called(other, handed_over_at=AT - 2 * DAY)
    told(other, Reply, channel="email", sender="Ap@acmecorp.com", text="hello", identity="known")
    history = sorted(facts_of(case).history, key=lambda one: one.at)
    seen = [(one.at, one.channel, one.kind, one.direction, one.case_id, one.conversation) for one in history]
    assert seen == [
        (AT - 8 * DAY, "email", "notice", "out", case.id, False),
        (AT - 3 * DAY, "email", "answer", "in", other.id, False),
        (AT - 2 * DAY, "call", "outreach", "out", other.id, True),
    ]
    assert history[0].confirms == "cease"
    assert {one.address for one in history} == {"ap@acmecorp.com", "Ap@acmecorp.com", "+12125550100"}
    answering = gate.decide(facts_of(case), channel="email", kind="answer", at=AT)
    assert "K-01" not in {one.rule for one in answering.verdicts if one.outcome == "deny"}


def test_the_attempt_itself_does_not_count_and_a_waiting_draft_fills_no_cap() -> None:
    case = world.case()
    mine = factories.message(case, created_at=AT, status="reserved", handed_over_at=None)
    call = called(case, created_at=AT, status="reserved", outcome="")
    assert facts_of(case, without_message=mine.id, without_call=call.id).history == ()
    factories.message(case, created_at=AT - DAY, status="draft", handed_over_at=None)
    assert [one.counts for one in facts_of(case, without_message=mine.id, without_call=call.id).history] == [False]


def test_few_statements() -> None:
    case = world.case(livemode=True)
    called(case)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        facts_of(case)
    # Two are the test's own reads of contact and debtor.
    assert len(asked) - 2 <= 6


def test_a_live_debtor_with_all_in_order_lacks_only_what_its_message_must_carry() -> None:
    case = world.case(livemode=True)
    assert refused(facts_of(case)) == {"R-15"}
    whole = Carries(itemised=True, sender="Your Company", from_aligned=True)
    assert refused(facts_of(case, message=whole)) == set()
    assert refused(facts_of(world.case())) == set()


@pytest.mark.parametrize(
    ("gap", "rule"),
    [
        (lambda case: case.campaign.organisation.__class__.objects.update(mandate_signed_at=None), "R-37"),
        (lambda case: case.campaign.organisation.__class__.objects.update(first_party=False), "R-31"),
        (lambda case: case.campaign.organisation.__class__.objects.update(enabled_countries=["FR"]), "R-35"),
        (lambda case: Debtor.objects.update(screened_at=None, screened_list=""), "R-36"),
        (lambda case: SanctionsList.objects.all().delete(), "R-36"),
        (lambda case: type(case).objects.update(balance_minor=1), "R-18"),
    ],
)
def test_what_is_missing_in_live_mode_denies(gap: Any, rule: str) -> None:
    case = world.case(livemode=True)
    gap(case)
    case = type(case).objects.select_related("campaign__organisation", "debtor").get(id=case.id)
    whole = Carries(itemised=True, sender="Your Company", from_aligned=True)
    assert refused(facts_of(case, message=whole)) == {rule}


def test_a_fee_without_a_clause_stops_its_invoice() -> None:
    case = world.case()
    fee = {"organisation": case.organisation, "case": case, "kind": "fee", "amount_minor": 500, "currency": "USD"}
    stamps = {"livemode": False, "actor": "test", "created_at": AT, "recorded_at": AT}
    LedgerEntry.objects.create(**fee, **stamps, clause="MSA § 4.2")
    type(case).objects.filter(id=case.id).update(balance_minor=case.balance_minor + 500)
    case.balance_minor += 500
    assert refused(facts_of(case)) == set()
    LedgerEntry.objects.create(**fee, **stamps)
    case.balance_minor += 500
    assert refused(facts_of(case)) == {"R-18"}
    assert refused(facts_of(case, whole_debtor=True)) == {"R-18"}


def test_collector_attorney_and_what_the_debtor_told_us() -> None:
    case = world.case(livemode=True)
    collector = Collector.objects.create(
        legal_name="Honest LLC", licences=[{"region": "fl", "number": "1", "expires_on": "2027-01-01"}]
    )
    accounts.set_collector(organisation_id=case.organisation_id, collector_id=collector.id, by="test", at=AT)
    attorney = Attorney.objects.create(
        name="A",
        firm="F",
        email="a@law.example",
        bar_state="NY",
        bar_number="1",
        licence_expires_on=date(2030, 1, 1),
    )
    named = {"organisation_id": case.organisation_id, "livemode": True, "created_at": AT, "recorded_at": AT}
    Referral.objects.create(case=case, attorney=attorney, status="accepted", accepted_at=AT, updated_at=AT, **named)
    Debtor.objects.update(inconvenient=[{"since": AT.isoformat(), "channel": "call", "from": "12:00", "to": "13:00"}])
    case = type(case).objects.select_related("campaign__organisation", "debtor").get(id=case.id)
    found = facts_of(case)
    assert found.collector is not None and found.collector.licences[0].region == "FL"
    assert (found.first_party, found.attorney.region, found.attorney.authorised) == (False, "NY", True)  # type: ignore[union-attr]
    assert found.inconvenient[0].starts.hour == 12  # type: ignore[union-attr]
    assert (found.owed_since, found.sanctions_list) == (case.due_date, factories.sanctions_list().id)


def test_each_channel_has_its_own_address() -> None:
    case = world.case()
    Contact.objects.update(phone="+12125550100", line_type="wireless", title="Controller")
    by_phone = facts_of(case, channel="call").recipient
    assert by_phone is not None and (by_phone.address, by_phone.line_type) == ("+12125550100", "wireless")
    assert by_phone.role == "finance"
    assert facts_of(case, channel="letter").recipient is None
    email = facts_of(case).recipient
    assert email is not None and email.address == "ap@acmecorp.com"


def test_a_wrong_person_stops_the_others_until_one_is_verified() -> None:
    case = world.case()
    factories.contact(case.debtor, email="cfo@acmecorp.com", level=3)
    jane = Contact.objects.order_by("id").first()
    assert jane is not None
    named = {"organisation_id": case.organisation_id, "livemode": False, "created_at": AT - 2 * DAY, "recorded_at": AT}
    Suppression.objects.create(address=jane.email, channel="all", reason="wrong_person", contact=jane, **named)
    other = Contact.objects.exclude(id=jane.id).get()
    about = {
        "campaign": case.campaign,
        "organisation": case.organisation,
        "debtor": case.debtor,
        "at": AT,
        "case": case,
    }
    assert refused(queries.facts(contact=other, opt_out=(True, True), **about)) == {"R-39"}
    other.vouched_at = AT - DAY
    assert refused(queries.facts(contact=other, opt_out=(True, True), **about)) == set()


def test_why_a_case_was_not_contacted_is_said_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    case = world.case()
    campaigns.hold(kind="cease", on=case.debtor, by="debtor:reply", at=AT - DAY)
    step = world.step(case)
    operations.send_step(step_id=step.id, at=AT)
    call_command("explain_case", case.id)
    said = capsys.readouterr().out
    assert "Not allowed: an email. On hold (cease): the debtor asked that all contact cease (R-05, Cease" in said
    assert "First reminder by email: planned for" in said
    assert said.startswith("On hold: cease.")
    api = factories.client(factories.api_key(case.organisation))
    row = api.get(f"/v1/cases/{case.id}/decisions").json()["data"][0]
    assert row["explanation"].startswith("Not allowed: an email. On hold (cease)")
    assert row["explanation"].endswith("a person, the debtor or a new fact must change it.")
    assert Decision.objects.count() == 1
    with pytest.raises(CommandError, match="no case"):
        call_command("explain_case", "cas_nobody")


def test_a_deferred_step_says_when() -> None:
    case = world.case()
    night = AT - timedelta(hours=12)
    operations.send_step(step_id=world.step(case, due_at=night).id, at=night)
    api = factories.client(factories.api_key(case.organisation))
    row = api.get(f"/v1/cases/{case.id}/decisions").json()["data"][0]
    assert row["outcome"] == "defer"
    assert "It may be made on Tuesday 17 March 2026, 15:00 UTC." in row["explanation"]
    assert clock.iso(AT) == row["until"]


@pytest.mark.parametrize(("answer", "counts"), [("", True), ("same", True), ("different", False)])
def test_the_same_company_under_two_identities_has_one_set_of_caps(answer: str, counts: bool) -> None:
    case = world.case()
    twin = factories.debtor(case.organisation, name="ACME Corporation", email_domain="acme.io")
    other = world.case(organisation=case.organisation, debtor=twin, invoice_number="B", invoice_key="b")
    factories.message(other, created_at=AT - timedelta(hours=3), handed_over_at=AT - timedelta(hours=3))
    assert "R-12" not in refused(facts_of(case))
    debtors = Debtor.objects.in_bulk([case.debtor_id, twin.id])
    with db.atomic():
        duplicates.ask_about_namesakes([case, other], debtors, at=AT)
    if answer:
        task = Task.objects.get(kind="possible_duplicate")
        campaigns.complete_task(task_id=task.id, outcome=answer, note="", by="member:1", at=AT)
    rules = {one.rule for one in gate.decide(facts_of(case), channel="email", kind="outreach", at=AT).verdicts}
    assert "R-12" in rules
    assert [one.case_id for one in facts_of(case).history] == ([other.id] if counts else [])
    told = gate.decide(facts_of(case), channel="email", kind="outreach", at=AT, case_id=case.id)
    assert ("R-12" in {one.rule for one in told.verdicts if one.outcome == "defer"}) == counts
    Debtor.objects.filter(id=case.debtor_id).update(debt_class="consumer")
    assert facts_of(case).history == ()
