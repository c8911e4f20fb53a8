"""OAuth 2.0 over the keys: what RFC 6749, 7009, 7662 and 8414 ask for, in our flat shape."""

import base64
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from django.conf import settings
from django.contrib import admin
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from accounts import credentials, operations, queries
from accounts.models import AccessToken, ApiKey, Organisation
from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin
from tests import factories

TOKEN, REVOKE, INTROSPECT = "/v1/oauth/token", "/v1/oauth/revoke", "/v1/oauth/introspect"
METADATA = "/.well-known/oauth-authorization-server"
WHOAMI = "/v1/organisation"
GRANT = {"grant_type": "client_credentials"}
FLAT = {"error", "status", "message", "request_id", "doc_url"}


class Machine:
    """A client: its id, its secret, and the ways it can say so."""

    def __init__(self, organisation: Organisation, livemode: bool = False, **more: Any) -> None:
        self.secret = factories.api_key(organisation, livemode, **more)
        found = queries.key_by_text(self.secret)
        assert found
        self.key: ApiKey = found
        self.id = found.id

    def basic(self, client_id: str = "", secret: str = "") -> dict[str, str]:
        pair = f"{quote_plus(client_id or self.id)}:{quote_plus(secret or self.secret)}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    @property
    def body(self) -> dict[str, str]:
        return {"client_id": self.id, "client_secret": self.secret}

    def token(self, **more: str) -> str:
        answer = form(TOKEN, GRANT | self.body | more)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["access_token"])


def form(path: str, body: Any, **headers: str) -> Any:
    raw = body if isinstance(body, str) else urlencode(body)
    kind = "application/x-www-form-urlencoded"
    return factories.client().django.generic("POST", path, raw.encode(), content_type=kind, headers=headers)


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, body["error"], body["status"]) == (status, code, status), body
    assert body.keys() >= FLAT
    assert answer.headers["X-Request-Id"] == body["request_id"]
    assert answer.headers["Cache-Control"] == "no-store"
    return body


@pytest.fixture
def machine(creditor: Organisation) -> Machine:
    return Machine(creditor, scopes=["campaigns:write", "payments:read"])


# --- the token endpoint


def test_every_way_of_saying_who_one_is_gives_the_same_token(machine: Machine) -> None:
    answers = [
        form(TOKEN, GRANT, **machine.basic()),
        form(TOKEN, GRANT | {"client_id": machine.id}, **machine.basic()),
        form(TOKEN, GRANT | machine.body),
        factories.client().post(TOKEN, GRANT | machine.body),
        factories.client().post(TOKEN, GRANT, **machine.basic()),
        form(TOKEN, '{"grant_type":"client_credentials"}', **machine.basic()),
    ]
    for answer in answers:
        said = answer.json()
        assert answer.status_code == 200, said
        assert list(said) == ["access_token", "expires_in", "token_type", "scope"]
        assert (said["token_type"], said["expires_in"]) == ("Bearer", 3600)
        assert said["scope"] == "campaigns:write payments:read"
        assert answer.headers["Cache-Control"] == "no-store"
        seen = factories.client(said["access_token"]).get(WHOAMI).json()
        assert (seen["key_id"], seen["id"]) == (machine.id, machine.key.organisation_id)
    assert AccessToken.objects.count() == len(answers)


def test_the_two_doors_issue_the_same_tokens(machine: Machine) -> None:
    from accounts import tokens

    mine = factories.client().post("/v1/auth", {"api_key": machine.secret, "scope": "payments:read"}).json()
    theirs = form(TOKEN, GRANT | machine.body | {"scope": "payments:read"}).json()
    assert mine.keys() == theirs.keys()
    first, second = (tokens.read(said["access_token"], clock.now()) for said in (mine, theirs))
    assert (first.key_id, first.scopes, first.organisation_id) == (second.key_id, second.scopes, second.organisation_id)
    assert {row.scope for row in AccessToken.objects.all()} == {"payments:read"}


def test_scopes(machine: Machine) -> None:
    narrow = machine.token(scope="campaigns:read")
    assert factories.client(narrow).get(WHOAMI).json()["scopes"] == ["campaigns:read"]
    for asked in ("payments:write", "campaigns:read money:print", ""):
        refused(form(TOKEN, GRANT | machine.body | {"scope": asked}), 400, "invalid_scope")
    assert AccessToken.objects.count() == 1


def test_a_stock_client_understands_both_answers(machine: Machine) -> None:
    """oauthlib's own client half, which most Python programs use below requests-oauthlib."""
    client = BackendApplicationClient(client_id=machine.id)
    body = client.prepare_request_body(include_client_id=True, client_secret=machine.secret)
    answer = form(TOKEN, body)
    assert client.parse_request_body_response(answer.content.decode())["access_token"] == client.access_token
    assert factories.client(client.access_token).get(WHOAMI).status_code == 200
    wrong = client.prepare_request_body(include_client_id=True, client_secret="sk_test_wrong")
    with pytest.raises(InvalidClientError):
        client.parse_request_body_response(form(TOKEN, wrong).content.decode())


