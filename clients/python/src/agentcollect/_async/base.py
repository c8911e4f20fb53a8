"""What every resource of the API is made of."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentcollect._async.client import AsyncClient

Json = dict[str, Any]


class Resource:
    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    async def _get(self, path: str, **params: Any) -> Any:
        return await self._client.request("GET", path, params=params)

    async def _post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None) -> Any:
        return await self._client.request("POST", path, body=dict(body or {}), idempotency_key=key)

    async def _patch(self, path: str, changes: Mapping[str, Any]) -> Any:
        return await self._client.request("PATCH", path, body=dict(changes))
