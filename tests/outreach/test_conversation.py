"""One debtor with many open invoices is one conversation: the oldest carries it, its message lists all."""

from datetime import date, timedelta
from typing import Any

import pytest

from agentcollect.kit import db
from campaigns import operations as campaigns
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Step
from campaigns.operations import planning
from campaigns.queries import conversations, standings
from outreach import operations
from outreach.models import Message
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db(transaction=True)


def invoices(count: int = 3) -> list[Case]:
    """Open invoices of one debtor in one campaign, the oldest first; its step is due."""
    first = world.case(invoice_number="A-0", invoice_key="a-0", due_date=date(2025, 10, 1), posture="firm")
    cases = [first] + [another(first, n) for n in range(1, count)]
    world.step(first)
    return cases


def another(first: Case, n: int, **facts: Any) -> Case:
    named = {"invoice_number": f"A-{n}", "invoice_key": f"a-{n}", "due_date": date(2025, 10, 1 + n)}
    same = {"organisation": first.organisation, "campaign": first.campaign, "debtor": first.debtor}
    return world.case(**same, **(named | {"opened_at": AT} | facts))


def planned(case: Case) -> Step | None:
    return Step.objects.filter(case=case, status=Step.Status.PLANNED).first()


def why(case: Case) -> str:
    return standings.why(standings.with_standing(Case.objects.filter(id=case.id), at=AT).get()).code


def pay(case: Case, minor: int, at: Any = AT) -> None:
    with db.atomic():
        campaigns.settle(case_id=case.id, amount_minor=minor, payment_id="pay_x", by="test", at=at)


def test_one_message_lists_every_open_invoice_with_the_total() -> None:
    cases = invoices()
    operations.send_due(at=AT)
    [mail] = world.mails()
    text = mail.get_body(("plain",)).get_content()
    assert all(name in text for name in ("A-0", "A-1", "A-2", "$45,000.00"))
    assert planned(cases[0]) and not planned(cases[1]) and not planned(cases[2])
    assert [why(case) for case in cases] == ["planned", "carried", "carried"]
    assert Step.objects.get(status="sent").facts["others"] == [cases[1].id, cases[2].id]


def test_what_is_held_disputed_or_not_yet_due_is_not_asked_for() -> None:
    first, second, third = invoices()
    campaigns.hold(kind="dispute", on=second, by="test", at=AT)
    Case.objects.filter(id=third.id).update(due_date=date(2026, 5, 1))
    operations.send_due(at=AT)
    text = world.message_of(Step.objects.get(case=first, status="sent")).text
    assert "A-1" not in text and "A-2" not in text and "$15,000.00" in text


@pytest.mark.parametrize("end", ["paid", "recalled", "held", "promised"])
def test_the_next_oldest_takes_over_where_the_conversation_stands(end: str) -> None:
    first, second, third = invoices()
    operations.send_due(at=AT)
    later = AT + DAY
    if end == "paid":
        pay(first, first.balance_minor, at=later)
    elif end == "recalled":
        campaigns.close_case(case_id=first.id, reason="recalled", note="", by="test", at=later)
    elif end == "held":
        campaigns.hold(kind="creditor_pause", on=first, by="test", at=later)
    else:
        with db.atomic():
            row = Case.objects.get(id=first.id)
            campaigns.wait(case=row, status="promised", kind="promise", evidence={}, by="test", at=later)
    step = planned(second)
    assert step is not None and not planned(third)
    assert (step.intent, step.index) == ("second_reminder", 1)  # not from the first message
    assert step.due_at > later
    operations.send_due(at=step.due_at)
    text = world.message_of(step).text
    assert "A-1" in text and "A-2" in text and "A-0" not in text


def test_a_notice_about_many_is_not_resolved_while_one_is_open() -> None:
    cases = invoices()
    operations.send_due(at=AT)
    for n, case in enumerate(cases[:2]):
        pay(case, case.balance_minor, at=AT + n * DAY)
    assert Case.objects.get(id=cases[2].id).closed_at is None
    assert planned(cases[2])
    pay(cases[2], cases[2].balance_minor, at=AT + 3 * DAY)
    assert not Step.objects.filter(status=Step.Status.PLANNED).exists()


def test_a_payment_on_a_listed_invoice_withdraws_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from outreach.operations import settling

    first, second, _ = invoices()
    real = settling.hand_over

    def pay_first(claim: Any, message: Message, *, at: Any) -> None:
        pay(second, 500_000)
        real(claim, message, at=AT)

    world.far_away(monkeypatch)
    monkeypatch.setattr(settling, "hand_over", pay_first)
    operations.send_due(at=AT)
    monkeypatch.undo()
    assert world.mails() == []
    operations.send_due(at=AT)
    assert "$40,000.00" in world.message_of(Step.objects.get(case=first, status="sent")).text


def test_an_invoice_that_never_was_mentioned_begins_with_its_statement() -> None:
    first, *_ = invoices(1)
    operations.send_due(at=AT)
    late = another(first, 5, opened_at=AT + DAY)
    pay(first, first.balance_minor, at=AT + 2 * DAY)
    step = planned(late)
    assert step is not None and (step.index, step.intent) == (0, "first_reminder")
    Step.objects.filter(id=step.id).update(due_at=AT + 3 * DAY)
    operations.send_due(at=AT + 3 * DAY)
    assert "Invoice amount" in world.message_of(step).text  # itemised


def test_two_that_carry_at_once_say_it_once() -> None:
    first, second, _ = invoices()
    campaigns.hold(kind="creditor_pause", on=first, by="test", at=AT - DAY, ends_at=AT - timedelta(hours=1))
    taken = planned(second)
    assert taken is not None
    Step.objects.filter(id=taken.id).update(due_at=AT)
    operations.send_due(at=AT)
    assert len(world.mails()) == 1
    taken.refresh_from_db()
    assert taken.status == Step.Status.CANCELLED and "A-0" in taken.reason


