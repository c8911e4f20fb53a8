"""The synchronous client."""

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

import httpx

from agentcollect import _core, errors
from agentcollect._sync import resources, sandbox


class Client:
    """The AgentCollect API.

    `api_key`: an `sk_test_…` or `sk_live_…` key, or an access token; left out, AGENTCOLLECT_API_KEY. `account`: the
    child organisation a platform acts for. Retries only what is safe to repeat: reads, deletes, and POSTs, which carry
    an idempotency key of their own. Amounts come as `int` or `Decimal`. Close it, or use it in a `with` block.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = _core.TIMEOUT_SECONDS,
        max_retries: int = _core.MAX_RETRIES,
        account: str = "",
        version: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        more = {"timeout": timeout, "max_retries": max_retries, "account": account, "version": version}
        self.settings = _core.Settings.read(api_key, base_url, **more)
        self._http = httpx.Client(base_url=self.settings.base_url, timeout=timeout, transport=transport)
        self.organisation = resources.Organisation(self)
        self.campaigns = resources.Campaigns(self)
        self.cases = resources.Cases(self)
        self.debtors = resources.Debtors(self)
        self.contacts = resources.Contacts(self)
        self.exclusions = resources.Exclusions(self)
        self.suppressions = resources.Suppressions(self)
        self.documents = resources.Documents(self)
        self.messages = resources.Messages(self)
        self.payments = resources.Payments(self)
        self.offers = resources.Offers(self)
        self.webhooks = resources.Webhooks(self)
        self.events = resources.Events(self)
        self.exports = resources.Exports(self)
        self.reports = resources.Reports(self)
        self.request_logs = resources.RequestLogs(self)
        self.sandbox = sandbox.Sandbox(self)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """One call of the API, retried where that is safe; the decoded body. For what has no method here yet.

        Raises ApiError (by status: NotFound, Conflict, …), ConnectionFailed.
        """
        call = _core.call(self.settings, method, path, params=params, body=body, idempotency_key=idempotency_key)
        return self._retry(call)

    def upload(self, path: str, *, file: tuple[str, bytes], fields: Mapping[str, str]) -> Any:
        """A multipart POST: `file` is (name, bytes). Raises as `request` does."""
        form = httpx.Request("POST", self.settings.base_url, data=dict(fields), files={"file": file})
        plain = _core.call(self.settings, "POST", path)
        headers = plain.headers | {"Content-Type": form.headers["Content-Type"]}
        return self._retry(_core.Call("POST", path, {}, form.read(), headers))

    def _retry(self, call: _core.Call) -> Any:
        attempt = 0
        while True:
            try:
                return self._once(call)
            except errors.AgentCollectError as error:
                if attempt >= self.settings.max_retries or not _core.worth_retrying(call, error):
                    raise
                asked = error.retry_after if isinstance(error, errors.ApiError) else None
            time.sleep(_core.wait_after(attempt, asked))
            attempt += 1

    def _once(self, call: _core.Call) -> Any:
        try:
            answer = self._http.request(
                call.method, call.path, params=call.params, content=call.content, headers=call.headers
            )
        except httpx.HTTPError as error:
            raise errors.ConnectionFailed(f"{call.method} {call.path}: {error or type(error).__name__}") from error
        return _core.result(answer.status_code, answer.content, answer.headers)

    def iterate(self, path: str, params: Mapping[str, Any]) -> Iterator[Any]:
        """Every object of a list, page after page."""
        asked = dict(params)
        while True:
            page = self.request("GET", path, params=asked)
            for item in page["data"]:
                yield item
            if not page["has_more"]:
                return
            asked["cursor"] = page["next_cursor"]

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
