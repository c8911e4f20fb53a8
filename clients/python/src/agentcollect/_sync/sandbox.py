"""Test mode's resources: what happens because you say so, and time that you make."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agentcollect import types
from agentcollect._sync.base import Json, Resource

if TYPE_CHECKING:
    from agentcollect._sync.client import Client


class Clocks(Resource):
    """Time that you make: a campaign created with `test_clock` lives by it."""

    def create(self, *, frozen_time: str, name: str = "", idempotency_key: str | None = None) -> types.TestClock:
        """A clock that stands at `frozen_time`."""
        body = {"frozen_time": frozen_time, "name": name}
        return self._post("/v1/sandbox/clocks", body, key=idempotency_key)  # type: ignore[no-any-return]

    def get(self, clock_id: str) -> types.TestClock:
        """What time it is there, and how far an advance has come."""
        return self._get(f"/v1/sandbox/clocks/{clock_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[types.TestClock]:
        """All clocks, newest first."""
        return self._client.iterate("/v1/sandbox/clocks", filters)

    def advance(self, clock_id: str, *, frozen_time: str, idempotency_key: str | None = None) -> types.TestClock:
        """Begin to move it to `frozen_time`, which must lie ahead; everything on the way happens. Returns at once."""
        path, body = f"/v1/sandbox/clocks/{clock_id}/advance", {"frozen_time": frozen_time}
        return self._post(path, body, key=idempotency_key)  # type: ignore[no-any-return]

    def wait(self, clock_id: str, *, seconds: float = 600, every: float = 0.5) -> types.TestClock:
        """The clock once it has arrived. Raises TimeoutError after `seconds`, RuntimeError where the advance failed."""
        waited = 0.0
        while True:
            clock = self.get(clock_id)
            if clock["status"] == "failed":
                raise RuntimeError(f"{clock_id} stopped at {clock['frozen_time']}: {clock['error']}")
            if clock["status"] == "ready":
                return clock
            if waited >= seconds:
                raise TimeoutError(f"{clock_id} is at {clock['frozen_time']} after {seconds:g} s")
            time.sleep(every)
            waited += every

    def delete(self, clock_id: str) -> types.TestClock:
        """Delete it with everything on it; a worker does so within moments."""
        return self._client.request("DELETE", f"/v1/sandbox/clocks/{clock_id}")  # type: ignore[no-any-return]


class Sandbox(Resource):
    """What happens because you say so; test keys only."""

    def __init__(self, client: "Client") -> None:
        super().__init__(client)
        self.clocks = Clocks(client)

    def reply(self, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """A debtor answers: `case_id`, and `text` or the name of a `template`."""
        return self._post("/v1/sandbox/replies", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def bounce(self, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """The last message of `case_id` comes back (`kind` hard or soft), or is called spam (complaint)."""
        return self._post("/v1/sandbox/bounces", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def call(self, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """The call that comes next on `case_id` is made, and ends with `outcome`."""
        return self._post("/v1/sandbox/calls", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def dispute(self, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """The debtor objects to `case_id`."""
        return self._post("/v1/sandbox/disputes", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def opt_out(self, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """A person at the debtor closes `channel`: `contact_id` or `case_id`."""
        return self._post("/v1/sandbox/opt_outs", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def pay(self, *, idempotency_key: str | None = None, **fields: Any) -> types.Payment:
        """A debtor pays: `case_id`, or `campaign_id` and `invoice_number`; the balance unless `amount` is given."""
        return self._post("/v1/sandbox/payments", fields, key=idempotency_key)  # type: ignore[no-any-return]