def test_clients_that_are_refused_all_look_the_same(machine: Machine, creditor: Organisation) -> None:
    revoked, expired = Machine(creditor), Machine(creditor)
    operations.revoke_key(key_id=revoked.id, organisation_id=creditor.id, by="test", at=clock.now())
    ApiKey.objects.filter(id=expired.id).update(expires_at=clock.now() - timedelta(seconds=1))
    typo = machine.secret[:-1] + ("0" if machine.secret[-1] != "0" else "1")
    answers = [
        form(TOKEN, GRANT),
        form(TOKEN, GRANT | {"client_id": machine.id}),
        form(TOKEN, GRANT | machine.body | {"client_secret": typo}),
        form(TOKEN, GRANT | machine.body | {"client_secret": "\0"}),
        form(TOKEN, GRANT | machine.body | {"client_id": revoked.id}),
        form(TOKEN, GRANT | machine.body | {"client_id": "kéy"}),
        form(TOKEN, GRANT | revoked.body),
        form(TOKEN, GRANT | expired.body),
        form(TOKEN, GRANT, **machine.basic(client_id=expired.id)),
        form(TOKEN, GRANT, **machine.basic(secret="wrong")),
        form(TOKEN, GRANT, Authorization="Basic !!!"),
        form(TOKEN, GRANT, Authorization="Basic " + base64.b64encode(b"nocolon").decode()),
        form(TOKEN, GRANT, Authorization="Basic " + base64.b64encode(b"\xff:\xff").decode()),
        form(TOKEN, GRANT, Authorization=f"Bearer {machine.secret}"),
    ]
    messages = set()
    for answer in answers:
        messages.add(refused(answer, 401, "invalid_client")["message"])
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="AgentCollect"'
    assert len(messages) == 1
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", 400, "invalid_request"),
        ("&".join(f"a{number}=1" for number in range(60)), 400, "invalid_request"),
        ('{"grant_type":["client_credentials"]}', 400, "invalid_request"),
        ('[{"grant_type":"client_credentials"}]', 400, "invalid_request"),
        ('{"grant_type":', 400, "invalid_request"),
    ],
    ids=["nothing", "password", "code", "refresh", "twice", "many", "list", "array", "broken"],
)
def test_requests_that_are_refused(machine: Machine, body: Any, status: int, code: str) -> None:
    refused(form(TOKEN, body, **machine.basic()), status, code)
    assert not AccessToken.objects.exists()


def test_parameters_are_for_the_body_and_unknown_ones_are_ignored(machine: Machine) -> None:
    body = refused(form(f"{TOKEN}?{urlencode(GRANT | machine.body)}", ""), 400, "invalid_request")
    assert machine.secret not in str(body)
    refused(form(TOKEN + "?x=%zz", GRANT | machine.body), 400, "invalid_request")
    refused(form(TOKEN, GRANT | machine.body, **machine.basic()), 400, "invalid_request")
    assert form(TOKEN, GRANT | machine.body | {"audience": "x", "resource": "https://a.example"}).status_code == 200
    refused(factories.client().get(TOKEN), 405, "method_not_allowed")
    assert factories.client().django.generic("POST", TOKEN, b"\xff\xfe").status_code == 415


def test_the_token_endpoint_has_the_bucket_of_the_other_door(machine: Machine, creditor: Organisation) -> None:
    limit, other = settings.AUTH_RATE_LIMIT_PER_MINUTE, Machine(creditor)
    for number in range(limit):
        door = number % 2
        answer = (
            form(TOKEN, GRANT | machine.body)
            if door
            else factories.client().post("/v1/auth", {"api_key": machine.secret})
        )
        assert answer.status_code == 200
    body = refused(form(TOKEN, GRANT | other.body), 429, "rate_limit_exceeded")
    assert body["retry_after"] >= 1
    # Asking about tokens has a bucket of its own, and the API is not touched by either.
    assert form(INTROSPECT, {"token": "x"} | machine.body).status_code == 200
    assert factories.client(machine.secret).get(WHOAMI).status_code == 200


# --- revocation


def test_revoking_one_token(machine: Machine) -> None:
    first, second = machine.token(), machine.token()
    assert factories.client(first).get(WHOAMI).status_code == 200
    answer = form(REVOKE, {"token": first, "token_type_hint": "access_token"}, **machine.basic())
    assert (answer.status_code, answer.json()) == (200, {"effective_within": 0})
    refused(factories.client(first).get(WHOAMI), 401, "invalid_token")
    for credential in (second, machine.secret):
        assert factories.client(credential).get(WHOAMI).status_code == 200
    assert form(REVOKE, {"token": first}, **machine.basic()).status_code == 200