def test_opening_many_invoices_of_one_debtor_plans_one_step_cheaply(django_assert_max_num_queries: Any) -> None:
    organisation = factories.organisation()
    campaign = factories.campaign(organisation, debtors_enrolled=40, unopened=40, created_at=AT)
    debtor = factories.debtor(organisation)
    factories.contact(debtor)
    for n in range(40):
        named = {"invoice_number": f"M-{n}", "invoice_key": f"m-{n}", "due_date": date(2025, 1, 1) + (40 - n) * DAY}
        factories.case(organisation, campaign=campaign, debtor=debtor, status="enriching", opened_at=None, **named)
    with django_assert_max_num_queries(40):
        assert campaigns.open_campaign(campaign_id=campaign.id, at=AT) == 40
    [step] = Step.objects.filter(campaign=campaign)
    assert step.case.invoice_number == "M-39"
    with django_assert_max_num_queries(1):
        page = list(standings.with_standing(Case.objects.filter(campaign=campaign), at=AT))
        codes = [standings.why(case).code for case in page]
    assert sorted(set(codes)) == ["carried", "planned"] and codes.count("planned") == 1


# --- where the playbook goes on


def test_after_a_denied_first_message_comes_the_itemised_one_again() -> None:
    case = world.case()
    step = world.step(case)
    Step.objects.filter(id=step.id).update(status=Step.Status.DENIED, reason="opted out", resolved_at=AT)
    with db.atomic():
        again = planning.resume(case=Case.objects.select_related("debtor").get(id=case.id), at=AT)
    assert again is not None
    assert (again.index, again.intent, again.attempt) == (0, "first_reminder", 2)
    assert again.due_at >= AT + DAY  # not at once: whatever refused it may still stand


def test_a_first_message_is_not_tried_for_ever() -> None:
    case = world.case(opened_at=AT)
    Contact.objects.update(updated_at=AT - DAY)
    for attempt in range(1, 4):
        world.step(case, attempt=attempt, status=Step.Status.FAILED, reason="refused", resolved_at=AT)
    with db.atomic():
        assert planning.resume(case=Case.objects.select_related("debtor").get(id=case.id), at=AT) is None
    assert why(case) == "needs_you"


def test_somebody_new_is_told_what_is_owed_first() -> None:
    """Given up on everybody who was known; then a person is added: the itemised message is still the first."""
    case = world.case(opened_at=AT)
    Contact.objects.update(updated_at=AT - DAY)
    for attempt in range(1, 4):
        world.step(case, attempt=attempt, status=Step.Status.DENIED, reason="opted out", resolved_at=AT)
    campaigns.add_contact(
        debtor_id=case.debtor_id, facts={"email": "ann@acmecorp.com", "level": 2}, by="key:x", at=AT + 9 * DAY
    )
    step = planned(case)
    assert step is not None and (step.index, step.intent, step.attempt) == (0, "first_reminder", 4)
    operations.send_due(at=step.due_at)
    assert "Invoice amount" in Message.objects.get().text and Message.objects.get().intent == "first_reminder"


def test_a_dispute_about_a_part_stops_the_whole_invoice_and_then_less_is_asked_for() -> None:
    """R-17 stops outreach for the invoice, not for the part; another invoice of the debtor is still asked for."""
    first, second, _ = invoices()
    operations.send_due(at=AT)
    said = {"reason": "wrong_amount", "text": "Eight came.", "source": "page", "evidence": {}}
    found = campaigns.open_dispute(case_id=first.id, amount_minor=500_000, **said, by="debtor", at=AT)
    assert planned(first) is None
    step = planned(second)
    assert step is not None
    operations.send_due(at=step.due_at)
    between = world.message_of(step)
    assert between.status == "sent" and "A-0" not in between.text and "$10,000.00" not in between.text
    done = {"outcome": "partially_upheld", "reduced_minor": 200_000, "note": "two broke"}
    campaigns.resolve_dispute(dispute_id=found.id, **done, by="key:x", at=step.due_at + DAY)
    later = planned(first)  # the oldest carries the conversation again
    assert later is not None
    operations.send_due(at=later.due_at)
    asked = world.message_of(later)
    assert asked.status == "sent" and "A-0" in asked.text and "$13,000.00" in asked.text and "$43,000.00" in asked.text


def test_the_posture_decides_the_days() -> None:
    """Written on a Thursday: four days later is a Monday, and so the Tuesday; six days later is a Wednesday."""
    thursday, days = AT + 2 * DAY, {}
    for posture in ("firm", "preserve"):
        case = world.case(posture=posture)
        world.step(case, due_at=thursday)
        operations.send_due(at=thursday)
        step = planned(case)
        assert step is not None
        days[posture] = (step.due_at.date() - thursday.date()).days
    assert days == {"firm": 5, "preserve": 6}


def test_levels_go_up_inside_the_debtor() -> None:
    case = world.case(posture="firm")
    for level, name in ((2, "controller"), (3, "cfo")):
        factories.contact(case.debtor, email=f"{name}@acmecorp.com", level=level)
    world.step(case)
    for _ in range(4):
        step = planned(case)
        assert step is not None
        operations.send_due(at=step.due_at)
    to = list(Message.objects.order_by("created_at").values_list("contact__level", flat=True))
    assert to == [1, 1, 2, 3]
    assert len(set(Message.objects.values_list("variant", flat=True))) == 4
    assert Campaign.objects.get().first_contact_at == AT
    assert Contact.objects.count() == 3 and queries.usable_contacts(case.debtor_id).count() == 3
    assert conversations.said(case)[-1].channel == "attorney"
