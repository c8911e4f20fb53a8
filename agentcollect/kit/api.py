"""The shared half of every `/v1` view: which parameters and fields are known, which headers every answer has."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError, FieldError


class ApiView(APIView):
    """A view of `/v1`. Subclasses name `scopes` per method, and the query `parameters` they know.

    Below it every handler does one call down and translates the answer; `self.principal` says who asks.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    scopes: dict[str, str] = {}
    parameters: dict[str, frozenset[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        self.check_permissions(request)
        version = request.headers.get("AgentCollect-Version", settings.API_VERSION)
        if version != settings.API_VERSION:
            raise ApiError("unknown_version", f"There is no version {version[:40]!r}; this is {settings.API_VERSION}.")
        known = self.parameters.get(request.method or "", frozenset())
        for name in request.query_params:
            if name not in known and not (name.startswith("metadata[") and "metadata" in known):
                raise ApiError("unknown_parameter", f"There is no parameter {name[:60]!r} here.", param=name[:60])

    @property
    def principal(self) -> Any:
        """Who asks (accounts.authentication.Principal)."""
        return self.request.user

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        verdict = getattr(request._request, "rate_limit", None)
        for name, value in (verdict.headers() if verdict else {}).items():
            response[name] = value
        response["AgentCollect-Version"] = settings.API_VERSION
        response["Cache-Control"] = "no-store"
        return response

    def handle_exception(self, exc: Exception) -> Response:
        response = errors.handle(exc, {})
        if response is None:
            raise exc
        response.exception = True
        return response


def body_object(request: Request, known: frozenset[str], required: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The body as an object with only `known` fields and all `required` ones. Raises ApiError with every fault."""
    body = request.data
    if not isinstance(body, dict):
        raise ApiError("invalid_request", "The body must be a JSON object.")
    faults = [
        FieldError(name, "unknown_field", f"There is no field {name[:60]!r} here.")
        for name in body
        if name not in known
    ]
    faults += [
        FieldError(name, "missing_field", f"{name} is required.") for name in sorted(required) if body.get(name) is None
    ]
    if faults:
        raise errors.invalid(faults)
    return body


def read_time(params: dict[str, str], name: str) -> datetime | None:
    """Query parameter `name` as a moment (ISO 8601 with an offset, or `Z`), None when absent."""
    if name not in params:
        return None
    try:
        moment = datetime.fromisoformat(params[name].replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ApiError("invalid_parameter", f"{name} must be ISO 8601 with a zone.", param=name)
    return moment.astimezone(UTC)
