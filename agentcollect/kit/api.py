"""The shared half of every `/v1` view: which parameters and fields are known, which headers every answer has."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agentcollect.kit import errors, idempotency
from agentcollect.kit.errors import ApiError, FieldError
from agentcollect.kit.listing import Expand, Listing, expand
from agentcollect.kit.pagination import page, read_time

__all__ = ["ApiView", "body_object", "read_time"]

errors.define("repeated_parameter", 400, "A query parameter is given twice.")


class ApiView(APIView):
    """A view of `/v1`. Subclasses name `scopes` per method, and the query `parameters` they know.

    A view that lists says in `lists` what may be asked of the list: its parameters follow from that. Below it every
    handler does one call down and translates the answer; `self.principal` says who asks.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    scopes: dict[str, str] = {}
    parameters: dict[str, frozenset[str]] = {}
    lists: Listing | None = None
    # Of the request: what it asks for, else what was pinned when its key was made.
    version = settings.API_VERSION

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "lists" in cls.__dict__ and cls.lists is not None:
            cls.parameters = cls.parameters | {"GET": cls.lists.parameters}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        request._request.caller = request.user  # type: ignore[attr-defined]  # whose call it was, for the request log
        self.check_permissions(request)
        self.version = _version(request)
        self._check_parameters(request)
        if any("\0" in str(value) for value in kwargs.values()):
            raise ApiError("not_found")  # no id holds a NUL, and PostgreSQL refuses it even in a question
        idempotency.guard(self, request)

    def _check_parameters(self, request: Request) -> None:
        method = "GET" if request.method == "HEAD" else request.method or ""
        known = self.parameters.get(method, frozenset())
        for name, values in request.query_params.lists():
            if name not in known and not ("metadata" in known and _is_metadata(name)):
                raise ApiError("unknown_parameter", f"There is no parameter {name[:60]!r} here.", param=name[:60])
            if len(values) > 1:
                raise ApiError("repeated_parameter", f"{name[:60]!r} is given {len(values)} times.", param=name[:60])

    @property
    def principal(self) -> Any:
        """Who asks (accounts.authentication.Principal)."""
        return self.request.user

    def listing(self, rows: QuerySet, serialise: Callable[[Any], dict[str, Any]]) -> Response:
        """One page of `rows` (of the caller's organisation and mode), narrowed and expanded as `lists` says."""
        if self.lists is None:
            raise RuntimeError(f"{type(self).__name__} does not say what it lists")
        params, who = self.request.query_params.dict(), self.principal
        scope = f"{self.request.path}|{who.organisation_id}|{who.livemode}"
        narrowed, columns = self.lists.narrow(rows, params), self.lists.columns
        answer = page(narrowed, params, scope=scope, serialise=serialise, columns=columns)
        self.expand(answer["data"], self.lists.expands)
        return Response(answer)

    def expand(self, items: list[dict[str, Any]], expands: Mapping[str, Expand]) -> None:
        """Put into `items` (of one answer) what `expand=` asks for: one read for each name, however many items."""
        expand(items, self.request.query_params.get("expand", ""), expands, self.principal)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        verdict = getattr(request._request, "rate_limit", None)
        for name, value in (verdict.headers() if verdict else {}).items():
            response[name] = value
        response["AgentCollect-Version"] = self.version
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


def _version(request: Request) -> str:
    """The version this request speaks. Raises ApiError(unknown_version) for one that it names and we do not have."""
    asked = request.headers.get("AgentCollect-Version")
    if asked is not None and asked not in settings.API_VERSIONS:
        known = ", ".join(settings.API_VERSIONS)
        raise ApiError("unknown_version", f"There is no version {asked[:40]!r}; there is {known}.")
    pinned = getattr(request.user, "api_version", "")
    return asked or (pinned if pinned in settings.API_VERSIONS else settings.API_VERSION)


def _is_metadata(name: str) -> bool:
    """`metadata[key]` with a key that may exist."""
    return name.startswith("metadata[") and name.endswith("]") and 0 < len(name) - len("metadata[]") <= 40