def test_what_revocation_refuses(machine: Machine, creditor: Organisation) -> None:
    other, bearer = Machine(creditor), machine.token()
    assert form(REVOKE, {"token": "nonsense"} | other.body).status_code == 200
    refused(form(REVOKE, {"token": bearer} | other.body), 400, "unauthorized_client")
    refused(form(REVOKE, {"token": bearer}), 401, "invalid_client")
    refused(form(REVOKE, {"token": bearer} | other.body | {"client_secret": "x"}), 401, "invalid_client")
    refused(form(REVOKE, machine.body), 400, "invalid_request")
    asked = {"token": bearer, "token_type_hint": "refresh_token"}
    refused(form(REVOKE, asked | machine.body), 400, "unsupported_token_type")
    assert factories.client(bearer).get(WHOAMI).status_code == 200


# --- introspection


def test_an_active_token_says_what_it_is(machine: Machine, creditor: Organisation) -> None:
    bearer, neighbour = machine.token(scope="payments:read"), Machine(creditor)
    for asker in (machine, neighbour):
        answer = form(INTROSPECT, {"token": bearer}, **asker.basic())
        said = answer.json()
        row = AccessToken.objects.spelt(bearer).get()
        assert answer.status_code == 200
        assert (said["active"], said["scope"], said["token_type"]) == (True, "payments:read", "Bearer")
        assert (said["client_id"], said["jti"]) == (machine.id, row.id)
        assert said["exp"] - said["iat"] == 3600
        assert (said["organisation_id"], said["livemode"]) == (creditor.id, False)


def test_everything_else_is_only_not_active(machine: Machine, creditor: Organisation) -> None:
    stranger, live = Machine(factories.organisation(name="Other")), Machine(creditor, livemode=True)
    theirs = stranger.token()
    gone = machine.token()
    form(REVOKE, {"token": gone} | machine.body)
    old = operations.issue_token(api_key=machine.secret, scope=None, at=clock.now() - timedelta(hours=1))
    of_revoked = Machine(creditor)
    dead = of_revoked.token()
    operations.revoke_key(key_id=of_revoked.id, organisation_id=creditor.id, by="test", at=clock.now())
    for text in (theirs, live.token(), gone, old["access_token"], dead, "x", machine.secret, "\0", "é" * 5000):
        answer = form(INTROSPECT, {"token": text}, **machine.basic())
        assert (answer.status_code, answer.json()) == (200, {"active": False})
    refused(form(INTROSPECT, {"token": theirs}), 401, "invalid_client")
    refused(form(INTROSPECT, machine.body), 400, "invalid_request")


# --- metadata, and what is not there


def test_the_metadata_names_addresses_that_answer(machine: Machine) -> None:
    said = factories.client().get(METADATA).json()
    assert said["issuer"] == settings.PUBLIC_URL
    assert said["grant_types_supported"] == ["client_credentials"]
    assert said["response_types_supported"] == []
    assert "campaigns:write" in said["scopes_supported"]
    for name, body in (("token", GRANT), ("revocation", {"token": "x"}), ("introspection", {"token": "x"})):
        path = said[f"{name}_endpoint"].removeprefix(settings.PUBLIC_URL)
        assert form(path, body, **machine.basic()).status_code == 200
        assert set(said[f"{name}_endpoint_auth_methods_supported"]) == {"client_secret_basic", "client_secret_post"}


def test_the_toolkits_own_pages_are_nowhere(db: None) -> None:
    for path in ("/o/authorize/", "/o/token/", "/authorize", "/v1/oauth/authorize", "/o/applications/"):
        assert factories.client().get(path).status_code == 404
    assert not [model for model in admin.site._registry if model._meta.app_label == "oauth2_provider"]
    # Tokens are shown by our own admin, to read; the toolkit's would let staff make and change them.
    assert isinstance(admin.site._registry[AccessToken], ReadOnlyAdmin)


# --- what it costs


def test_a_token_costs_little(machine: Machine) -> None:
    """Under 10 ms of CPU: the secrets are random, so a keyed hash does (PBKDF2 alone would take hundreds)."""

    def spent() -> float:
        began = time.process_time()
        assert form(TOKEN, GRANT, **machine.basic()).status_code == 200
        return time.process_time() - began

    spent()
    assert min(spent() for _ in range(10)) < 0.010


def test_a_token_costs_two_statements(machine: Machine, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        form(TOKEN, GRANT, **machine.basic())
    with django_assert_num_queries(2):
        factories.client().post("/v1/auth", {"api_key": machine.secret})


def test_the_fallback_without_redis_still_issues_and_revokes(machine: Machine, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bearer = machine.token()
    answer = form(REVOKE, {"token": bearer} | machine.body)
    assert answer.json() == {"effective_within": 60}
    assert factories.client(bearer).get(WHOAMI).status_code == 401
    assert credentials.look_up(machine.id) is not None
