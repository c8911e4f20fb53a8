"""What mail providers post: verified by their own signature or the shared secret, stored once, read later."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from campaigns.models import Case, Contact, Step, Suppression
from outreach import operations
from outreach.models import Inbound, Message, Reply
from tests import factories
from tests.outreach import letters_back, world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db

KEY, SECRET = "a-mailgun-key", "in:door"


@pytest.fixture
def case(settings: Settings) -> Case:
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": KEY, "WEBHOOK_SECRET": [SECRET]}
    found = world.case()
    sent = world.step(found, status="sent")
    factories.message(found, step_id=sent.id, rfc_message_id=f"<{sent.id}@yourcompany.com>")
    return found


def signed(key: str = KEY) -> dict[str, str]:
    stamp, token = str(int(time.time())), "a" * 50
    digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": stamp, "token": token, "signature": digest}


def basic(secret: str = SECRET) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def mailgun(case: Case, key: str = KEY, secret: str = SECRET) -> HttpResponse:
    built = letters_back.mail(case, "We dispute this.", Message_ID="<once@acmecorp.com>")
    body = {"recipient": built["To"], "sender": "ap@acmecorp.com", "body-mime": built.as_string(), **signed(key)}
    return Client().post("/inbound/mail/mailgun", body, headers=basic(secret))


def test_a_signed_mail_is_stored_once_and_read_later(case: Case) -> None:
    for _ in range(3):
        assert mailgun(case).status_code == 200
    assert Inbound.objects.count() == 1 and not Reply.objects.exists()
    operations.process_inbound(at=AT)
    reply = Reply.objects.get()
    assert (reply.case_id, reply.text, reply.identity) == (case.id, "We dispute this.", "known")


@pytest.mark.parametrize(("key", "secret"), [("another-key", SECRET), (KEY, "in:wrong")])
def test_a_wrong_signature_is_refused_in_plain_words(case: Case, key: str, secret: str) -> None:
    answer = mailgun(case, key, secret)
    assert answer.status_code == 403 and b"not signed" in answer.content
    assert not Inbound.objects.exists()


@pytest.mark.parametrize(
    ("path", "anymail"),
    [
        ("/inbound/mail/nobody", {"WEBHOOK_SECRET": [SECRET]}),
        ("/inbound/mail/postmark", {}),
        ("/inbound/mail/mailgun", {}),
        ("/inbound/mail/mailersend", {"MAILERSEND_SIGNING_SECRET": "for news alone"}),
    ],
)
def test_a_provider_without_a_key_is_closed(case: Case, settings: Settings, path: str, anymail: Any) -> None:
    settings.ANYMAIL = anymail
    assert Client().post(path, {"a": "b"}, headers=basic()).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("postmark", b"{", "application/json"),
        ("postmark", b"[]", "application/json"),
        ("amazon_ses", b"not json", "text/plain"),
        ("sendgrid", b"x=1", "application/x-www-form-urlencoded"),
        ("sendgrid/events", b'{"a": 1}', "application/json"),
        ("mailgun/events", b'{"event-data": {}}', "application/json"),
        ("sparkpost/events", b'[{"msys": 1}]', "application/json"),
    ],
)
def test_what_no_provider_would_send_is_refused(case: Case, path: str, body: bytes, kind: str) -> None:
    answer = Client().post(f"/inbound/mail/{path}", body, content_type=kind, headers=basic())
    assert 400 <= answer.status_code < 500 and not Inbound.objects.exists()


def test_get_is_no_callback(case: Case) -> None:
    assert Client().get("/inbound/mail/mailgun").status_code == 405
    assert Client().head("/inbound/mail/mailgun").status_code == 200


def postmark_mail(case: Case) -> dict[str, Any]:
    built = letters_back.mail(case)
    return {
        "FromFull": {"Email": "ap@acmecorp.com", "Name": "AP"},
        "From": "ap@acmecorp.com",
        "ToFull": [{"Email": built["To"], "Name": "", "MailboxHash": ""}],
        "OriginalRecipient": built["To"],
        "Subject": "Re: Invoice",
        "MessageID": "0f1e",
        "Date": "Tue, 17 Mar 2026 15:00:00 +0000",
        "TextBody": "We dispute this.",
        "HtmlBody": "",
        "Headers": [{"Name": "Message-ID", "Value": "<p1@acmecorp.com>"}],
        "Attachments": [{"Name": "a.pdf", "Content": base64.b64encode(b"x" * 9).decode(), "ContentType": "a/pdf"}],
    }


def test_a_provider_that_parses_mails_itself(case: Case) -> None:
    body = json.dumps(postmark_mail(case))
    for _ in range(2):
        answer = Client().post("/inbound/mail/postmark", body, content_type="application/json", headers=basic())
        assert answer.status_code == 200, answer.content
    operations.process_inbound(at=AT)
    reply = Reply.objects.get()
    assert (reply.text, reply.sender, reply.attachments[0]["size"]) == ("We dispute this.", "ap@acmecorp.com", 9)


def told(case: Case, record: str, **facts: Any) -> HttpResponse:
    sent = Message.objects.get()
    body = {
        "RecordType": record,
        "ID": 42,
        "MessageID": sent.rfc_message_id.strip("<>"),
        "Email": "ap@acmecorp.com",
        "Recipient": "ap@acmecorp.com",
        "Description": "The address does not exist.",
    } | facts
    return Client().post(
        "/inbound/mail/postmark/events", json.dumps(body), content_type="application/json", headers=basic()
    )


@pytest.mark.parametrize(("kind", "status"), [("HardBounce", "invalid"), ("SoftBounce", "unknown")])
def test_news_of_a_bounce(case: Case, kind: str, status: str) -> None:
    for _ in range(2):
        assert told(case, "Bounce", Type=kind, BouncedAt="2026-03-17T15:00:00Z").status_code == 200
    operations.process_inbound(at=AT)
    assert Inbound.objects.count() == 1 and Contact.objects.get().email_status == status
    assert Message.objects.get().status == "bounced"


def test_a_complaint_closes_the_address(case: Case) -> None:
    assert told(case, "SpamComplaint", BouncedAt="2026-03-17T15:00:00Z", Type="SpamComplaint").status_code == 200
    operations.process_inbound(at=AT)
    assert (Suppression.objects.get().address, Suppression.objects.get().reason) == ("ap@acmecorp.com", "complaint")


def test_news_of_a_delivery(case: Case) -> None:
    assert told(case, "Delivery", DeliveredAt="2026-03-17T15:00:00Z", Details="250 ok").status_code == 200
    operations.process_inbound(at=AT)
    assert Message.objects.get().status == "delivered" and Step.objects.get(case=case).status == "sent"
