"""The way answers come back: a connected mailbox, read without a trace, and the proof that it works."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Organisation
from agentcollect.kit import clock, db
from agentcollect.kit.errors import ApiError
from campaigns.models import Contact
from events.models import Event
from outreach import operations, rendering
from outreach.models import Inbound, Reply, ReplyPath
from outreach.operations import letters, mailboxes, replies, reply_path
from outreach.providers import imap
from outreach.rules.replies import Kept
from tests import factories
from tests.outreach import letters_back, world
from tests.outreach.imap_server import PASSWORD, USER, Box, imap_server
from tests.outreach.mail_server import mail_server, settings_for
from tests.outreach.test_smtp_tls import certificate
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db

MAILBOX = {"address": USER, "host": "127.0.0.1", "user": USER, "folder": "INBOX"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def organisation(settings: Settings) -> Organisation:
    settings.EGRESS_ALLOW_LOOPBACK_HTTP = True
    settings.INBOUND_HOST = "in.example.com"
    return factories.organisation()


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Box, int]]:
    pem, key = certificate(tmp_path)
    monkeypatch.setattr(imap, "tls", lambda: ssl.create_default_context(cafile=str(pem)))
    with imap_server(str(pem), str(key)) as found:
        yield found


def connect(organisation: Organisation, port: int, livemode: bool = False, **facts: Any) -> ReplyPath:
    return reply_path.configure(
        organisation_id=organisation.id,
        livemode=livemode,
        kind="mailbox",
        facts=MAILBOX | {"port": port} | facts,
        secret=facts.pop("secret", PASSWORD),
        by="key:x",
        at=AT,
    )


def poll() -> int:
    return mailboxes.poll_mailboxes(at=clock.now())


# --- the mailbox


def test_only_what_comes_from_now_on_is_read_and_nothing_is_marked(
    organisation: Organisation, box: tuple[Box, int]
) -> None:
    store, port = box
    store.mails = {3: letters_back.mail(None, "old").as_bytes()}
    path = connect(organisation, port)
    assert path.secret and PASSWORD not in path.secret
    assert poll() == 0
    for uid in (5, 9):
        store.mails[uid] = letters_back.mail(None, f"mail {uid}").as_bytes()
    assert poll() == 2 and poll() == 0
    rows = Inbound.objects.order_by("received_at", "id")
    assert [(row.provider, row.organisation_id, row.livemode) for row in rows] == 2 * [("imap", organisation.id, False)]
    path.refresh_from_db()
    assert (path.uid_validity, path.last_uid, path.error, path.lease_until) == (7, 9, "", None)
    commands = {said.split()[0].upper() for said in store.said} | {said.split()[-1].upper() for said in store.said}
    assert not commands & {"STORE", "EXPUNGE", "SELECT", "COPY", "MOVE", "DELETE", "APPEND"}
    assert all("PEEK" in said.upper() or "BODY" not in said.upper() for said in store.said)


def test_a_mailbox_numbered_anew_loses_and_doubles_nothing(organisation: Organisation, box: tuple[Box, int]) -> None:
    store, port = box
    path = connect(organisation, port)
    poll()
    store.mails = {4: letters_back.mail(None, "one").as_bytes()}
    poll()
    store.validity, store.mails = 8, {1: store.mails[4], 2: letters_back.mail(None, "two").as_bytes()}
    poll()
    path.refresh_from_db()
    assert Inbound.objects.count() == 2 and (path.uid_validity, path.last_uid) == (8, 2)


def test_a_mail_above_the_limit_is_read_by_its_beginning(
    organisation: Organisation, box: tuple[Box, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, port = box
    connect(organisation, port)
    poll()
    monkeypatch.setattr(imap, "MOST_BYTES", 2000)
    monkeypatch.setattr(imap, "MOST_BODY", 300)
    store.mails = {1: letters_back.mail(None, "We dispute.\r\n" + "x" * 70 * 100).as_bytes()}
    assert poll() == 1
    raw = Inbound.objects.get().raw
    assert "We dispute." in raw and len(raw) < 2000


def test_dying_between_the_mail_and_the_mark_reads_it_again_once(
    organisation: Organisation, box: tuple[Box, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, port = box
    path = connect(organisation, port)
    poll()
    store.mails = {1: letters_back.mail(None, "one").as_bytes()}
    real = operations.inbound.receive

    def dying(**facts: Any) -> None:
        real(**facts)
        raise KeyboardInterrupt

    with monkeypatch.context() as dead:
        dead.setattr(mailboxes.inbound, "receive", dying)
        with pytest.raises(KeyboardInterrupt):
            poll()
    assert poll() == 0  # leased by the dead
    ReplyPath.objects.update(lease_until=clock.now() - MINUTE)
    assert poll() == 1
    path.refresh_from_db()
    assert Inbound.objects.count() == 1 and path.last_uid == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"secret": "wrong"}, "refused the user or the password"),
        ({"folder": "INBOX", "port": 1}, "could not be reached"),
    ],
)
def test_a_mailbox_that_cannot_be_read_says_why(
    organisation: Organisation, box: tuple[Box, int], facts: dict[str, Any], words: str
) -> None:
    path = connect(organisation, **({"port": box[1]} | facts))
    assert poll() == 0
    path.refresh_from_db()
    assert words in path.error and path.lease_until is None and PASSWORD not in path.error


def test_a_certificate_nobody_vouches_for_gets_no_password(
    organisation: Organisation, box: tuple[Box, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "tls", ssl.create_default_context)
    path = connect(organisation, box[1])
    poll()
    path.refresh_from_db()
    assert "could not be reached" in path.error and box[0].said == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "localhost", "mail.internal", "[::1]", "a b", "x@y.com"]
)
def test_a_customer_cannot_point_us_at_ourselves(settings: Settings, host: str) -> None:
    settings.EGRESS_ALLOW_LOOPBACK_HTTP = False
    with pytest.raises(ApiError, match="invalid_url"):
        connect(factories.organisation(), 993, host=host)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "192.168.0.4"])
def test_a_name_that_leads_into_a_private_network_is_not_connected_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    settings.EGRESS_ALLOW_LOOPBACK_HTTP = True
    monkeypatch.setattr(imap, "_look_up", lambda host: ["8.8.8.8", address])
    path = connect(factories.organisation(), 993, host="mail.customer.example")
    poll()
    path.refresh_from_db()
    assert "private or reserved" in path.error


def test_the_network_is_not_waited_for_in_a_transaction(organisation: Organisation, box: tuple[Box, int]) -> None:
    path = connect(organisation, box[1])
    with db.atomic(), pytest.raises(RuntimeError):
        list(imap.fetch(mailboxes._mailbox(path), today=AT.date()))


# --- what mails ask for, and the proof


def test_mails_ask_to_be_answered_where_it_is_read(organisation: Organisation) -> None:
    case = world.case(organisation=organisation)
    contact = Contact.objects.get(debtor=case.debtor)
    brand = letters.stationery(case.campaign, organisation).brand
    address = reply_path.reply_to(case, contact, brand)
    assert address.startswith("r+") and address.endswith("@in.example.com")
    world.step(case)
    operations.send_due(at=AT)
    assert address in str(world.mails()[0]["Reply-To"])
    connect(organisation, 993)
    assert reply_path.reply_to(case, contact, brand) == USER
    assert isinstance(brand, rendering.Brand)


def test_an_answer_to_a_mail_of_ours_finds_its_case(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "understand", lambda *, reply, at: Kept(label="other"))
    case = world.case(organisation=organisation)
    world.step(case)
    operations.send_due(at=AT)
    sent = world.mails()[0]
    built = letters_back.mail(None, "Hello?", To=str(sent["Reply-To"]).rpartition("<")[2].strip(">"))
    letters_back.arrive(built)
    operations.process_inbound(at=AT)
    assert Reply.objects.get().case_id == case.id


@pytest.mark.parametrize("kind", ["inbound_host", "mailbox"])
def test_a_probe_that_comes_back_proves_the_path(
    organisation: Organisation, box: tuple[Box, int], settings: Settings, kind: str
) -> None:
    store, port = box
    now = clock.now()
    with mail_server() as (keeper, smtp):
        settings.SMTP = settings_for(smtp)
        if kind == "mailbox":
            connect(organisation, port, livemode=True)
            poll()
        assert reply_path.why_not(organisation, livemode=True) == "reply_path_unproven"
        assert reply_path.why_not(organisation, livemode=False) == ""
        assert operations.probe_due(at=now) == 1 and operations.probe_due(at=now + MINUTE) == 0
        raw = keeper.taken[0].content if hasattr(keeper.taken[0], "content") else keeper.mails[0].as_bytes()
    if kind == "mailbox":
        store.mails = {1: raw}
        mailboxes.poll_mailboxes(at=now + MINUTE)
    else:
        letters_back.arrive(raw.decode(), at=now + MINUTE)
    operations.process_inbound(at=now + MINUTE)
    path = ReplyPath.objects.get(livemode=True)
    assert (path.status, path.probe, path.kind) == ("proven", "", kind)
    assert reply_path.why_not(organisation, livemode=True) == "" and not Reply.objects.exists()
    assert Event.objects.filter(type="reply_path.proven").count() == 1


def test_a_probe_that_stays_away_breaks_the_path_and_is_repeated(
    organisation: Organisation, settings: Settings
) -> None:
    now = clock.now()
    with mail_server() as (keeper, smtp):
        settings.SMTP = settings_for(smtp)
        operations.probe_due(at=now)
        ReplyPath.objects.update(status="proven")
        assert operations.probe_due(at=now + 11 * MINUTE) == 0
        path = ReplyPath.objects.get()
        assert path.status == "broken" and "10 minutes" in path.error
        letters_back.arrive(keeper.mails[0].as_string(), at=now + 12 * MINUTE)
        operations.process_inbound(at=now + 12 * MINUTE)
        assert ReplyPath.objects.get().status == "broken"  # too late is not in time
        assert operations.probe_due(at=now + 16 * MINUTE) == 1 and len(keeper.mails) == 2
        letters_back.arrive(keeper.mails[1].as_string(), at=now + 17 * MINUTE)
        operations.process_inbound(at=now + 17 * MINUTE)
        assert ReplyPath.objects.get().status == "proven"
        assert operations.probe_due(at=now + 60 * MINUTE) == 0
        assert operations.probe_due(at=now + timedelta(days=1, minutes=17)) == 1
    types = list(
        Event.objects.filter(type__startswith="reply_path").order_by("sequence").values_list("type", flat=True)
    )
    assert types == ["reply_path.broken", "reply_path.proven"]


def test_a_probe_that_cannot_leave_says_so(organisation: Organisation, settings: Settings) -> None:
    settings.SMTP = settings_for(1)
    assert operations.probe_due(at=clock.now()) == 0
    assert "could not be sent" in ReplyPath.objects.get().error


def test_a_forged_probe_proves_nothing(organisation: Organisation, settings: Settings) -> None:
    settings.SMTP = settings_for(1)
    operations.probe_due(at=clock.now())
    ReplyPath.objects.update(probe="a" * 32, status="unproven")
    letters_back.arrive(letters_back.mail(None, Subject=f"Reply path [check {'b' * 32}]"), at=clock.now())
    operations.process_inbound(at=clock.now())
    assert ReplyPath.objects.get().status == "unproven"


# --- by the API


def test_the_password_goes_in_and_never_comes_out(organisation: Organisation, empty_redis: None) -> None:
    api = factories.client(factories.api_key(organisation))
    assert api.get("/v1/organisation/reply_path").json()["kind"] == "inbound_host"
    body = {"kind": "mailbox", "port": 993, "secret": "hush"} | MAILBOX
    for _ in range(2):
        said = api.send("PUT", "/v1/organisation/reply_path", body)
        assert said.status_code == 200, said.content
        assert (said.json()["has_secret"], said.json()["status"]) == (True, "unproven") and b"hush" not in said.content
    del body["secret"]
    assert api.send("PUT", "/v1/organisation/reply_path", body | {"folder": "Invoices"}).json()["has_secret"] is True
    assert api.send("PUT", "/v1/organisation/reply_path", {"kind": "inbound_host"}).json()["has_secret"] is False
    assert api.send("PUT", "/v1/organisation/reply_path", body).json()["error"] == "mailbox_incomplete"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"kind": "pigeon"}, "invalid_request"),
        ({"kind": "mailbox"}, "mailbox_incomplete"),
        ({"kind": "mailbox", "port": "993"} | MAILBOX, "invalid_type"),
        ({"kind": "mailbox", "secret": "x"} | MAILBOX | {"address": "none"}, "invalid_email"),
        ({"kind": "mailbox", "secret": "x"} | MAILBOX | {"host": "10.0.0.1"}, "invalid_url"),
        ({"kind": "mailbox", "secret": "x", "uid": 3} | MAILBOX, "unknown_field"),
        ({"kind": "mailbox", "secret": "x"} | MAILBOX | {"folder": "a\r\nLOGOUT"}, "invalid_text"),
    ],
)
def test_what_is_no_reply_path(organisation: Organisation, empty_redis: None, body: Any, code: str) -> None:
    api = factories.client(factories.api_key(organisation))
    assert api.send("PUT", "/v1/organisation/reply_path", body).json()["error"] == code
