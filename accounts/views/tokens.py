"""`POST /v1/auth`, and what every view has in common that is asked with a secret in its body."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations, rules, schema
from accounts.authentication import address, caller, count
from agentcollect.kit import clock, errors
from agentcollect.kit.api import ApiView, body_object
from agentcollect.kit.errors import FieldError


class Door(ApiView):
    """A view for those who have no token yet. Counted by address before the body is read, then by key prefix."""

    authentication_classes = ()
    permission_classes = ()
    bucket = "auth"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.count(request, f"address:{address(request)}")
        super().initial(request, *args, **kwargs)

    def count(self, request: Request, whose: str) -> None:
        """Raises ApiError(rate_limit_exceeded)."""
        count(request, f"{self.bucket}:{whose}", settings.AUTH_RATE_LIMIT_PER_MINUTE)

    def count_key(self, request: Request, api_key: str) -> None:
        """Count a text that is spelt like a key of ours against its prefix, so that guessing one costs the guesser."""
        if rules.key_mode(api_key) is not None:
            self.count(request, f"key:{api_key[: rules.PREFIX_LENGTH]}")


class Auth(Door):
    """Exchange an API key for a short-lived token."""

    @extend_schema(
        operation_id="create_token",
        summary="Exchange an API key for a short-lived Bearer token",
        tags=["Authentication"],
        request={"application/json": schema.TOKEN_REQUEST},
        responses={200: schema.TOKEN},
        examples=[
            OpenApiExample("Whole key", value={"api_key": "your_key_here"}, request_only=True),
            OpenApiExample("Token", value=schema.TOKEN_EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        body = body_object(request, frozenset({"api_key", "scope"}), frozenset({"api_key"}))
        if faults := [_no_text(name) for name, said in body.items() if not isinstance(said, str | None)]:
            raise errors.invalid(faults)
        self.count_key(request, body["api_key"])
        return Response(
            operations.issue_token(
                api_key=body["api_key"], scope=body.get("scope"), address=caller(request), at=clock.now()
            )
        )


def _no_text(name: str) -> FieldError:
    return FieldError(name, "invalid_type", f"{name} must be a string.")
