"""What will be done in the next 24 hours, and what stands still with nobody knowing."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Hold, Step
from outreach import operations, queries
from outreach.models import Inbound, Message
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def shown(case: Case, **more: Any) -> list[queries.NextContact]:
    return queries.next_day(case.organisation_id, case.livemode, AT, **more)


def test_who_is_contacted_how_when_and_why() -> None:
    case = world.case()
    factories.contact(case.debtor, email="cfo@acmecorp.com", level=3)
    factories.contact(case.debtor, email="gone@acmecorp.com", level=2, email_status="invalid")
    late, soon = world.step(case, due_at=AT - HOUR), world.step(case, "last_before_next_steps", due_at=AT + HOUR)
    world.step(case, "second_reminder", due_at=AT + 2 * DAY)
    world.step(world.case(), due_at=AT + HOUR)
    first, second = shown(case)
    assert (first.step.id, first.at, first.contact.email) == (late.id, AT, "ap@acmecorp.com")
    assert (second.step.id, second.at, second.contact.email) == (soon.id, AT + HOUR, "cfo@acmecorp.com")
    assert first.why == "step 1 of the playbook default 1" and not first.waits
    assert [one.step.id for one in shown(case, after=(late.due_at, late.id))] == [soon.id]
    assert len(shown(case, hours=72)) == 3


def test_what_keeps_one_back_is_said() -> None:
    case = world.case()
    world.step(case, due_at=AT + HOUR)
    held = campaigns.hold(kind="creditor_pause", on=case.debtor, by="key:1", at=AT, ends_at=AT + 2 * HOUR)
    assert shown(case)[0].waits == "on hold: creditor pause"
    Hold.objects.filter(id=held.id).update(ends_at=AT + HOUR)
    assert shown(case)[0].waits == ""
    Contact.objects.filter(debtor=case.debtor).update(email_status="invalid")
    assert shown(case)[0].contact is None
    Campaign.objects.filter(id=case.campaign_id).update(status="paused")
    assert shown(case)[0].waits == "the campaign is paused"
    case.organisation.test_paused_at = AT
    case.organisation.save()
    assert shown(case)[0].waits == "everything is paused"


def test_however_many_there_are_it_takes_as_many_statements() -> None:
    case = world.case()
    counts = []
    for number in range(2):
        for extra in range(5):
            key = f"{number}-{extra}"
            more = {"invoice_number": key, "invoice_key": key, "campaign": case.campaign}
            world.step(world.case(organisation=case.organisation, **more), due_at=AT + HOUR)
        with CaptureQueriesContext(connection) as made:
            assert len(shown(case)) == 5 * (number + 1)
        counts.append(len(made))
    assert counts[0] == counts[1] <= 4


# --- stuck


def stuck(livemode: bool | None = None) -> list[tuple[str, str]]:
    return [(one.what, one.id) for one in queries.stuck(at=AT + DAY, livemode=livemode)]


def test_a_healthy_life_is_never_stuck() -> None:
    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    assert stuck() == []
    campaigns.close_case(case_id=case.id, reason="recalled", note="", by="key:1", at=AT)
    assert stuck() == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({}, "no worker takes it up"),
        ({"status": "sending"}, "no worker holds it"),
        ({"status": "handed_over"}, "no worker holds it"),
        ({"status": "needs_human"}, "no task says so"),
        ({"status": "unconfirmed"}, "no task says so"),
    ],
)
def test_a_step_that_stands_still(step: dict[str, str], words: str) -> None:
    row = world.step(world.case(), **step)
    Step.objects.filter(id=row.id).update(recorded_at=AT)
    [found] = queries.stuck(at=AT + DAY)
    assert (found.what, found.id) == ("step", row.id) and words in found.words
    assert stuck(livemode=True) == [] and stuck(livemode=False) == [("step", row.id)]


def test_a_step_of_a_closed_case() -> None:
    case = world.case()
    step = world.step(case)
    Case.objects.filter(id=case.id).update(status="closed", closed_at=AT)
    assert ("step", step.id) in stuck()


def test_a_case_with_nothing_to_come_and_no_reason() -> None:
    case = world.case()
    Case.objects.filter(id=case.id).update(updated_at=AT)
    assert stuck() == [("case", case.id)]
    factories.task(case)
    assert stuck() == []


def test_a_case_whose_playbook_is_over_or_that_is_held_is_not() -> None:
    held, over = world.case(), world.case()
    campaigns.hold(kind="legal_hold", on=held.campaign, by="key:1", at=AT)
    world.step(over, "last_before_next_steps", index=99, status="sent")
    Case.objects.update(updated_at=AT)
    assert stuck() == []


def test_what_came_in_and_was_not_looked_at() -> None:
    row = Inbound.objects.create(provider="imap", dedupe="1", raw="x", received_at=AT)
    assert stuck() == [("inbound", row.id)]


def test_a_reservation_whose_step_knows_nothing_of_it() -> None:
    message = factories.message(world.case(), status="reserved")
    Message.objects.filter(id=message.id).update(recorded_at=AT)
    assert ("message", message.id) in stuck()


def test_the_command_says_it_by_its_exit_code() -> None:
    out = io.StringIO()
    call_command("stuck", stdout=out)
    assert out.getvalue() == "Nothing is stuck.\n"
    step = world.step(world.case(), due_at=clock.now() - DAY)
    with pytest.raises(SystemExit) as ended:
        call_command("stuck", "--mode", "test", stdout=out)
    assert ended.value.code == 1 and step.id in out.getvalue() and "1 stuck." in out.getvalue()
