"""How the room's credential and answers are described in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from agentcollect.kit.shapes import MAYBE_TEXT, TEXT, record


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


TOKEN_REQUEST = record(
    ["api_key"],
    api_key=TEXT | {"description": "The whole key, `sk_test_…` or `sk_live_…`."},
    scope=MAYBE_TEXT | {"description": "Space separated; left out = all that the key holds."},
)
TOKEN = record(
    ["access_token", "token_type", "expires_in", "scope"],
    access_token=TEXT,
    token_type={"type": "string", "const": "Bearer"},
    expires_in={"type": "integer"},
    scope=TEXT,
)
_BLOCKING = record(["code", "message", "url"], code=TEXT, message=TEXT, url=TEXT)
_LIMITS = record(["requests_per_minute"], requests_per_minute={"type": "integer"})
ORGANISATION = record(
    ["id", "name", "livemode", "scopes", "limits", "blocking"],
    id=TEXT,
    name=TEXT,
    legal_name=MAYBE_TEXT,
    country=TEXT,
    timezone=TEXT,
    currency=TEXT,
    livemode={"type": "boolean"},
    scopes={"type": "array", "items": TEXT},
    limits=_LIMITS,
    acting_organisation_id=MAYBE_TEXT,
    blocking={"type": "array", "items": _BLOCKING},
)
