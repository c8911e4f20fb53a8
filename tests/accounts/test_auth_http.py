"""The door over HTTP: both credentials, scopes, modes, acting for a child, versions, and the flat shape of refusals."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import OctKey

from accounts import credentials, operations, queries
from accounts.models import ApiKey, Organisation
from agentcollect.kit import clock
from tests import factories

WHOAMI = "/v1/organisation"
FLAT = {"error", "status", "message", "request_id", "doc_url"}


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, body["error"], body["status"]) == (status, code, status), body
    assert body.keys() >= FLAT
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Request-Id"] == body["request_id"]
    return body


def token(key: str, **more: Any) -> str:
    answer = factories.client().post("/v1/auth", {"api_key": key} | more)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])


def row(key: str) -> ApiKey:
    found = queries.key_by_text(key)
    assert found
    return found


# --- both credentials


def test_the_token_has_the_pages_four_fields_and_works(creditor: Organisation) -> None:
    key = factories.api_key(creditor, scopes=["campaigns:write", "payments:read"])
    answer = factories.client().post("/v1/auth", {"api_key": key})
    body = answer.json()
    assert list(body) == ["access_token", "token_type", "expires_in", "scope"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert body["scope"] == "campaigns:write payments:read"
    assert answer.headers["Cache-Control"] == "no-store"
    seen = factories.client(body["access_token"]).get(WHOAMI).json()
    assert seen == factories.client(key).get(WHOAMI).json()
    assert (seen["id"], seen["livemode"], seen["blocking"]) == (creditor.id, False, [])
    assert "webhooks:write" in seen["scopes"]
    assert seen["limits"] == {"requests_per_minute": 1000}


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
def test_the_body_is_json_whatever_it_calls_itself(creditor: Organisation, content_type: str) -> None:
    body = json.dumps({"api_key": factories.api_key(creditor)}).encode()
    answer = factories.client().django.generic("POST", "/v1/auth", body, content_type=content_type)
    assert answer.status_code == 200, answer.content


def test_claims_say_whose_and_which_mode(creditor: Organisation) -> None:
    key = factories.api_key(creditor, livemode=True)
    signed = jwt.decode(token(key), OctKey.import_key(settings.JWT_KEYS["k1"]), algorithms=["HS256"])
    assert signed.header["kid"] == "k1"
    claims = signed.claims
    assert (claims["sub"], claims["org"], claims["mode"]) == (row(key).id, creditor.id, "live")
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["jti"].startswith("tok_")


def test_a_revoked_key_and_its_token_die_at_once(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    bearer = token(key)
    operations.revoke_key(key_id=row(key).id, organisation_id=creditor.id, by="test", at=clock.now())
    refused(factories.client(key).get(WHOAMI), 401, "invalid_api_key")
    refused(factories.client(bearer).get(WHOAMI), 401, "invalid_token")
    refused(factories.client().post("/v1/auth", {"api_key": key}), 401, "invalid_api_key")


def test_an_expired_key_dies_with_its_token(creditor: Organisation) -> None:
    key = factories.api_key(creditor, expires_at=clock.now() + timedelta(hours=1))
    bearer = token(key)
    ApiKey.objects.update(expires_at=clock.now())
    refused(factories.client(key).get(WHOAMI), 401, "invalid_api_key")
    refused(factories.client(bearer).get(WHOAMI), 401, "invalid_token")
    refused(factories.client().post("/v1/auth", {"api_key": key}), 401, "invalid_api_key")


def test_a_token_lives_an_hour(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    made = operations.issue_token(api_key=key, scope=None, at=clock.now() - timedelta(seconds=3590))
    assert factories.client(made["access_token"]).get(WHOAMI).status_code == 200
    made = operations.issue_token(api_key=key, scope=None, at=clock.now() - timedelta(seconds=3600))
    refused(factories.client(made["access_token"]).get(WHOAMI), 401, "token_expired")


def test_forged_tokens(creditor: Organisation) -> None:
    good = OctKey.import_key(settings.JWT_KEYS["k1"])
    claims = dict(jwt.decode(token(factories.api_key(creditor)), good, algorithms=["HS256"]).claims)

    def made(header: dict[str, Any], said: dict[str, Any], secret: OctKey = good, **more: Any) -> str:
        return jwt.encode({"alg": "HS256", "kid": "k1"} | header, said, secret, **more)

    assert factories.client(made({}, claims)).get(WHOAMI).status_code == 200
    forged = [
        made({}, claims, OctKey.import_key("another secret that is long enough")),
        made({"kid": "k9"}, claims),
        made({"alg": "HS512"}, claims, algorithms=["HS512"]),
        made({}, claims | {"mode": "live"}),
        made({}, claims | {"org": factories.organisation(name="Other").id}),
        made({}, claims | {"sub": "key_0000000000000000000000"}),
        made({}, claims | {"jti": "tok_0000000000000000000000"}),
        made({}, claims | {"exp": "soon"}),
        made({}, {name: value for name, value in claims.items() if name != "scope"}),
        "eyJhbGciOiJub25lIn0.e30.",
        "a.b.c",
        "garbage",
        "x" * 5000,
        "….….…",
    ]
    for text in forged:
        refused(factories.client(text).get(WHOAMI), 401, "invalid_token")


def test_missing_credentials_say_how_to_come_back(db: None) -> None:
    for header in ({}, {"Authorization": ""}, {"Authorization": "Bearer "}, {"Authorization": "Basic c2s6"}):
        answer = factories.client(**header).get(WHOAMI)
        refused(answer, 401, "missing_credentials")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="AgentCollect"'


def test_last_used_is_written_once_a_minute(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    factories.client(key).get(WHOAMI)
    first = row(key).last_used_at
    assert first
    factories.client(key).get(WHOAMI)
    assert row(key).last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(seconds=61))
    credentials.forget(row(key).id)  # as a minute later
    factories.client(key).get(WHOAMI)
    assert row(key).last_used_at > first - timedelta(seconds=1)


# --- scopes


def test_a_token_holds_what_was_asked_and_no_more(creditor: Organisation) -> None:
    key = factories.api_key(creditor, scopes=["campaigns:write", "payments:read"])
    narrow = token(key, scope="campaigns:read webhooks:write campaigns:read")
    assert factories.client(narrow).get(WHOAMI).json()["scopes"] == [
        "campaigns:read",
        "webhooks:read",
        "webhooks:write",
    ]
    for asked in ("payments:write", "campaigns:write payments:write", "money:print", "", "   ", "\u00e9"):
        answer = factories.client().post("/v1/auth", {"api_key": key, "scope": asked})
        assert refused(answer, 400, "invalid_scope")["param"] == "scope"
    assert factories.client().post("/v1/auth", {"api_key": key, "scope": None}).status_code == 200


def test_a_key_that_lost_a_scope_takes_it_from_its_tokens(creditor: Organisation) -> None:
    key = factories.api_key(creditor, scopes=["campaigns:write", "payments:read"])
    bearer = token(key)
    ApiKey.objects.update(scopes=["payments:read"])
    assert factories.client(bearer).get(WHOAMI).json()["scopes"] == ["payments:read"]


def test_a_missing_scope_is_named(creditor: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.views import Organisation as View

    monkeypatch.setattr(View, "scopes", {"GET": "organisation:read"})
    answer = factories.client(factories.api_key(creditor, scopes=["events:read"])).get(WHOAMI)
    assert "organisation:read" in refused(answer, 403, "missing_scope")["message"]
    assert 'scope="organisation:read"' in answer.headers["WWW-Authenticate"]
    assert answer.headers["X-RateLimit-Remaining"] == "999"
    key = factories.api_key(creditor, scopes=["organisation:write"])
    assert factories.client(key).get(WHOAMI).status_code == 200


# --- acting for a child


def test_a_platform_acts_for_its_child(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id)
    key = factories.api_key(creditor)
    for credential in (key, token(key)):
        seen = factories.client(credential).get(WHOAMI, AgentCollect_Account=child.id)
        assert (seen.json()["id"], seen.json()["acting_organisation_id"]) == (child.id, creditor.id)
    own = factories.client(key).get(WHOAMI, AgentCollect_Account=creditor.id)
    assert (own.json()["id"], own.json()["acting_organisation_id"]) == (creditor.id, None)
    assert own.headers["X-RateLimit-Remaining"] == "997"


def test_others_cannot_be_acted_for(creditor: Organisation) -> None:
    stranger = factories.organisation(name="Stranger")
    child = factories.organisation(name="Child", parent_id=stranger.id)
    key = factories.api_key(creditor)
    for named in (stranger.id, child.id, "org_0000000000000000000000", "nonsense"):
        answer = factories.client(key).get(WHOAMI, AgentCollect_Account=named)
        refused(answer, 404, "not_found")
        assert "X-RateLimit-Remaining" in answer.headers
    own = factories.api_key(child)
    refused(factories.client(own).get(WHOAMI, AgentCollect_Account=stranger.id), 404, "not_found")


def test_a_bound_key_serves_its_child_only(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id)
    sister = factories.organisation(name="Sister", parent_id=creditor.id)
    key = factories.api_key(creditor, acting_for_id=child.id)
    for credential in (key, token(key)):
        assert factories.client(credential).get(WHOAMI).json()["id"] == child.id
        assert factories.client(credential).get(WHOAMI, AgentCollect_Account=child.id).status_code == 200
        for named in (sister.id, creditor.id):
            refused(factories.client(credential).get(WHOAMI, AgentCollect_Account=named), 404, "not_found")
    Organisation.objects.filter(id=child.id).update(parent=None)
    credentials.forget_organisation(child.id)
    refused(factories.client(key).get(WHOAMI), 404, "not_found")


def test_no_live_acting_for_a_child_that_is_not_approved(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id, live_approved=False)
    live, test = factories.api_key(creditor, livemode=True), factories.api_key(creditor)
    refused(factories.client(live).get(WHOAMI, AgentCollect_Account=child.id), 422, "live_not_approved")
    seen = factories.client(test).get(WHOAMI, AgentCollect_Account=child.id).json()
    assert [entry["code"] for entry in seen["blocking"]] == ["live_not_approved"]


def test_whoami_says_what_is_missing(db: None) -> None:
    bare = operations.create_organisation(name="Bare", by="test", at=clock.now())
    seen = factories.client(factories.api_key(bare)).get(WHOAMI).json()
    assert [entry["code"] for entry in seen["blocking"]] == [
        "legal_name_missing",
        "postal_address_missing",
        "debt_class_not_attested",
        "no_country_enabled",
        "live_not_approved",
    ]
    assert all(entry["message"] and entry["url"].startswith("http") for entry in seen["blocking"])


# --- versions, shapes


def test_the_version_is_echoed_and_an_unknown_one_refused(creditor: Organisation) -> None:
    api = factories.client(factories.api_key(creditor))
    answer = api.get(WHOAMI, AgentCollect_Version=settings.API_VERSION)
    assert answer.headers["AgentCollect-Version"] == settings.API_VERSION
    answer = api.get(WHOAMI, AgentCollect_Version="1999-01-01")
    refused(answer, 400, "unknown_version")
    assert "X-RateLimit-Remaining" in answer.headers
    refused(factories.client().post("/v1/auth", {}, AgentCollect_Version="x"), 400, "unknown_version")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "missing_field"),
        (b"{}", "missing_field"),
        (b'{"api_key":null}', "missing_field"),
        (b'{"api_key":5}', "invalid_type"),
        (b'{"api_key":["sk_test_"]}', "invalid_type"),
        (b'{"api_key":{}}', "invalid_type"),
        (b'{"api_key":"x","scope":["campaigns:read"]}', "invalid_type"),
        (b'{"api_key":"x","scope":false}', "invalid_type"),
        (b'{"api_key":"x","key":1}', "unknown_field"),
        (b'{"api_key":"x","api_key":"y"}', "malformed_json"),
        (b'{"api_key":"\\u0000"}', "malformed_json"),
        (b'{"\\ud800":1}', "malformed_json"),
        (b'{"api_key":"x","scope":"\\udfff"}', "malformed_json"),
        (b"[]", "invalid_request"),
        (b"5", "invalid_request"),
        (b'"sk_test"', "invalid_request"),
        (b"null", "invalid_request"),
        (b"{", "malformed_json"),
        (b"api_key=sk_test_x", "malformed_json"),
        (b'{"api_key":NaN}', "malformed_json"),
        pytest.param(b"[" * 100_000, "malformed_json", id="deep"),
        pytest.param(b'{"api_key":1' + b"0" * 5000 + b"}", "malformed_json", id="long number"),
    ],
)
def test_malformed_bodies(db: None, raw: bytes, code: str) -> None:
    refused(factories.client().send("POST", "/v1/auth", raw), 400, code)


def test_bodies_that_cannot_be_read(db: None) -> None:
    refused(factories.client().send("POST", "/v1/auth", b"\xff\xfe{"), 415, "unsupported_media_type")
    refused(factories.client().send("POST", "/v1/auth", b" " * (2 * 1024 * 1024 + 1)), 413, "body_too_large")


def test_emoji_and_escaped_pairs_are_texts_like_any_other(db: None) -> None:
    body = b'{"api_key":"\\ud83d\\ude00"}'
    refused(factories.client().send("POST", "/v1/auth", body), 401, "invalid_api_key")


@pytest.mark.parametrize("text", ["", "x", "sk_test_", "sk_live_" + "a" * 46, "sk_test_" + "é" * 46, "\n"])
def test_texts_that_are_no_key(db: None, text: str) -> None:
    code = (400, "missing_field") if not text else (401, "invalid_api_key")
    answer = factories.client().post("/v1/auth", {"api_key": text or None})
    refused(answer, *code)
    refused(factories.client().post("/v1/auth", {"api_key": "x"}), 401, "invalid_api_key")


def test_other_methods_and_addresses_are_flat(creditor: Organisation) -> None:
    api = factories.client(factories.api_key(creditor))
    answer = api.post(WHOAMI, {})
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"
    assert "X-RateLimit-Remaining" in answer.headers
    refused(api.send("OPTIONS", WHOAMI), 405, "method_not_allowed")
    refused(api.send("TRACE", WHOAMI), 405, "method_not_allowed")
    refused(factories.client().get("/v1/auth"), 405, "method_not_allowed")
    refused(api.get("/v1/organisation/"), 404, "not_found")
    refused(api.get("/v1/nothing"), 404, "not_found")
    refused(api.get(WHOAMI, {"expand": "x"}), 400, "unknown_parameter")
    head = api.send("HEAD", WHOAMI)
    assert (head.status_code, head.content) == (200, b"")


def test_what_drf_raises_by_itself_comes_out_flat() -> None:
    from rest_framework import exceptions

    from agentcollect.kit import errors

    for raised, code in (
        (exceptions.NotAuthenticated(), "missing_credentials"),
        (exceptions.AuthenticationFailed(), "missing_credentials"),
        (exceptions.PermissionDenied(), "forbidden"),
        (exceptions.NotFound(), "not_found"),
        (exceptions.MethodNotAllowed("PUT"), "method_not_allowed"),
        (exceptions.UnsupportedMediaType("x"), "unsupported_media_type"),
        (exceptions.ParseError(), "invalid_request"),
        (exceptions.ValidationError({"a": ["b"]}), "invalid_request"),
    ):
        answer = errors.handle(raised, {})
        assert (answer.data["error"], answer.data["status"]) == (code, answer.status_code)
        assert ("WWW-Authenticate" in answer.headers) == (answer.status_code == 401)
