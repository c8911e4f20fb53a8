"""The panel of a test case: each form does what its twin in the API does; live mode has no panel."""

import pytest
from django.test import Client

from campaigns.models import Case, Contact, Dispute, Suppression
from outreach import operations as outreach
from outreach.models import Call, Message, Reply
from payments.models import Payment
from sandbox.models import Reaction
from tests import factories
from tests.outreach import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(owner: Client, empty_redis: None) -> Case:
    found = world.case(organisation=owner.organisation)  # type: ignore[attr-defined]
    Contact.objects.update(phone="+1 212 555 0100", line_type="business_landline")
    world.step(found, version=2)
    outreach.send_due(at=world.AT)
    return found


def press(owner: Client, case: Case, name: str, **typed: str) -> str:
    """What the case's page says after the form was sent."""
    answer = owner.post(f"/dashboard/cases/{case.id}/simulate/{name}", typed, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_panel_has_every_form_and_works_without_javascript(owner: Client, case: Case) -> None:
    page = owner.get(f"/dashboard/cases/{case.id}").content.decode()
    for name in ("reply", "pay", "bounce", "call", "dispute", "opt_out"):
        assert f'method="post" action="/dashboard/cases/{case.id}/simulate/{name}"' in page


def test_they_answer(owner: Client, case: Case) -> None:
    press(owner, case, "reply", template="dispute", text="")
    press(owner, case, "reply", template="promise", text="Hm. The third pallet again.")
    outreach.process_inbound(at=world.AT)
    labels = dict(Reply.objects.values_list("text", "label"))
    assert labels["Hm. The third pallet again."] == "other" and "dispute" in labels.values()


def test_they_pay_or_try_to(owner: Client, case: Case) -> None:
    press(owner, case, "pay", outcome="card_declined", amount="")
    press(owner, case, "pay", outcome="succeeded", amount="$5,000.00")
    press(owner, case, "pay", outcome="ach_returned", amount="")
    found = list(Payment.objects.order_by("created_at", "id").values_list("status", "amount_minor"))
    assert found == [("failed", 1_500_000), ("succeeded", 500_000), ("processing", 1_000_000)]
    assert [row.facts["what"] for row in Reaction.objects.order_by("due_at")] == ["succeeded", "reversed"]
    assert "under way" in press(owner, case, "pay", outcome="ach_settles", amount="")


def test_the_last_message_bounces(owner: Client, case: Case) -> None:
    press(owner, case, "bounce", kind="hard")
    outreach.process_inbound(at=world.AT)
    assert Message.objects.get().status == "bounced" and Contact.objects.get().email_status == "invalid"


def test_the_last_message_is_called_spam(owner: Client, case: Case) -> None:
    press(owner, case, "bounce", kind="complaint")
    outreach.process_inbound(at=world.AT)
    assert Suppression.objects.get().reason == "complaint" and Message.objects.get().status != "bounced"


def test_the_next_call_is_made(owner: Client, case: Case) -> None:
    page = press(owner, case, "call", outcome="voicemail")
    assert "The call was made." in page, page[page.find("notice bad") :][:600]
    assert Call.objects.get().outcome == "voicemail"


def test_they_object_and_opt_out(owner: Client, case: Case) -> None:
    press(owner, case, "opt_out", contact=Contact.objects.get().id, channel="call")
    assert Suppression.objects.get().channel == "call"
    press(owner, case, "dispute", reason="quality")
    assert Dispute.objects.get().source == "sandbox"
    assert "Select a valid choice" in press(owner, case, "dispute", reason="no such reason")


def test_live_mode_and_other_creditors_have_none(owner: Client, case: Case) -> None:
    stranger = world.case(organisation=factories.organisation(name="Somebody else"))
    assert owner.post(f"/dashboard/cases/{stranger.id}/simulate/pay", {"outcome": "succeeded"}).status_code == 404
    assert owner.post(f"/dashboard/cases/{case.id}/simulate/nothing").status_code == 404
    live = world.case(livemode=True, organisation=case.organisation)
    owner.post("/dashboard/mode", {"mode": "live"})
    assert owner.post(f"/dashboard/cases/{live.id}/simulate/pay", {"outcome": "succeeded"}).status_code == 404
    assert 'id="simulate"' not in owner.get(f"/dashboard/cases/{live.id}").content.decode()
    assert not Payment.objects.exists()
