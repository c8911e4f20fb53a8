"""What becomes of a campaign after its create: opened by a worker, paid, paused, exhausted, ended."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection

from agentcollect.kit import clock, db
from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Campaign, Case, Contact, Hold, LedgerEntry, Step, Suppression
from campaigns.operations.cases import cancel_steps
from campaigns.serializers import checks, intake
from events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
RAW = b"""{"company":"Your Company Inc.","debtors":[
 {"company_name":"Acme Corp","contact_email":"ap@acmecorp.com","invoice_amount":15000,"invoice_number":"A-1"},
 {"company_name":"Beta LLC","invoice_amount":99.5,"invoice_number":"B-1"}]}"""


def make(raw: bytes = RAW, livemode: bool = False) -> Campaign:
    organisation = factories.organisation()
    request = checks.check(intake.decode(raw), checks.terms_of(organisation, livemode=livemode, at=TUESDAY))
    made = operations.create(organisation=organisation, livemode=livemode, request=request, by="test", at=TUESDAY)
    return made.campaign


def kinds(campaign: Campaign) -> list[str]:
    return list(Event.objects.filter(campaign_id=campaign.id).order_by("id").values_list("type", flat=True))


def test_opening_adds_contacts_first_steps_and_one_event_a_case() -> None:
    campaign = make()
    assert operations.open_cases(at=TUESDAY) == 2
    acme, beta = Case.objects.order_by("id")

    assert (acme.status, beta.status) == ("active", "enriching")
    step = Step.objects.get()
    assert (step.case_id, step.intent, step.due_at) == (
        acme.id,
        "first_reminder",
        datetime(2026, 3, 17, 15, tzinfo=UTC),
    )
    assert Contact.objects.get().basis == "creditor_supplied"
    assert kinds(campaign) == ["campaign.started", "case.opened", "case.opened"]
    assert operations.open_cases(at=TUESDAY) == 0


def test_a_case_paid_before_it_was_opened_stays_closed_and_stands_in_nobody_s_way() -> None:
    paid = make()
    acme = Case.objects.order_by("id").first()
    pay(acme, acme.balance_minor)
    other = make()

    assert operations.open_cases(at=TUESDAY) == 4
    acme.refresh_from_db()
    assert (acme.status, acme.close_reason) == ("closed", "paid")
    assert not Step.objects.filter(case=acme).exists()
    assert not Event.objects.filter(type="case.opened", case_id=acme.id).exists()
    assert not Campaign.objects.filter(id__in=[paid.id, other.id], unopened__gt=0).exists()


def test_enrichment_starts_what_waited_and_says_when_nobody_was_found() -> None:
    make()
    operations.open_cases(at=TUESDAY)
    _, beta = Case.objects.order_by("id")
    found = operations.FoundContact(
        name="Morgan Reyes",
        title="Controller",
        seniority="manager",
        email="morgan@beta.example",
        email_status="valid",
        level=2,
        confidence=92,
        sources=["a", "b"],
    )
    operations.add_contacts(debtor=beta.debtor, found=[found, found], by="engine", at=TUESDAY)
    operations.enrichment_done(debtor_id=beta.debtor_id, at=TUESDAY)
    beta.refresh_from_db()

    assert beta.status == "active" and Step.objects.filter(case=beta).count() == 1
    enriched = Event.objects.get(type="contact.enriched")
    assert enriched.data["contact"]["email"] == "morgan@beta.example" and enriched.case_id == beta.id


def test_without_any_contact_the_case_says_that_it_needs_one() -> None:
    make(b'{"company":"Gamma Inc","invoice_amount":5}')
    operations.open_cases(at=TUESDAY)
    case = Case.objects.get()
    operations.enrichment_done(debtor_id=case.debtor_id, at=TUESDAY)
    case.refresh_from_db()
    assert case.status == "needs_contact" and not Step.objects.exists()
    assert Event.objects.get(type="case.updated").data["status"] == "needs_contact"


def opened_case() -> Case:
    make()
    operations.open_cases(at=TUESDAY)
    return Case.objects.order_by("id").first()  # type: ignore[return-value]


def pay(case: Case, minor: int) -> operations.Settlement:
    with db.atomic():
        return operations.settle(case_id=case.id, amount_minor=minor, payment_id="pay_x", by="test", at=TUESDAY)


def test_a_partial_payment_lowers_the_balance_and_the_rest_closes_the_case() -> None:
    case = opened_case()
    first = pay(case, 1_000_000)
    assert (first.applied_minor, first.balance_minor, first.closed) == (1_000_000, 500_000, False)
    last = pay(case, 600_000)
    assert (last.applied_minor, last.unapplied_minor, last.balance_minor, last.closed) == (500_000, 100_000, 0, True)
    case.refresh_from_db()
    assert (case.status, case.close_reason, case.collected_minor) == ("closed", "paid", 1_500_000)
    assert Step.objects.get(case=case).status == "cancelled"
    assert sum(LedgerEntry.objects.filter(case=case).values_list("amount_minor", flat=True)) == 0


def test_a_reserved_step_is_cancelled_by_payment_and_its_worker_loses_the_claim() -> None:
    case = opened_case()
    Step.objects.filter(case=case).update(status="sending", lease_token=4)
    pay(case, 1_500_000)
    step = Step.objects.get(case=case)
    assert (step.status, step.lease_token) == ("cancelled", 5)


def test_a_handed_over_step_is_not_pretended_away() -> None:
    case = opened_case()
    Step.objects.filter(case=case).update(status="handed_over")
    assert cancel_steps(case_id=case.id, reason="x", at=TUESDAY) == 0


def test_money_for_a_closed_case_is_unapplied() -> None:
    case = opened_case()
    pay(case, 1_500_000)
    again = pay(case, 100)
    assert (again.applied_minor, again.unapplied_minor) == (0, 100)


def test_pause_resume_cancel_and_their_refusals() -> None:
    campaign = make()
    operations.open_cases(at=TUESDAY)
    assert operations.pause(campaign_id=campaign.id, by="k", at=TUESDAY).status == "paused"
    assert operations.pause(campaign_id=campaign.id, by="k", at=TUESDAY).status == "paused"
    assert operations.resume(campaign_id=campaign.id, by="k", at=TUESDAY).status == "active"
    operations.cancel(campaign_id=campaign.id, by="k", at=TUESDAY)
    operations.cancel(campaign_id=campaign.id, by="k", at=TUESDAY)
    with pytest.raises(ApiError) as refused:
        operations.resume(campaign_id=campaign.id, by="k", at=TUESDAY)

    assert refused.value.body()["state"] == "cancelled" and refused.value.status == 409
    assert kinds(campaign).count("campaign.paused") == 1 and kinds(campaign).count("campaign.cancelled") == 1
    assert set(Case.objects.values_list("status", "close_reason")) == {("closed", "recalled")}
    assert not Step.objects.filter(status="planned").exists()


def test_the_playbook_follows_resolved_steps_and_ends_at_the_attorney_step() -> None:
    case = opened_case()
    at = TUESDAY + timedelta(hours=2)
    intents = []
    for _ in range(7):
        step = Step.objects.get(case=case, status="planned")
        assert step.due_at >= at - timedelta(hours=2)
        intents.append((step.intent, step.level))
        at = step.due_at
        step.status, step.resolved_at, step.contact = "sent", at, Contact.objects.get(debtor=case.debtor)
        step.save()
        operations.plan_next(case=case, at=at, after=step)
    last = Step.objects.get(case=case, status="planned")

    assert intents == [
        ("first_reminder", 1),
        ("first_call", 1),
        ("new_angle", 1),
        ("escalate_controller", 2),
        ("call_decision_maker", 3),
        ("offer", 0),
        ("last_before_next_steps", 3),
    ]
    assert (last.channel, last.intent) == ("attorney", "escalate")
    assert operations.judge_exhausted(at=last.due_at - timedelta(seconds=1)) == 0
    assert operations.judge_exhausted(at=last.due_at) == 1
    case.refresh_from_db()
    assert case.status == "escalation_pending"


def test_too_few_messages_need_a_person_not_an_attorney() -> None:
    case = opened_case()
    Step.objects.filter(case=case).update(channel="attorney", intent="escalate", index=7)
    assert operations.judge_exhausted(at=TUESDAY + timedelta(days=30)) == 1
    case.refresh_from_db()
    assert case.status == "active"
    assert "needs you" in Event.objects.get(type="case.updated").data["change"]


def test_the_mandate_ends_with_a_summary() -> None:
    campaign = make()
    operations.open_cases(at=TUESDAY)
    pay(Case.objects.order_by("id")[0], 1_500_000)
    assert operations.end_mandates(at=campaign.mandate_ends_at - timedelta(seconds=1)) == 0
    assert operations.end_mandates(at=campaign.mandate_ends_at) == 1
    assert operations.end_mandates(at=campaign.mandate_ends_at) == 0

    done = Event.objects.get(type="campaign.completed").data
    assert (done["placed"], done["collected"], done["cases"]) == (15099.5, 15000, 2)
    assert done["recovery_rate"] == 0.9934 and done["median_days_to_collect"] == 0
    assert done["timeline"][0]["event"] == "campaign.started"
    assert Case.objects.filter(close_reason="uncollectible").count() == 1


def test_a_payment_under_way_holds_the_mandates_end() -> None:
    campaign = make()
    case = Case.objects.order_by("id")[0]
    held = operations.hold(kind="payment_processing", on=case, by="engine", at=TUESDAY)
    assert operations.end_mandates(at=campaign.mandate_ends_at) == 0
    operations.release(hold=held, by="engine", at=TUESDAY)
    assert operations.end_mandates(at=campaign.mandate_ends_at) == 1


def test_holds_stack_once_and_the_creditor_cannot_lift_the_debtors() -> None:
    case = opened_case()
    first = operations.hold(kind="cease", on=case, by="debtor", at=TUESDAY)
    assert operations.hold(kind="cease", on=case, by="debtor", at=TUESDAY).id == first.id
    with pytest.raises(ApiError, match="hold_not_yours"):
        operations.release(hold=first, by="key:key_1", at=TUESDAY)
    operations.release(hold=first, by="ops:ann", at=TUESDAY)
    assert Hold.objects.get().released_at == TUESDAY
    assert Event.objects.filter(type__in=["case.held", "case.released"]).count() == 2


def test_a_released_hold_has_what_waited_judged_now() -> None:
    case = opened_case()
    held = operations.hold(kind="creditor_pause", on=case, by="key:key_1", at=TUESDAY)
    later = TUESDAY + timedelta(days=3)
    Step.objects.filter(case=case).update(due_at=later, reason="hold creditor_pause")
    operations.release(hold=held, by="key:key_1", at=TUESDAY)
    assert Step.objects.get(case=case).due_at == TUESDAY


def test_a_suppression_is_recorded_once() -> None:
    case = opened_case()
    contact = Contact.objects.get(debtor=case.debtor)
    assert operations.suppress(contact=contact, channel="email", reason="opt_out", by="debtor", at=TUESDAY)
    assert not operations.suppress(contact=contact, channel="email", reason="opt_out", by="debtor", at=TUESDAY)
    assert Suppression.objects.count() == 1
    assert Event.objects.filter(type="contact.suppressed").count() == 1


# --- what the database itself refuses


def test_no_row_crosses_a_tenant_or_a_mode() -> None:
    case = factories.case(factories.organisation())
    other = factories.organisation("Other Inc.")
    at = clock.now()
    crossing = {"kind": "payment", "amount_minor": -1, "currency": "USD", "actor": "x"}
    for organisation, livemode in ((other, False), (case.organisation, True)):
        with pytest.raises(IntegrityError), db.atomic():
            LedgerEntry.objects.create(
                organisation=organisation, livemode=livemode, case=case, created_at=at, recorded_at=at, **crossing
            )


def test_the_ledger_is_append_only() -> None:
    case = factories.case(factories.organisation(), livemode=True)
    entries = LedgerEntry.objects.filter(case=case)
    with pytest.raises(IntegrityError), db.atomic():
        entries.update(amount_minor=1)
    with pytest.raises(IntegrityError), db.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_ledgerentry WHERE case_id = %s", [case.id])
    assert entries.get().amount_minor == case.placed_minor


def test_one_invoice_is_open_once_per_debtor() -> None:
    case = factories.case(factories.organisation())
    with pytest.raises(IntegrityError), db.atomic():
        factories.case(case.organisation, debtor=case.debtor, campaign=case.campaign)
