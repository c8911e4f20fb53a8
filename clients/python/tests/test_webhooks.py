"""A signature holds or it does not."""

import time

import pytest
from agentcollect.webhooks import InvalidSignature

from agentcollect import webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
BODY = b'{"event":"payment.received","id":"evt_1","data":{"amount_collected":1999.10}}'


def headers(**changed: object) -> dict[str, str]:
    return {"X-AgentCollect-Signature": webhooks.sign(BODY, SECRET, **changed)}


def test_a_real_one_is_read() -> None:
    event = webhooks.verify(BODY, headers(), SECRET)
    assert (event["event"], str(event["data"]["amount_collected"])) == ("payment.received", "1999.10")


def test_a_published_vector() -> None:
    assert webhooks.sign(b"{}", "whsec_abc", at=1_700_000_000) == (
        "t=1700000000,v1=bad9ac117e973d721c232d46744158d75e3f1b44e36771e13d01b9e6a580bc72"
    )


@pytest.mark.parametrize("name", ["x-agentcollect-signature", "HTTP_X_AGENTCOLLECT_SIGNATURE"])
def test_headers_as_frameworks_spell_them(name: str) -> None:
    assert webhooks.verify(BODY, {name: webhooks.sign(BODY, SECRET)}, SECRET)["id"] == "evt_1"


def test_while_a_secret_is_rotated() -> None:
    both = f"{webhooks.sign(BODY, 'whsec_new')},{webhooks.sign(BODY, SECRET).partition(',')[2]}"
    assert webhooks.verify(BODY, both, SECRET)
    assert webhooks.verify(BODY, headers(), ["whsec_new", SECRET])


@pytest.mark.parametrize(
    ("body", "given"),
    [
        (BODY.replace(b"1", b"2", 1), headers()),
        (BODY, {"X-AgentCollect-Signature": webhooks.sign(BODY, "whsec_other")}),
        (BODY, headers(at=int(time.time()) - 301)),
        (BODY, headers(at=int(time.time()) + 900)),
        (BODY, {}),
        (BODY, {"X-AgentCollect-Signature": ""}),
        (BODY, {"X-AgentCollect-Signature": "v1=abc"}),
        (BODY, {"X-AgentCollect-Signature": "t=²,v1=abc"}),
        (BODY, {"X-AgentCollect-Signature": "t=1,t=2,v1=abc"}),
        (BODY, {"X-AgentCollect-Signature": "t=1,v1=é"}),
        (b"[]", {"X-AgentCollect-Signature": webhooks.sign(b"[]", SECRET)}),
    ],
    ids=["altered", "secret", "old", "ahead", "none", "empty", "no time", "digits", "two times", "not hex", "no event"],
)
def test_anything_else_is_refused(body: bytes, given: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        webhooks.verify(body, given, SECRET)


def test_any_age_when_asked() -> None:
    assert webhooks.verify(BODY, headers(at=1), SECRET, tolerance=0)
