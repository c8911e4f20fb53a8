"""Mail to members: gathered, handed over at most once to a real SMTP server, in plain words, and never to who left."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.test import Client

from accounts import operations as accounts
from accounts.models import Member, Organisation
from agentcollect.kit import clock, db
from events.catalogue import PUBLIC, TYPES
from events.operations import record
from tests.dashboard.world import member as make_member
from tests.outreach.mail_server import Keeper, mail_server
from tests.webhooks.conftest import Clock, make_endpoint, make_fact
from webhooks import operations, rules, wording
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.operations import mailing

pytestmark = pytest.mark.django_db
DISPUTE: dict[str, Any] = {
    "type": "case.held",
    "hold": "dispute",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "reason": "Three units never arrived.",
}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def server(settings: Any) -> Iterator[Keeper]:
    with mail_server() as (keeper, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
        settings.EMAIL_HOST_USER, settings.EMAIL_TIMEOUT = "", 5
        settings.PUBLIC_URL = "https://app.example.com"
        yield keeper


@pytest.fixture
def boss(organisation: Organisation) -> Member:
    return make_member(organisation, email="boss@example.com")


def told(member: Member, *, livemode: bool = False, **cadence: str) -> Endpoint:
    """The member's mailbox with that choice; `case_held="daily"` for case.held."""
    named = {type.replace("_", ".", 1): how for type, how in cadence.items()}
    where = {"member_id": member.id, "organisation_id": member.organisation_id, "livemode": livemode}
    return operations.choose(**where, cadence=named, by="test", at=clock.now())


def mailed(mail: EmailMessage, kind: str = "plain") -> str:
    body: Any = mail.get_body((kind,))
    return body.get_content().replace("\r\n", "\n")


def header(mail: EmailMessage, name: str) -> str:
    """Unfolded: a long value begins on a line of its own (RFC 5322, 2.2.3)."""
    return str(mail[name]).strip()


# --- when


@pytest.mark.parametrize(
    ("how", "at", "zone", "due"),
    [
        ("instant", "2026-03-17T14:22:00", "UTC", "2026-03-17T14:23:00"),
        ("daily", "2026-03-17T07:59:59", "UTC", "2026-03-17T08:00:00"),
        ("daily", "2026-03-17T08:00:00", "UTC", "2026-03-18T08:00:00"),
        ("daily", "2026-03-07T13:30:00", "America/New_York", "2026-03-08T12:00:00"),  # the clocks change that night
        ("daily", "2026-03-17T23:30:00", "Asia/Kolkata", "2026-03-18T02:30:00"),
        ("off", "2026-03-17T14:22:00", "UTC", None),
        (None, "2026-03-17T14:22:00", "UTC", None),
    ],
)
def test_when_a_mail_is_due(how: str | None, at: str, zone: str, due: str | None) -> None:
    cadence = {"case.held": how} if how else {}
    found = rules.mail_due(cadence, "case.held", datetime.fromisoformat(at).replace(tzinfo=UTC), zone)
    assert found == (datetime.fromisoformat(due).replace(tzinfo=UTC) if due else None)


def test_only_types_that_exist_and_reach_subscribers_can_be_chosen() -> None:
    assert wording.TOPICS.keys() <= PUBLIC
    for livemode in (False, True):
        assert rules.default_cadence(livemode).keys() <= wording.TOPICS.keys()
    with pytest.raises(ValueError, match="no such choice"):
        told(Member(id="mem_x", organisation_id="org_x"), case_held="hourly")


@pytest.mark.parametrize("type", sorted(wording.TOPICS))
def test_every_type_has_words_whatever_its_data(type: str) -> None:
    example = TYPES[type].example | ({"hold": "dispute"} if type == "case.held" else {})
    said = wording.title(type, example)
    assert said and "None" not in said and "an amount" not in said
    assert wording.facts(type, example) or type.startswith("organisation.")
    bare = {"hold": "dispute"} if type == "case.held" else {}
    assert wording.title(type, bare)
    assert "\n" not in wording.title(type, bare | {"debtor": "Evil\r\nBcc: all@example.com"})


# --- the letter


