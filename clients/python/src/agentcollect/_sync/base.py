"""What every resource of the API is made of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentcollect._sync.client import Client

Json = dict[str, Any]


class Resource:
    def __init__(self, client: "Client") -> None:
        self._client = client

    def _get(self, path: str, **params: Any) -> Any:
        return self._client.request("GET", path, params=params)

    def _post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Any:
        return self._client.request("POST", path, body=dict(body or {}), idempotency_key=key)

    def _patch(self, path: str, changes: Mapping[str, Any]) -> Any:
        return self._client.request("PATCH", path, body=dict(changes))
