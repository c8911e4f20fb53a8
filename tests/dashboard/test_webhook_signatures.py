"""What the pages say of a signature, and the catalogue's test vectors."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import standardwebhooks
from django.test import Client

from dashboard.queries import catalogue, signatures
from events.catalogue import PUBLIC
from webhooks.rules import sign

SECRET, OLDER = "whsec_" + base64.b64encode(b"n" * 33).decode(), "whsec_" + base64.b64encode(b"o" * 33).decode()
BODY = '{"event":"payment.received","data":{"amount":1}}'
AT = datetime(2026, 3, 17, 14, 22, tzinfo=UTC)


def pasted(headers: dict[str, str], body: str = BODY) -> signatures.Pasted:
    return signatures.read(body, "\r\n".join(f"{name}: {value}" for name, value in headers.items()))


def verdicts(
    given: signatures.Pasted, secrets: tuple[str, ...] = (SECRET,), at: datetime = AT
) -> list[tuple[bool, str]]:
    found = signatures.check(given, event_id="evt_1", secrets=secrets, stored=BODY, at=at)
    return [(one.good, one.says) for one in found]


def signed(secret: str = SECRET, body: str = BODY) -> dict[str, str]:
    return sign([secret], "evt_1", body.encode(), int(AT.timestamp()))


def test_both_families_fit() -> None:
    assert verdicts(pasted(signed())) == [(True, "It fits the endpoint's secret.")] * 2
    assert [good for good, _ in verdicts(pasted(signed(OLDER)), (SECRET, OLDER))] == [True, True]
    assert "earlier secret" in verdicts(pasted(signed(OLDER)), (SECRET, OLDER))[0][1]
    assert "3 days away" in verdicts(pasted(signed()), at=AT + timedelta(days=3))[0][1]
    bare = signatures.read(BODY, signed()["X-AgentCollect-Signature"])
    assert verdicts(bare) == [(True, "It fits the endpoint's secret.")]


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        (signed(OLDER), BODY, "rotated out"),
        (signed(), json.dumps(json.loads(BODY), indent=1), "written again"),
        (signed(), BODY.replace("1", "2"), "the body is another"),
        (signed(), BODY + "\n", "white space"),
        (signed(body='{"a":\n1}'), '{"a":\r\n1}', "line breaks"),
        (signed(OLDER), "{}", "neither for the pasted body"),
        ({"X-AgentCollect-Signature": "v1=abc"}, BODY, "no timestamp"),
        ({"X-AgentCollect-Signature": "t=1773757320"}, BODY, "no signature of version 1"),
        ({"webhook-signature": "v1,abc"}, BODY, "webhook-timestamp"),
        ({"X-AgentCollect-Signature": "t=99999999999999999999,v1=ä"}, BODY, "no timestamp"),
        ({"X-AgentCollect-Signature": "t=1773757320,v1=ä"}, BODY, "rotated out"),
    ],
)
def test_a_mismatch_says_why(headers: dict[str, str], body: str, says: str) -> None:
    found = verdicts(pasted(headers, body))
    assert found
    for good, words in found:
        assert not good
        assert says in words


def test_without_secrets_or_headers() -> None:
    assert "no live secret" in verdicts(pasted(signed()), ())[0][1]
    assert verdicts(pasted({"content-type": "application/json"})) == []


# --- catalogue


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_each_vector_verifies_by_hand_and_with_the_library(name: str) -> None:
    found = catalogue.entry(name)
    assert found
    vector, headers = found.vector, found.vector.headers
    body, stamp = vector.body.encode(), str(vector.timestamp).encode()
    ours = hmac.new(vector.secret.encode(), stamp + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-AgentCollect-Signature"] == f"t={vector.timestamp},v1={ours}"
    key = base64.b64decode(vector.secret.removeprefix("whsec_"))
    named = hmac.new(key, vector.event_id.encode() + b"." + stamp + b"." + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(named).decode()
    library = standardwebhooks.Webhook(vector.secret)
    made = library.sign(vector.event_id, datetime.fromtimestamp(vector.timestamp, UTC), vector.body)
    assert made == headers["webhook-signature"]
    assert json.loads(vector.body) == json.loads(found.body)
    assert json.loads(vector.body)["event"] == name


@pytest.mark.django_db
def test_each_type_has_a_page_with_its_vectors(client: Client) -> None:
    vectors = {
        json.loads(one["body"])["event"]: one for one in client.get("/docs/events/vectors.json").json()["vectors"]
    }
    assert set(vectors) == set(PUBLIC)
    for name in ("payment.received", "webhook.test"):
        page = unescape(client.get(f"/docs/events/{name}").content.decode())
        assert vectors[name]["body"] in page
        for header, value in vectors[name]["headers"].items():
            assert f"{header}: {value}" in page
        schema = client.get(f"/docs/events/{name}.schema.json").json()
        assert schema["properties"]["event"]["const"] == name
    assert client.get("/docs/events/no.such").status_code == 404
    assert client.get("/docs/events/organisation.created.schema.json").status_code == 404
