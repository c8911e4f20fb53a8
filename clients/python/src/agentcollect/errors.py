"""What can go wrong, as exceptions. Catch `AgentCollectError` for everything."""

from typing import Any


class AgentCollectError(Exception):
    """Any failure of a call."""


class ConnectionFailed(AgentCollectError):
    """No answer came: no connection, a broken one, or the time was up. A POST may have arrived (its key is kept)."""


class ApiError(AgentCollectError):
    """The API refused. The fields are those of its flat error body.

    `code` is the word to switch on, `errors` names each wrong field, `request_id` is what support asks for.
    """

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        self.status = status
        self.body, self.headers = body, headers
        self.code = str(body.get("error", "unknown_error"))
        self.message = str(body.get("message", f"The API answered {status}."))
        self.param: str | None = body.get("param")
        self.errors: list[dict[str, Any]] = list(body.get("errors") or [])
        self.request_id: str | None = body.get("request_id") or headers.get("x-request-id")
        self.doc_url: str | None = body.get("doc_url")
        self.retry_after: float | None = _seconds(body.get("retry_after", headers.get("retry-after")))
        super().__init__(f"{self.code} ({status}): {self.message}")


class InvalidRequest(ApiError):
    """400, 413, 415, 422: the request as it is will never do."""


class AuthenticationFailed(ApiError):
    """401: the key or token is not valid, or no longer."""


class PermissionDenied(ApiError):
    """403: the credential lacks the scope, or the address is not on its list."""


class NotFound(ApiError):
    """404: there is no such object in this organisation and mode."""


class Conflict(ApiError):
    """409: the object's state, or an idempotency key, forbids it."""


class RateLimited(ApiError):
    """429: wait `retry_after` seconds."""


class ServerFailed(ApiError):
    """5xx: ours. A POST carries an idempotency key, so repeating it is safe."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}


def from_answer(status: int, body: Any, headers: dict[str, str]) -> ApiError:
    """The exception for an answer that is not a success."""
    said = body if isinstance(body, dict) else {}
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else InvalidRequest)
    return kind(status, said, headers)


def _seconds(value: Any) -> float | None:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return None