def test_a_dispute_reaches_the_member_in_plain_words(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own = told(boss, case_held="instant")
    event_id = make_fact(organisation, **DISPUTE)
    assert operations.mail_members(at=wall() + timedelta(seconds=30)) == 0
    assert operations.mail_members(at=wall() + MINUTE) == 1
    (mail,) = server.mails
    assert mail["To"] == "boss@example.com"
    assert header(mail, "Subject") == "[Test] Acme Corp disputes invoice INV-2025-0847 · Your Company Inc."
    for kind in ("plain", "html"):
        text = mailed(mail, kind)
        for words in (
            "Three units never arrived.",
            "INV-2025-0847",
            f"https://app.example.com/dashboard/open/{event_id}",
        ):
            assert words in text
        assert f"https://app.example.com/dashboard/open/{own.id}" in text
        assert "no debtor was contacted" in text
    row = Delivery.objects.get(endpoint=own)
    assert (row.status, row.attempts_made, row.reason, row.lease_until) == ("succeeded", 1, "", None)
    attempt = Attempt.objects.get(delivery=row)
    assert (attempt.error, attempt.endpoint_id, attempt.request_headers["Message-ID"]) == (
        "",
        own.id,
        mail["Message-ID"],
    )
    assert operations.mail_members(at=wall() + timedelta(days=3)) == 0
    assert len(server.taken) == 1


def test_live_mail_bears_no_mark_of_test_mode(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    told(boss, livemode=True, payment_received="instant")
    make_fact(organisation, livemode=True, debtor="<Acme> & Sons", currency="USD", amount_collected=15000.5)
    operations.mail_members(at=wall() + MINUTE)
    (mail,) = server.mails
    assert header(mail, "Subject") == "<Acme> & Sons paid $15,000.50 · Your Company Inc."
    assert "test mode" not in mailed(mail).lower() + mailed(mail, "html").lower()
    assert "&lt;Acme&gt; &amp; Sons paid $15,000.50" in mailed(mail, "html")
    assert "<Acme> & Sons paid $15,000.50" in mailed(mail)


def test_what_happens_within_a_minute_is_one_letter(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own = told(boss, case_held="instant", payment_received="instant")
    for number in range(3):
        make_fact(organisation, **DISPUTE | {"debtor": f"Debtor {number}"})
    make_fact(organisation, debtor="Acme Corp", currency="USD")
    # The first is due now, the last only in half a minute: it travels along.
    last = Delivery.objects.filter(endpoint=own).order_by("-id").values_list("id", flat=True)[0]
    Delivery.objects.filter(id=last).update(next_attempt_at=wall() + timedelta(seconds=90))
    assert operations.mail_members(at=wall() + MINUTE) == 1
    (mail,) = server.mails
    assert header(mail, "Subject") == "[Test] Debtor 0 disputes invoice INV-2025-0847, and 3 more · Your Company Inc."
    assert [mailed(mail).count(words) for words in ("disputes invoice", "Acme Corp paid $15,000.00")] == [3, 1]
    assert set(Delivery.objects.values_list("status", "attempts_made")) == {("succeeded", 1)}
    assert Attempt.objects.count() == 4


def test_a_digest_waits_for_the_morning_and_shows_at_most_fifty(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own = told(boss, case_held="daily")
    for _ in range(53):
        make_fact(organisation, **DISPUTE)
    (due,) = set(Delivery.objects.filter(endpoint=own).values_list("next_attempt_at", flat=True))
    assert operations.mail_members(at=due - timedelta(seconds=1)) == 0
    assert operations.mail_members(at=due) == 1
    (mail,) = server.mails
    assert mailed(mail).count("Acme Corp disputes") == 50
    assert "And 3 more, in the event log:\nhttps://app.example.com/dashboard/events" in mailed(mail)
    assert Delivery.objects.filter(status="succeeded").count() == 53


@pytest.mark.parametrize("why", ["own act", "ordinary hold", "login closed"])
def test_what_is_not_worth_telling_is_settled_unsent(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock, why: str
) -> None:
    told(boss, case_held="instant")
    with db.atomic():
        record(
            type="case.held",
            organisation_id=organisation.id,
            livemode=False,
            data=DISPUTE | ({"hold": "creditor_pause"} if why == "ordinary hold" else {}),
            by=f"member:{boss.id}" if why == "own act" else "engine",
            at=clock.now(),
        )
    if why == "login closed":
        boss.user.is_active = False
        boss.user.save()
    assert operations.mail_members(at=wall() + MINUTE) == 0
    assert server.taken == []
    assert list(Delivery.objects.values_list("status", "reason", "next_attempt_at")) == [("not_sent", "quiet", None)]


# --- at most once


def test_a_server_that_is_away_is_asked_again_and_given_up_in_the_end(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock, settings: Any
) -> None:
    told(boss, case_held="instant")
    make_fact(organisation, **DISPUTE)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert operations.mail_members(at=wall() + MINUTE) == 0
    row = Delivery.objects.get()
    assert (row.status, row.failures_in_row, row.next_attempt_at) == ("pending", 1, wall() + 2 * MINUTE)
    assert "could not be used" in row.last_error
    settings.EMAIL_PORT = port
    assert operations.mail_members(at=wall() + 2 * MINUTE) == 1
    assert len(server.taken) == 1
    assert [attempt.error != "" for attempt in Attempt.objects.order_by("number")] == [True, False]


def test_after_six_waits_it_has_failed(organisation: Organisation, boss: Member, server: Keeper, settings: Any) -> None:
    told(boss, case_held="instant")
    make_fact(organisation, **DISPUTE)
    settings.EMAIL_BACKEND = "agentcollect.kit.mail.NoBackend"
    while (row := Delivery.objects.get()).status == "pending":
        operations.mail_members(at=row.next_attempt_at)
    assert (row.status, row.attempts_made) == ("failed", 7)
    assert "no mail server is set up" in row.last_error


@pytest.mark.parametrize(
    ("answer", "status", "repeated"),
    [
        ({"rcpt": "550 no such mailbox"}, "failed", False),
        ({"rcpt": "451 try later"}, "pending", True),
        ({"data": "554 no"}, "failed", False),
        ({"data": "451 something broke"}, "failed", False),  # in doubt
        ({"hang_up": True}, "failed", False),  # in doubt: it was taken, and the answer was lost
    ],
)
def test_only_what_surely_did_not_leave_is_repeated(
    organisation: Organisation,
    boss: Member,
    server: Keeper,
    wall: Clock,
    answer: dict[str, Any],
    status: str,
    repeated: bool,
) -> None:
    told(boss, case_held="instant")
    make_fact(organisation, **DISPUTE)
    for name, value in answer.items():
        setattr(server, name, value)
    operations.mail_members(at=wall() + MINUTE)
    taken = len(server.taken)
    row = Delivery.objects.get()
    assert (row.status, row.attempts_made) == (status, 1)
    assert ("In doubt" in row.last_error) == (answer in ({"data": "451 something broke"}, {"hang_up": True}))
    server.rcpt = server.data = ""
    server.hang_up = False
    operations.mail_members(at=wall() + timedelta(days=1))
    assert len(server.taken) - taken == repeated
    assert Attempt.objects.count() == 1 + repeated


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize(("dies_at", "letters"), [("open", 1), ("send_messages", 0), ("close", 1)])
def test_a_death_before_the_mark_is_made_good_and_one_after_it_is_never_repeated(
    organisation: Organisation,
    boss: Member,
    server: Keeper,
    wall: Clock,
    monkeypatch: pytest.MonkeyPatch,
    dies_at: str,
    letters: int,
) -> None:
    told(boss, case_held="instant")
    make_fact(organisation, **DISPUTE)

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(EmailBackend, dies_at, die)
        operations.mail_members(at=wall() + MINUTE)
    assert operations.mail_members(at=wall() + MINUTE + mailing.LEASE / 2) == 0  # its lease still stands
    for hours in (1, 2):
        operations.sweep(at=wall() + timedelta(hours=hours))
        operations.mail_members(at=wall() + timedelta(hours=hours))
    assert len(server.taken) == letters
    row = Delivery.objects.get()
    assert row.status == ("succeeded" if dies_at == "open" else "failed")
    assert ("In doubt" in row.last_error) == (dies_at != "open")
    assert (row.attempts_made, Attempt.objects.count(), row.reason) == (1, 1, "")


def test_who_lost_the_lease_hands_nothing_over(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own = told(boss, case_held="instant")
    make_fact(organisation, **DISPUTE)
    at = wall() + MINUTE
    slow = mailing.claim_mail(endpoint_id=own.id, at=at)
    assert slow is not None
    assert mailing.claim_mail(endpoint_id=own.id, at=at) is None
    assert operations.mail_members(at=at + mailing.LEASE) == 1
    assert mailing._send(slow, at=at) is None
    assert len(server.taken) == 1
    assert Delivery.objects.get().status == "succeeded"


# --- who


def test_who_left_gets_nothing_any_more(organisation: Organisation, boss: Member, server: Keeper, wall: Clock) -> None:
    guest = make_member(organisation, role="viewer", email="guest@example.com")
    own = told(guest, case_held="instant", payment_received="daily")
    make_fact(organisation, **DISPUTE)
    make_fact(organisation)
    accounts.remove_member(manager=boss, member_id=guest.id, at=clock.now())
    assert operations.mail_members(at=wall() + MINUTE) == 0
    assert server.taken == []
    rows = Delivery.objects.filter(endpoint=own)
    assert set(rows.values_list("status", "reason")) == {("not_sent", "left")}
    make_fact(organisation, **DISPUTE)
    assert rows.count() == 2
    assert Endpoint.objects.get(id=own.id).status == "deleted"


def test_joining_makes_a_mailbox_in_both_modes_once(organisation: Organisation, boss: Member) -> None:
    chosen = told(boss, livemode=True, case_held="daily")
    assert operations.greet_members(at=clock.now()) == 1
    assert operations.greet_members(at=clock.now()) == 0
    test, live = Endpoint.objects.filter(kind="email", member_id=boss.id).order_by("livemode")
    assert test.cadence == rules.default_cadence(False)
    assert (live.id, live.cadence) == (chosen.id, {"case.held": "daily"})


def test_a_webhook_endpoint_and_a_mailbox_do_not_meet(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own, hook = told(boss, case_held="instant"), make_endpoint(organisation)
    make_fact(organisation, **DISPUTE)
    assert {claim.endpoint_id for claim in operations.claim(at=wall() + MINUTE, room={}, default_room=9, limit=9)} == {
        hook.id
    }
    assert operations.mail_members(at=wall() + MINUTE) == 1
    assert Delivery.objects.get(endpoint=own).status == "succeeded"
    assert Delivery.objects.get(endpoint=hook).status == "pending"


def test_turning_a_type_off_forgoes_what_waits_for_it(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own = told(boss, case_held="instant", payment_received="instant")
    make_fact(organisation, **DISPUTE)
    make_fact(organisation, currency="USD")
    told(boss, case_held="instant")
    operations.mail_members(at=wall() + MINUTE)
    assert "disputes" in mailed(server.mails[0])
    assert "paid" not in mailed(server.mails[0])
    assert set(Delivery.objects.filter(endpoint=own).values_list("event_type", "status", "reason")) == {
        ("case.held", "succeeded", ""),
        ("payment.received", "not_sent", "off"),
    }


def test_unsubscribing_takes_a_press_and_no_login(
    organisation: Organisation, boss: Member, server: Keeper, wall: Clock
) -> None:
    own = told(boss, case_held="instant")
    make_fact(organisation, **DISPUTE)
    operations.mail_members(at=wall() + MINUTE)
    (mail,) = server.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<https://app\.example\.com(/notifications/\w+)>", header(mail, "List-Unsubscribe"))
    assert found
    client = Client(enforce_csrf_checks=True)
    assert b"Stop these e-mails?" in client.get(found[1]).content
    own.refresh_from_db()
    assert own.cadence == {"case.held": "instant"}
    pressed = client.post(found[1], "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert b"These e-mails are off" in pressed.content
    own.refresh_from_db()
    assert own.cadence == {}
    assert client.get("/notifications/" + own.id[3:] + "A" * 16).status_code == 404
