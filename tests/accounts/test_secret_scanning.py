"""Keys found in public: only signed reports count, a key that works is revoked at once, and its owners are told."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core import mail

from accounts import operations, queries, rules
from accounts.models import ApiKey, Organisation
from accounts.tasks import tell_of_leaks
from agentcollect.kit import clock
from events.models import Event
from tests import factories

PATH = "/v1/secret_scanning"
WHOAMI = "/v1/organisation"
URL = "https://github.com/octocat/Hello-World/blob/main/settings.py"
SCANNER, STRANGER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(autouse=True)
def _scanner(settings: Any) -> None:
    """The document as https://api.github.com/meta/public_keys/secret_scanning serves it."""
    keys = [{"key_identifier": "f9525b", "key": pem(SCANNER), "is_current": True}]
    settings.SECRET_SCANNING_KEYS = json.dumps({"public_keys": keys})


def report(body: Any, *, signer: ec.EllipticCurvePrivateKey = SCANNER, **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = base64.b64encode(signer.sign(raw, ec.ECDSA(SHA256()))).decode()
    sent = {"Github-Public-Key-Identifier": "f9525b", "Github-Public-Key-Signature": signature} | headers
    return factories.client().django.generic("POST", PATH, raw, content_type="application/json", headers=sent)


def match(token: str, url: str = URL) -> dict[str, str]:
    return {"token": token, "type": "agentcollect_api_key", "url": url, "source": "content"}


def row(key: str) -> ApiKey:
    found = queries.key_by_text(key)
    assert found
    return found


def test_a_key_that_works_is_revoked_and_its_owners_are_told(creditor: Organisation) -> None:
    for email, role in (("owner@example.com", "owner"), ("admin@example.com", "admin"), ("v@example.com", "viewer")):
        about = {"password": "x" * 12, "role": role, "by": "test", "at": clock.now()}
        operations.add_member(organisation_id=creditor.id, email=email, **about)
    key, other = factories.api_key(creditor, livemode=True), factories.api_key(creditor)
    bearer = factories.client().post("/v1/auth", {"api_key": key}).json()["access_token"]
    assert factories.client(key).get(WHOAMI).status_code == 200
    answer = report([match(key)])
    hashed = hashlib.sha256(key.encode()).hexdigest()
    assert answer.status_code == 200
    assert answer.json() == [{"token_hash": hashed, "token_type": "agentcollect_api_key", "label": "true_positive"}]
    assert [factories.client(text).get(WHOAMI).status_code for text in (key, bearer, other)] == [401, 401, 200]
    assert (row(key).leaked_url, row(other).leaked_at) == (URL, None)
    event = Event.objects.get(type="key.leaked")
    assert (event.data["key_id"], event.data["url"], event.livemode) == (row(key).id, URL, True)
    for _ in range(2):
        tell_of_leaks()
    assert sorted(letter.to[0] for letter in mail.outbox) == ["admin@example.com", "owner@example.com"]
    letter = mail.outbox[0]
    assert URL in letter.body
    assert key[:12] in letter.subject
    assert "/dashboard/keys" in letter.body
    assert key not in letter.subject + letter.body
    assert row(key).owners_told_at


def test_a_mail_server_that_is_down_is_asked_again(creditor: Organisation, monkeypatch: Any) -> None:
    operations.add_member(
        organisation_id=creditor.id, email="o@example.com", password=None, role="owner", by="test", at=clock.now()
    )
    key = factories.api_key(creditor)
    report([match(key)])

    def fails(*_: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr("accounts.operations.leaks.send_mail", fails)
        tell_of_leaks()
    assert (row(key).owners_told_at, mail.outbox) == (None, [])
    tell_of_leaks()
    assert row(key).owners_told_at
    assert len(mail.outbox) == 1


def test_labels_say_what_was_ours(creditor: Organisation) -> None:
    alive, dead = factories.api_key(creditor), factories.api_key(creditor)
    operations.revoke_key(key_id=row(dead).id, organisation_id=creditor.id, by="test", at=clock.now())
    lapsed = factories.api_key(creditor, expires_at=clock.now() + timedelta(minutes=1))
    ApiKey.objects.filter(id=row(lapsed).id).update(expires_at=clock.now() - timedelta(minutes=1))
    invented = rules.spell_key(livemode=True, body="a" * 40)
    typo = alive[:-1] + ("0" if alive[-1] != "0" else "1")
    texts = [alive, dead, lapsed, invented, typo, "sk_test_EXAMPLE", "", "\N{SNOWMAN}", alive]
    said = report([match(text) for text in texts]).json()
    ours = ["true_positive"] * 3 + ["false_positive"] * 5 + ["true_positive"]
    assert [entry["label"] for entry in said] == ours
    # Of those that had stopped before nothing is said to the owners; of the other one once.
    assert list(ApiKey.objects.exclude(leaked_at=None).values_list("id", flat=True)) == [row(alive).id]
    report([match(alive)])
    assert Event.objects.filter(type="key.leaked").count() == 1


def test_a_large_report_asks_the_database_little(creditor: Organisation, django_assert_max_num_queries: Any) -> None:
    key = factories.api_key(creditor)
    matches = [match(rules.spell_key(livemode=False, body=f"{number:040}"), "") for number in range(1200)]
    with django_assert_max_num_queries(20):
        said = report([*matches, match(key)]).json()
    assert [entry["label"] for entry in said].count("true_positive") == 1


def test_unsigned_reports_change_nothing(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    genuine = base64.b64encode(SCANNER.sign(b"[]", ec.ECDSA(SHA256()))).decode()
    answers = [
        report([match(key)], signer=STRANGER),
        report([match(key)], **{"Github-Public-Key-Signature": genuine}),
        report([match(key)], **{"Github-Public-Key-Signature": "not base64!"}),
        report([match(key)], **{"Github-Public-Key-Signature": ""}),
        report([match(key)], **{"Github-Public-Key-Identifier": "unknown"}),
        factories.client().post(PATH, [match(key)]),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (403, "invalid_signature")
    assert row(key).revoked_at is None


def test_without_keys_nobody_may_report(creditor: Organisation, settings: Any) -> None:
    settings.SECRET_SCANNING_KEYS = ""
    assert report([match(factories.api_key(creditor))]).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, 5, [5], [{}], [{"token": 5}], [{"token": "x", "url": 5}], [{"token": "x", "type": []}]],
    ids=["object", "number", "numbers", "empty", "token", "url", "type"],
)
def test_reports_that_cannot_be_read(db: None, body: Any) -> None:
    answer = report(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_broken_body_and_fields_to_come(db: None) -> None:
    assert report(b"[").json()["error"] == "malformed_json"
    assert report([match("x") | {"new": 1}]).status_code == 200
    assert report([{"token": "x"}]).json()[0]["token_type"] == ""
    assert report([]).json() == []


def test_reports_are_counted_before_they_are_read(db: None) -> None:
    for _ in range(settings.AUTH_RATE_LIMIT_PER_MINUTE):
        report(b"[")
    assert report([]).status_code == 429
    assert factories.client().post("/v1/auth", {"api_key": "x"}).status_code == 401
