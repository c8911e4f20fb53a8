"""OAuth 2.0 over the API keys: what django-oauth-toolkit's server asks us, and the one grant it knows here.

The key is the client: its id is the `client_id`, the key itself the `client_secret`. Protocol (RFC 6749, 7009, 7662)
is checked by the toolkit and oauthlib; who the client is, what it may have and what it gets, by this room. Why:
docs/decisions/0008-the-api-key-is-the-oauth-client.md.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.common import Request as OAuthRequest
from oauthlib.common import urlencode
from oauthlib.oauth2 import OAuth2Error
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from accounts import operations
from accounts.models import ApiKey
from agentcollect.kit import clock, errors
from agentcollect.kit.body import parse_json, read_body
from agentcollect.kit.errors import ApiError

errors.define("invalid_client", 401, "The client is not known, or its secret is not valid (any more).")
errors.define("unsupported_grant_type", 400, "The one grant here is client_credentials.")
errors.define("unsupported_token_type", 400, "There are access tokens here, and no others.")

# RFC 6749, 5.2: a client that is refused is told how to say who it is.
CHALLENGE = {"WWW-Authenticate": 'Basic realm="AgentCollect"'}
Pairs = list[tuple[str, str]]


class FormOrJSON(BaseParser):
    """Parameters as (name, value) pairs: form-encoded, as RFC 6749 has it, or a JSON object, as the rest of the API."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = read_body(stream)
        return _json_pairs(raw) if raw.lstrip()[:1] in {b"{", b"["} else _form_pairs(raw)


def _form_pairs(raw: bytes) -> Pairs:
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=50)
    except UnicodeDecodeError as error:
        raise ApiError("unsupported_media_type", "The body is not UTF-8.") from error
    except ValueError as error:
        raise ApiError("invalid_request", "The body has more than 50 parameters.") from error


def _json_pairs(raw: bytes) -> Pairs:
    try:
        found = parse_json(raw)
    except ApiError as refused:
        # RFC 6749, 5.2, has one code for every request that cannot be read.
        raise ApiError("invalid_request", refused.message) from refused
    if not isinstance(found, dict):
        raise ApiError("invalid_request", "The body must be a JSON object, or form-encoded.")
    for name, value in found.items():
        if not isinstance(value, str | None):
            raise ApiError("invalid_request", f"{name[:60]} must be a string.", param=name[:60])
    return [(name, value) for name, value in found.items() if value is not None]


# --- who the client is


class Client(NamedTuple):
    """What a client says it is: a key's id, and the key."""

    id: str
    secret: str


def client_of(request: Request) -> Client:
    """By HTTP Basic, or by `client_id` and `client_secret` in the body (RFC 6749, 2.3.1).

    Raises ApiError: invalid_client (says nothing, or nothing readable), invalid_request (says it both ways).
    """
    named = dict(_parameters(request))
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        if scheme or not (named.get("client_id") and named.get("client_secret")):
            raise ApiError("invalid_client", headers=CHALLENGE)
        return Client(named["client_id"], named["client_secret"])
    if "client_secret" in named:
        raise ApiError("invalid_request", "Say who you are in the header or in the body, not in both.")
    return _basic(encoded)


def _basic(encoded: str) -> Client:
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise ApiError("invalid_client", headers=CHALLENGE) from error
    if not colon:
        raise ApiError("invalid_client", headers=CHALLENGE)
    return Client(unquote_plus(client_id), unquote_plus(secret))


def _parameters(request: Request) -> Pairs:
    return request.data if isinstance(request.data, list) else []


# --- the toolkit's server


def asked(request: Request, client: Client, address: str) -> dict[str, Any]:
    """The request as oauthlib takes it, with the client's credentials in one place whichever way they came."""
    pairs = [pair for pair in _parameters(request) if pair[0] not in {"client_id", "client_secret"}]
    return {
        "uri": request._request.get_full_path(),
        "http_method": request.method,
        "body": urlencode([*pairs, ("client_id", client.id), ("client_secret", client.secret)]),
        "headers": {"Address": address},
    }


@cache
def server() -> Any:
    """The toolkit's server as settings.OAUTH2_PROVIDER names it: client_credentials, revocation, introspection."""
    validator = oauth2_settings.OAUTH2_VALIDATOR_CLASS()
    return oauth2_settings.OAUTH2_SERVER_CLASS(validator, **oauth2_settings.server_kwargs)


def create_token(said: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The token endpoint's answer (RFC 6749, 4.4) and its status; refusals that oauthlib words have its `error`."""
    try:
        _, body, status = server().create_token_response(**said)
    except OAuth2Error as error:
        body, status = error.json, error.status_code
    return parse_json(body.encode()), status


def checked(said: dict[str, Any], validate: str) -> OAuthRequest:
    """The request, once the server's `validate` method has let it pass. Raises ApiError in the server's words."""
    request = OAuthRequest(**said)
    try:
        getattr(server(), validate)(request)
    except OAuth2Error as error:
        raise refusal(error.error, error.description) from error
    return request


def refusal(code: str, description: str = "") -> ApiError:
    """An error of oauthlib's as one of ours; `error` is the RFC's own code."""
    headers = CHALLENGE if code == "invalid_client" else None
    return ApiError(code if code in errors.REGISTRY else "invalid_request", description, headers=headers)


class KeyValidator(OAuth2Validator):
    """The toolkit's questions, answered from the keys. What it asks of other grants is not reached: there is one."""

    def client_authentication_required(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        return True

    def authenticate_client(self, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        """Find the key by its digest and compare the id: one read, one fast keyed hash (238 random bits need no slow
        one). Raises ApiError: invalid_client, address_not_allowed."""
        address = request.headers["Address"]
        try:
            key = operations.usable_key(api_key=request.client_secret, address=address, at=clock.now())
        except ApiError as refused:
            if refused.code == "address_not_allowed":
                raise
            raise ApiError("invalid_client", headers=CHALLENGE) from refused
        if not hmac.compare_digest(key.id.encode(), request.client_id.encode()):
            raise ApiError("invalid_client", headers=CHALLENGE)
        request.client = key
        return True

    def authenticate_client_id(self, client_id: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> bool:
        return False

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: ApiKey, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        return grant_type == "client_credentials"

    def get_default_scopes(self, client_id: str, request: OAuthRequest, *args: Any, **kwargs: Any) -> list[str]:
        return operations.granted_scopes(request.client, None)

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: ApiKey, request: OAuthRequest, *args: Any, **kwargs: Any
    ) -> bool:
        request.scopes = operations.granted_scopes(client, [scope for scope in scopes if scope])
        return True

    def save_bearer_token(self, token: dict[str, Any], request: OAuthRequest, *args: Any, **kwargs: Any) -> None:
        """Nothing is left to save: the row was written as the token was issued."""
        token["expires_in"] = request.granted["expires_in"]


def generate_token(request: OAuthRequest) -> str:
    """The toolkit's ACCESS_TOKEN_GENERATOR: the one issuing function."""
    request.granted = operations.grant(key=request.client, scopes=request.scopes, at=clock.now())
    return request.granted["access_token"]
