"""Live mode through a real SMTP server: what is taken, refused, broken off, and what the engine makes of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Step
from outreach import operations, rules
from outreach.models import MailboxItem, Message
from tests import factories
from tests.outreach import world
from tests.outreach.mail_server import Keeper, mail_server, settings_for
from tests.outreach.world import AT, DAY

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: Settings) -> Iterator[Keeper]:
    with mail_server() as (keeper, port):
        settings.SMTP = settings_for(port)
        yield keeper


def _due() -> tuple[Case, Step]:
    case = world.case(livemode=True)
    return case, world.step(case)


def _state(step: Step) -> tuple[str, str]:
    step.refresh_from_db()
    return step.status, world.message_of(step).status


def test_live_mail_leaves_by_smtp_under_the_brand(server: Keeper) -> None:
    _, step = _due()
    operations.send_due(at=AT)
    assert _state(step) == ("sent", "sent")
    assert MailboxItem.objects.count() == 0
    envelope, mail = server.taken[0], server.mails[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("ar@yourcompany.com", ["ap@acmecorp.com"])
    assert mail["From"] == "Your Company <ar@yourcompany.com>"
    assert mail["Message-ID"] == f"<{step.id}@yourcompany.com>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_temporary_refusal_is_tried_again_later_and_fills_no_cap(server: Keeper) -> None:
    case, step = _due()
    server.rcpt = "451 greylisted, try later"
    operations.send_due(at=AT)
    assert _state(step) == ("planned", "cancelled")
    assert step.due_at == AT + rules.RETRIES[0]
    assert step.handed_over_at is None
    server.rcpt = ""
    operations.send_due(at=step.due_at)
    assert _state(step) == ("sent", "sent")
    assert len(server.taken) == 1
    assert world.events(case) == ["contact.waited", "message.sent"]


def test_temporary_for_too_long_is_final(server: Keeper) -> None:
    case, step = _due()
    server.rcpt = "451 try later"
    at = AT
    for _ in range(40):
        operations.send_due(at=at)
        step.refresh_from_db()
        if step.status != "planned":
            break
        at = step.due_at
    assert _state(step) == ("failed", "failed")
    assert world.message_of(step).tries == len(rules.RETRIES) + 1
    assert "message.failed" in world.events(case)
    assert Step.objects.filter(case=case, status="planned").count() == 1


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_permanent_refusal_fails_and_the_playbook_goes_on(server: Keeper, where: str) -> None:
    case, step = _due()
    setattr(server, where, "550 no such mailbox")
    operations.send_due(at=AT)
    assert _state(step) == ("failed", "failed")
    assert "no such mailbox" in step.reason
    assert world.events(case) == ["message.failed"]
    again = Step.objects.get(case=case, status="planned")  # nothing has said yet what is owed
    assert (again.intent, again.attempt) == ("first_reminder", 2)


def test_a_line_dropped_after_the_content_is_doubt_and_never_resent(server: Keeper) -> None:
    case, step = _due()
    server.hang_up = True
    operations.send_due(at=AT)
    assert _state(step) == ("unconfirmed", "unconfirmed")
    server.hang_up = False
    for days in (0, 1, 30):
        operations.send_due(at=AT + days * DAY)
    assert len(server.taken) == 1
    assert sorted(world.events(case)) == ["message.unconfirmed", "task.created"]  # a person must say which


def test_a_temporary_answer_to_the_content_is_doubt_too(server: Keeper) -> None:
    _, step = _due()
    server.data = "451 something broke"
    operations.send_due(at=AT)
    assert _state(step) == ("unconfirmed", "unconfirmed")


def test_doubt_counts_against_the_caps(server: Keeper) -> None:
    case, _ = _due()
    server.hang_up = True
    operations.send_due(at=AT)
    two = world.case(
        livemode=True, organisation=case.organisation, debtor=case.debtor, invoice_number="INV-9", invoice_key="inv-9"
    )
    second = world.step(two, due_at=AT + timedelta(hours=1))
    operations.send_due(at=AT + timedelta(hours=1))
    second.refresh_from_db()
    assert second.status == "planned"
    assert second.due_at >= AT + 2 * DAY


def test_a_person_says_that_it_was_sent(server: Keeper) -> None:
    case, step = _due()
    server.hang_up = True
    operations.send_due(at=AT)
    operations.resolve_unconfirmed(step_id=step.id, outcome="sent", by="ops:ann", at=AT + DAY)
    assert _state(step) == ("sent", "sent")
    assert set(world.events(case)[-2:]) == {"message.sent", "task.done"}
    assert Step.objects.get(case=case, status="planned").intent == "second_reminder"
    with pytest.raises(ApiError):
        operations.resolve_unconfirmed(step_id=step.id, outcome="not_sent", by="ops:ann", at=AT + DAY)


def test_a_person_says_that_it_was_not_sent(server: Keeper) -> None:
    _, step = _due()
    server.hang_up = True
    operations.send_due(at=AT)
    server.hang_up = False
    again = operations.resolve_unconfirmed(step_id=step.id, outcome="not_sent", by="ops:ann", at=AT + DAY)
    assert _state(step) == ("failed", "failed")
    assert (again.attempt, again.status, again.intent) == (2, "planned", "first_reminder")
    operations.send_due(at=AT + DAY)
    assert _state(again) == ("sent", "sent")
    assert [mail["Message-ID"] for mail in server.mails] == [f"<{one.id}@yourcompany.com>" for one in (step, again)]
    assert server.mails[1]["In-Reply-To"] is None  # nobody has the first one


def test_no_server_to_talk_to_is_a_temporary_failure(settings: Settings) -> None:
    _, step = _due()
    settings.SMTP = settings_for(1)
    operations.send_due(at=AT)
    assert _state(step) == ("planned", "cancelled")


@pytest.mark.parametrize(
    ("host", "facts", "words"),
    [("", {}, "no mail server"), ("127.0.0.1", {"live_approved": False}, "not approved")],
)
def test_live_mode_waits_for_what_it_needs(settings: Settings, host: str, facts: dict[str, bool], words: str) -> None:
    settings.SMTP = settings_for(1) | {"host": host}
    step = world.step(world.case(livemode=True, organisation=factories.organisation(**facts)))
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert (step.status, Message.objects.count()) == ("planned", 0)
    assert words in step.reason


def test_a_line_that_begins_with_a_dot_arrives_whole(server: Keeper) -> None:
    from email.message import EmailMessage
    from email.policy import SMTP

    from outreach.providers.email import Parcel
    from outreach.providers.smtp import SmtpTransport

    mime = EmailMessage(policy=SMTP)
    mime["From"], mime["To"] = "a@example.com", "b@example.com"
    mime.set_content("first\n.hidden\n.\n..\nlast\n", cte="7bit")
    called: list[int] = []
    parcel = Parcel(sender="a@example.com", recipient="b@example.com", mime=mime, message_id="msg_x")
    SmtpTransport.from_settings().deliver(parcel, lambda: called.append(len(server.taken)))
    assert called == [0]  # once, and before the server had anything
    assert server.mails[0].get_content().split() == ["first", ".hidden", ".", "..", "last"]


def test_a_callback_that_refuses_keeps_the_message_here(server: Keeper) -> None:
    from email.message import EmailMessage

    from outreach.operations.claims import Withdrawn
    from outreach.providers.email import Parcel
    from outreach.providers.smtp import SmtpTransport

    def refuse() -> None:
        raise Withdrawn("paid")

    parcel = Parcel(sender="a@example.com", recipient="b@example.com", mime=EmailMessage(), message_id="msg_x")
    with pytest.raises(Withdrawn):
        SmtpTransport.from_settings().deliver(parcel, refuse)
    assert server.taken == []
