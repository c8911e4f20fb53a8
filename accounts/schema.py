"""How the room's credential and answers are described in the OpenAPI document."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


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


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}

TOKEN_REQUEST = _object(
    ["api_key"],
    api_key=_TEXT | {"description": "The whole key, `sk_test_…` or `sk_live_…`."},
    scope=_MAYBE_TEXT | {"description": "Space separated; left out = all that the key holds."},
)
TOKEN = _object(
    ["access_token", "token_type", "expires_in", "scope"],
    access_token=_TEXT,
    token_type={"type": "string", "const": "Bearer"},
    expires_in={"type": "integer"},
    scope=_TEXT,
)
_BLOCKING = _object(["code", "message", "url"], code=_TEXT, message=_TEXT, url=_TEXT)
_LIMITS = _object(["requests_per_minute"], requests_per_minute={"type": "integer"})
ORGANISATION = _object(
    ["id", "name", "livemode", "scopes", "limits", "blocking"],
    id=_TEXT,
    name=_TEXT,
    legal_name=_MAYBE_TEXT,
    country=_TEXT,
    timezone=_TEXT,
    currency=_TEXT,
    livemode={"type": "boolean"},
    scopes={"type": "array", "items": _TEXT},
    limits=_LIMITS,
    acting_organisation_id=_MAYBE_TEXT,
    blocking={"type": "array", "items": _BLOCKING},
)
