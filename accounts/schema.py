"""How the room's credential and answers are described in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from agentcollect.kit.shapes import (
    BOOL,
    MAYBE_TEXT,
    MAYBE_TIME,
    TEXT,
    TEXTS,
    WHOLE,
    Shape,
    choice,
    named,
    record,
    whole,
)


class BearerScheme(OpenApiAuthenticationExtension):
    """One scheme for both credentials; each operation names its scope (OpenAPI 3.1 lets any scheme carry roles)."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "An API key (`sk_test_…`, `sk_live_…`) or an access token from `POST /v1/auth`. Both work everywhere. "
                "A platform names the child it acts for in `AgentCollect-Account: org_…`."
            ),
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        scope = getattr(auto_schema.view, "scopes", {}).get(auto_schema.method, "")
        return {self.name: [scope] if scope else []}


_SCOPE = {"description": "Space separated; left out = all that the key holds."}
TOKEN_REQUEST = record(
    ["api_key"],
    api_key=TEXT | {"description": "The whole key, `sk_test_…` or `sk_live_…`."},
    scope=MAYBE_TEXT | _SCOPE,
)
TOKEN = named(
    "AccessToken",
    whole(
        {
            "access_token": TEXT | {"description": "A signed JWT. Send it as `Authorization: Bearer`."},
            "token_type": {"type": "string", "const": "Bearer"},
            "expires_in": WHOLE | {"description": "Seconds: 3600, or less when the key expires sooner."},
            "scope": TEXT,
        }
    ),
)
TOKEN_EXAMPLE = {
    "access_token": "eyJhbGci...",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "campaigns:write payments:read",
}

# --- OAuth 2.0. Requests stay open: RFC 6749, 3.2 has a server ignore parameters it does not know.

_CLIENT: Shape = {
    "client_id": TEXT | {"description": "The key's id, `key_…`; here or by HTTP Basic."},
    "client_secret": TEXT | {"description": "The key itself; here or by HTTP Basic."},
}


def _parameters(required: list[str], **properties: Shape) -> Shape:
    return {"type": "object", "required": required, "properties": properties | _CLIENT}


OAUTH_TOKEN_REQUEST = _parameters(
    ["grant_type"], grant_type={"type": "string", "const": "client_credentials"}, scope=TEXT | _SCOPE
)
OAUTH_TOKEN_EXAMPLE = {
    "grant_type": "client_credentials",
    "client_id": "key_0UZ8pq1KAb2cD3eF4gHiJk",
    "client_secret": "sk_test_...",
}
PRESENTED_TOKEN = _parameters(["token"], token=TEXT, token_type_hint={"type": "string", "const": "access_token"})
PRESENTED_EXAMPLE = {
    "token": "eyJhbGci...",
    "client_id": "key_0UZ8pq1KAb2cD3eF4gHiJk",
    "client_secret": "sk_test_...",
}
REVOKED = whole({"effective_within": WHOLE | {"description": "Seconds until every process refuses it: 0 or 60."}})
INTROSPECTION = record(
    ["active"],
    active=BOOL,
    scope=TEXT,
    client_id=TEXT,
    token_type={"type": "string", "const": "Bearer"},
    exp=WHOLE | {"description": "Epoch seconds."},
    iat=WHOLE | {"description": "Epoch seconds."},
    sub=TEXT | {"description": "The key."},
    jti=TEXT | {"description": "The token's own id, as the dashboard lists it."},
    organisation_id=TEXT | {"description": "Whose rows it reaches."},
    livemode=BOOL,
)
INTROSPECTION_EXAMPLE = {
    "active": True,
    "scope": "campaigns:write payments:read",
    "client_id": "key_0UZ8pq1KAb2cD3eF4gHiJk",
    "token_type": "Bearer",
    "exp": 1742221360,
    "iat": 1742217760,
    "sub": "key_0UZ8pq1KAb2cD3eF4gHiJk",
    "jti": "tok_0UZ8pq1K7Lm3pRx1aBcDeF",
    "organisation_id": "org_0UZ8pq1K9xQk4Fw2aBcDeF",
    "livemode": False,
}
_METADATA_TEXTS = ("issuer", "token_endpoint", "revocation_endpoint", "introspection_endpoint", "service_documentation")
_METADATA_LISTS = (
    "token_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "grant_types_supported",
    "response_types_supported",
    "scopes_supported",
)
METADATA = whole(dict.fromkeys(_METADATA_TEXTS, TEXT) | dict.fromkeys(_METADATA_LISTS, TEXTS))
METADATA_EXAMPLE = {
    "issuer": "https://api.agentcollect.com",
    "token_endpoint": "https://api.agentcollect.com/v1/oauth/token",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "revocation_endpoint": "https://api.agentcollect.com/v1/oauth/revoke",
    "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "introspection_endpoint": "https://api.agentcollect.com/v1/oauth/introspect",
    "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "grant_types_supported": ["client_credentials"],
    "response_types_supported": [],
    "scopes_supported": ["campaigns:read", "campaigns:write"],
    "service_documentation": "https://api.agentcollect.com/docs/guides/authentication",
}

