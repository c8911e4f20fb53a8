"""The whole story of a silent debtor in test mode, step by step, without waiting for a day of it."""

import itertools
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Contact, Step
from outreach.models import Message
from sandbox import operations as sandbox
from tests import factories
from tests.outreach import world

pytestmark = pytest.mark.django_db(transaction=True)


def test_four_messages_to_three_people_in_one_thread() -> None:
    case = world.case()
    factories.contact(case.debtor, email="controller@acmecorp.com", level=2, name="Casey Novak")
    factories.contact(case.debtor, email="cfo@acmecorp.com", level=3)
    world.step(case)
    statuses = [sandbox.run_next_step(case_id=case.id, by="test").status for _ in range(4)]
    assert statuses == ["sent"] * 4
    assert [mail["To"].addresses[0].addr_spec for mail in world.mails()] == [
        "ap@acmecorp.com",
        "ap@acmecorp.com",
        "controller@acmecorp.com",
        "cfo@acmecorp.com",
    ]
    moments = list(Message.objects.order_by("created_at").values_list("created_at", flat=True))
    assert all((b - a).days >= 2 for a, b in itertools.pairwise(moments))
    assert Step.objects.get(case=case, status="planned").channel == "attorney"
    with pytest.raises(ApiError) as refused:
        sandbox.run_next_step(case_id=case.id, by="test")
    assert refused.value.code == "nothing_planned"


def test_a_case_that_no_worker_has_opened_yet() -> None:
    case = world.case(status=Case.Status.ENRICHING)
    type(case.debtor).objects.update(enriched_at=None)
    Contact.objects.all().delete()
    assert sandbox.run_next_step(campaign_id=case.campaign_id, by="test").status == "sent"


def test_the_command_says_what_happened() -> None:
    case = world.case()
    world.step(case)
    out = StringIO()
    call_command("send_next", case.campaign_id, stdout=out)
    assert out.getvalue().strip() == "first_reminder: sent"
    with pytest.raises(CommandError):
        call_command("send_next", "cmp_nothing")


def test_a_live_campaign_is_not_hurried() -> None:
    case = world.case(livemode=True)
    world.step(case)
    with pytest.raises(ApiError) as refused:
        sandbox.run_next_step(case_id=case.id, by="test")
    assert refused.value.code == "test_mode_only"
