"""`POST /v1/auth` and `GET /v1/organisation`."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations, rules, schema, serializers
from accounts.authentication import address, count
from agentcollect.kit import clock, errors
from agentcollect.kit.api import ApiView, body_object
from agentcollect.kit.errors import FieldError

_TOKEN_EXAMPLE = {
    "access_token": "eyJhbGci...",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "campaigns:write payments:read",
}
_ORGANISATION_EXAMPLE = {
    "id": "org_0UZ8pq1K9xQk4Fw2aBcDeF",
    "name": "Your Company Inc.",
    "legal_name": "Your Company Inc.",
    "country": "US",
    "timezone": "America/New_York",
    "currency": "USD",
    "livemode": False,
    "scopes": ["campaigns:read", "campaigns:write", "payments:read", "webhooks:read", "webhooks:write"],
    "limits": {"requests_per_minute": 1000},
    "acting_organisation_id": None,
    "blocking": [],
}


class Auth(ApiView):
    """Exchange an API key for a short-lived token. Counted by address before the body is read, then by key prefix."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        count(request, f"auth:address:{address(request)}", settings.AUTH_RATE_LIMIT_PER_MINUTE)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="create_token",
        summary="Exchange an API key for a short-lived Bearer token",
        tags=["Authentication"],
        request={"application/json": schema.TOKEN_REQUEST},
        responses={200: schema.TOKEN},
        examples=[
            OpenApiExample("Whole key", value={"api_key": "your_key_here"}, request_only=True),
            OpenApiExample("Token", value=_TOKEN_EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        body = body_object(request, frozenset({"api_key", "scope"}), frozenset({"api_key"}))
        if faults := [_no_text(name) for name, said in body.items() if not isinstance(said, str | None)]:
            raise errors.invalid(faults)
        if rules.key_mode(body["api_key"]) is not None:
            prefix = body["api_key"][: rules.PREFIX_LENGTH]
            count(request, f"auth:key:{prefix}", settings.AUTH_RATE_LIMIT_PER_MINUTE)
        return Response(operations.issue_token(api_key=body["api_key"], scope=body.get("scope"), at=clock.now()))


def _no_text(name: str) -> FieldError:
    return FieldError(name, "invalid_type", f"{name} must be a string.")


class Organisation(ApiView):
    """Whoami: any valid credential may ask what it is."""

    scopes = {"GET": ""}

    @extend_schema(
        operation_id="get_organisation",
        summary="The organisation of this credential, its scopes, limits, and what is still missing",
        tags=["Organisation"],
        responses={200: schema.ORGANISATION},
        examples=[OpenApiExample("Organisation", value=_ORGANISATION_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        return Response(
            serializers.organisation(
                self.principal.organisation,
                livemode=self.principal.livemode,
                scopes=self.principal.scopes,
                requests_per_minute=request._request.rate_limit.limit,  # type: ignore[attr-defined]
                acting_organisation_id=self.principal.acting_organisation_id,
            )
        )