# --- the organisation

_BLOCKING = whole({"code": TEXT, "message": TEXT, "url": TEXT})
ORGANISATION = whole(
    {
        "id": TEXT,
        "name": TEXT,
        "legal_name": MAYBE_TEXT,
        "country": TEXT,
        "timezone": TEXT,
        "currency": TEXT,
        "mode": choice(["test", "live"]),
        "livemode": BOOL,
        "key_id": TEXT | {"description": "The key that asks, or that the token was made with."},
        "scopes": TEXTS | {"description": "Everything this credential may do, included scopes spelt out."},
        "limits": whole({"requests_per_minute": WHOLE}),
        "acting_organisation_id": MAYBE_TEXT | {"description": "The platform that acts for this organisation."},
        "paused_at": MAYBE_TIME,
        "blocking": {"type": "array", "items": _BLOCKING},
    }
)
ORGANISATION_EXAMPLE: dict[str, Any] = {
    "id": "org_0UZ8pq1K9xQk4Fw2aBcDeF",
    "name": "Your Company Inc.",
    "legal_name": "Your Company Inc.",
    "country": "US",
    "timezone": "America/New_York",
    "currency": "USD",
    "mode": "test",
    "livemode": False,
    "key_id": "key_0UZ8pq1KAb2cD3eF4gHiJk",
    "scopes": ["campaigns:read", "campaigns:write", "payments:read", "webhooks:read", "webhooks:write"],
    "limits": {"requests_per_minute": 1000},
    "acting_organisation_id": None,
    "paused_at": None,
    "blocking": [],
}
PAUSED_EXAMPLE = ORGANISATION_EXAMPLE | {
    "paused_at": "2026-03-17T14:22:00Z",
    "blocking": [
        {
            "code": "organisation_paused",
            "message": "The organisation is paused: nothing is sent until it is resumed.",
            "url": "https://api.agentcollect.com/docs/guides/authentication#organisation_paused",
        }
    ],
}

# --- leaked keys

_LEAK: Shape = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": TEXT | {"description": "The text that was found."},
        "type": MAYBE_TEXT | {"description": "What the scanner calls this kind of secret."},
        "url": MAYBE_TEXT | {"description": "Where; may be empty."},
        "source": MAYBE_TEXT,
    },
}
LEAKS: Shape = {"type": "array", "items": _LEAK}
LEAKS_EXAMPLE = [
    {
        "token": "sk_live_...",
        "type": "agentcollect_api_key",
        "url": "https://github.com/octocat/Hello-World/blob/main/settings.py",
        "source": "content",
    }
]
LEAK_LABELS: Shape = {
    "type": "array",
    "items": whole(
        {
            "token_hash": TEXT | {"description": "SHA-256 of the token, hex."},
            "token_type": TEXT,
            "label": choice(["true_positive", "false_positive"]),
        }
    ),
}
LEAK_LABELS_EXAMPLE = [
    {
        "token_hash": "3bc5d9b5e8f0d0d34d0eb1f2aa2b7e8c9a1c5ad8e5c7f3b0c4b7d5f4e3a2b1c0",
        "token_type": "agentcollect_api_key",
        "label": "true_positive",
    }
]
