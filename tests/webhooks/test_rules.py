"""Signatures as the customers' own libraries read them, and the schedule."""

import base64
import hashlib
import hmac
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import stripe
import svix
from hypothesis import given
from hypothesis import strategies as st

from webhooks import rules

NOW = datetime(2026, 3, 17, 14, 22, tzinfo=UTC)
BODY = '{"event":"payment.received","data":{"debtor":"Société Générale – 株式会社"}}'.encode()


def signed(body: bytes = BODY, secrets: list[str] | None = None) -> tuple[dict[str, str], str]:
    secrets = secrets or [rules.mint_secret()]
    return rules.sign(secrets, "evt_0UZ8pq1KKp2mZxQ8aBcDeF", body, int(time.time())), secrets[0]


def test_secrets_are_plain_and_long():
    drawn = {rules.mint_secret() for _ in range(200)}
    assert len(drawn) == 200
    for secret in drawn:
        assert re.fullmatch(r"whsec_[A-Za-z0-9]{44}", secret)
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 33


@pytest.mark.parametrize("secrets", [1, 2, 3])
def test_three_libraries_accept_every_living_secret(secrets):
    living = [rules.mint_secret() for _ in range(secrets)]
    headers, _ = signed(secrets=living)
    for secret in living:
        assert stripe.WebhookSignature.verify_header(
            BODY.decode(), headers["X-AgentCollect-Signature"], secret, tolerance=300
        )
        assert standardwebhooks.Webhook(secret).verify(BODY, headers)["event"] == "payment.received"
        svix.Webhook(secret).verify(BODY, headers)


def test_raw_hmac_as_the_reference_says():
    headers, secret = signed()
    stamp, ours = headers["X-AgentCollect-Signature"].split(",")
    text = stamp.removeprefix("t=").encode() + b"." + BODY
    assert ours == "v1=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    named = b"evt_0UZ8pq1KKp2mZxQ8aBcDeF." + text
    key = base64.b64decode(secret.removeprefix("whsec_"))
    standard = base64.b64encode(hmac.new(key, named, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == "v1," + standard


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused(place, flip):
    headers, secret = signed()
    wrong = BODY[:place] + bytes([BODY[place] ^ flip]) + BODY[place + 1 :]
    for library in (standardwebhooks, svix):
        with pytest.raises((library.WebhookVerificationError, UnicodeDecodeError)):
            library.Webhook(secret).verify(wrong, headers)
    with pytest.raises((stripe.SignatureVerificationError, UnicodeDecodeError)):
        stripe.WebhookSignature.verify_header(
            wrong.decode(), headers["X-AgentCollect-Signature"], secret, tolerance=300
        )


def test_another_secret_or_an_old_timestamp_is_refused():
    headers, secret = signed()
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(rules.mint_secret()).verify(BODY, headers)
    old = rules.sign([secret], "evt_1", BODY, int(time.time()) - 600)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(BODY, old)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode(), old["X-AgentCollect-Signature"], secret, tolerance=300)


def test_four_attempts_at_0_1_6_and_36_seconds_then_failed():
    at, failures, seen = NOW, 0, []
    while True:
        seen.append((at - NOW).total_seconds())
        to = rules.settle_outcome(status_code=500, error=None, failures_before=failures, finished_at=at, spread=0.0)
        if to.next_attempt_at is None:
            break
        at, failures = to.next_attempt_at, to.failures_in_row
    assert seen == [0, 1, 6, 36]
    assert (to.status, to.failures_in_row) == ("failed", 4)


@given(st.floats(-1, 1), st.integers(1, 3))
def test_jitter_stays_within_a_tenth(spread, failures):
    base = timedelta(seconds=rules.RETRY_AFTER[failures - 1])
    assert base * 0.899 <= rules.backoff(failures, spread) <= base * 1.101


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_2xx_is_success(code):
    to = rules.settle_outcome(status_code=code, error=None, failures_before=2, finished_at=NOW, spread=0.0)
    assert (to.status, to.next_attempt_at, to.failures_in_row) == ("succeeded", None, 0)


@pytest.mark.parametrize("code", [100, 199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503, 599, None])
def test_everything_else_is_a_failure(code):
    to = rules.settle_outcome(status_code=code, error=None, failures_before=0, finished_at=NOW, spread=0.0)
    assert (to.status, to.next_attempt_at) == ("pending", NOW + timedelta(seconds=1))


def test_2xx_whose_body_never_ended_is_a_failure():
    to = rules.settle_outcome(
        status_code=200, error="Not finished after 10 s.", failures_before=0, finished_at=NOW, spread=0.0
    )
    assert (to.status, to.error) == ("pending", "Not finished after 10 s.")


def test_gone_ends_it_at_once():
    to = rules.settle_outcome(status_code=410, error=None, failures_before=0, finished_at=NOW, spread=0.0)
    assert (to.status, to.disables_endpoint) == ("failed", True)
