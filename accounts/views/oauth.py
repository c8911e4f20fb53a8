"""OAuth 2.0: token (RFC 6749), revoke (RFC 7009), introspect (RFC 7662) and the server's metadata (RFC 8414)."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from oauth2_provider.settings import oauth2_settings
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import oauth, operations, rules, schema, serializers
from accounts.authentication import caller
from accounts.models import AccessToken
from accounts.views.tokens import Door
from agentcollect.kit import clock
from agentcollect.kit.api import ApiView
from agentcollect.kit.errors import ApiError

_TAGS = ["Authentication"]
_CLIENT_AUTH: Any = [{"client": []}, {}]


def _in_both_forms(shape: dict[str, Any]) -> dict[str, Any]:
    return {"application/x-www-form-urlencoded": shape, "application/json": shape}


def _asked(name: str, value: dict[str, Any]) -> list[OpenApiExample]:
    """One request in both forms."""
    forms = _in_both_forms({})
    return [OpenApiExample(name, value=value, request_only=True, media_type=form) for form in forms]


class ClientView(Door):
    """Asked by a client that says who it is: by HTTP Basic, or in the body."""

    parser_classes = (oauth.FormOrJSON,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.META.get("QUERY_STRING"):
            # RFC 6749, 2.3.1 and 3.2: parameters are in the body only; an address ends up in logs.
            raise ApiError("invalid_request", "Parameters go into the body, not into the address.")
        super().initial(request, *args, **kwargs)

    def said(self, request: Request) -> dict[str, Any]:
        """The request for oauthlib; counted against the key it names."""
        client = oauth.client_of(request)
        self.count_key(request, client.secret)
        return oauth.asked(request, client, caller(request))


class OAuthToken(ClientView):
    """The token endpoint. It shares the bucket of `POST /v1/auth`, and issues the same tokens."""

    @extend_schema(
        operation_id="create_oauth_token",
        summary="Get an access token with the client credentials grant",
        description=(
            "`client_id` is the id of an API key (`key_…`, shown beside it in the dashboard), `client_secret` the key "
            "itself; by HTTP Basic or in the body. The same token as from `POST /v1/auth`."
        ),
        tags=_TAGS,
        auth=_CLIENT_AUTH,
        request=_in_both_forms(schema.OAUTH_TOKEN_REQUEST),
        responses={200: schema.TOKEN},
        examples=[
            *_asked("All that the key holds", schema.OAUTH_TOKEN_EXAMPLE),
            OpenApiExample("Token", value=schema.TOKEN_EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        body, status = oauth.create_token(self.said(request))
        if status != 200:
            raise oauth.refusal(body["error"], body.get("error_description", ""))
        return Response(body)


class RevokeToken(ClientView):
    """A token that does not exist (any more) is as good as revoked: 200, as RFC 7009, 2.2 has it."""

    bucket = "oauth"

    @extend_schema(
        operation_id="revoke_token",
        summary="Revoke one access token",
        description=(
            "The token stops at once; its key and its other tokens go on. A client can revoke the tokens that were "
            "issued to it. `effective_within`: seconds until every process refuses the token, as a rule 0."
        ),
        tags=_TAGS,
        auth=_CLIENT_AUTH,
        request=_in_both_forms(schema.PRESENTED_TOKEN),
        responses={200: schema.REVOKED},
        examples=[
            *_asked("Token", schema.PRESENTED_EXAMPLE),
            OpenApiExample("Revoked", value={"effective_within": 0}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = oauth.checked(self.said(request), "validate_revocation_request")
        within = operations.revoke_presented_token(text=asked.token, key=asked.client, at=clock.now())
        return Response({"effective_within": within})


class IntrospectToken(ClientView):
    """What is known of a token, for a server of the same organisation that was shown one."""

    bucket = "oauth"

    @extend_schema(
        operation_id="introspect_token",
        summary="Look up what an access token is and may do",
        description=(
            "Any key may ask about the tokens of its own organisation and mode; of every other text the answer is "
            '`{"active": false}`, as it is of a token that has expired or was revoked, or whose key was.'
        ),
        tags=_TAGS,
        auth=_CLIENT_AUTH,
        request=_in_both_forms(schema.PRESENTED_TOKEN),
        responses={200: schema.INTROSPECTION},
        examples=[
            *_asked("Token", schema.PRESENTED_EXAMPLE),
            OpenApiExample("Active", value=schema.INTROSPECTION_EXAMPLE, response_only=True),
            OpenApiExample("Anything else", value={"active": False}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = oauth.checked(self.said(request), "validate_introspect_request")
        found = AccessToken.objects.spelt(asked.token).of_same_tenant(asked.client).select_related("key").first()
        return Response(serializers.introspection(found, at=clock.now()))


class OAuthMetadata(ApiView):
    """Where the endpoints are and what they take, for clients that configure themselves."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="get_oauth_metadata",
        summary="Authorization server metadata",
        tags=_TAGS,
        auth=[],
        responses={200: schema.METADATA},
        examples=[OpenApiExample("Metadata", value=schema.METADATA_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        here, methods = settings.PUBLIC_URL, list(oauth2_settings.OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED)
        return Response(
            {
                "issuer": here,
                "token_endpoint": f"{here}/v1/oauth/token",
                "token_endpoint_auth_methods_supported": methods,
                "revocation_endpoint": f"{here}/v1/oauth/revoke",
                "revocation_endpoint_auth_methods_supported": methods,
                "introspection_endpoint": f"{here}/v1/oauth/introspect",
                "introspection_endpoint_auth_methods_supported": methods,
                "grant_types_supported": list(oauth2_settings.OAUTH2_GRANT_TYPES_SUPPORTED),
                "response_types_supported": list(oauth2_settings.OAUTH2_RESPONSE_TYPES_SUPPORTED),
                "scopes_supported": list(rules.SCOPES),
                "service_documentation": f"{settings.DOCS_URL}/guides/authentication",
            }
        )
