"""The creditor's webhook endpoints: one that works where somebody listens, one that does not, one that is paused."""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from agentcollect.kit import clock
from sandbox.month.door import Door, RefusedError
from webhooks.sender import Sender

# `python -m agentcollect.supervisor.receiver` listens there.
_LISTENER = ("127.0.0.1", 9099)
_CLOSED = "http://127.0.0.1:9/erp/collections"
# So few of them that the breaker stays closed, and each fails to its end.
_RARE = ["promise.broken", "promise.kept", "payment.reversed", "payment.failed"]
# When the four attempts of a delivery are due, with some room (webhooks.rules.RETRY_AFTER).
_ATTEMPTS = (0, 2, 9, 46)


def register(door: Door) -> None:
    """Those that are not there yet."""
    known = {one["url"] for one in door.get("/v1/webhooks")["data"]}
    if _listens():
        _register(door, known, url=f"http://{_LISTENER[0]}:{_LISTENER[1]}/", events=["*"], description="Accounting")
    _register(door, known, url=_CLOSED, events=_RARE, description="ERP, in the old data centre")
    paused = _register(
        door, known, url="https://hooks.yourcompany.com/agentcollect", events=["message.sent"], description="Warehouse"
    )
    if paused:
        door.call("PATCH", f"/v1/webhooks/{paused}", b'{"status": "paused"}', media_type="application/json")


def _register(door: Door, known: set[str], **body: Any) -> str:
    """Its id; "" where it is known, or its address is none that this installation may call."""
    if body["url"] in known:
        return ""
    try:
        return str(door.post("/v1/webhooks", body)["webhook_id"])
    except RefusedError:
        return ""


def _listens() -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(_LISTENER) == 0


def send() -> None:
    """Send what is owed, up to the last attempt, as the sender of a running product would within the next minute."""
    for seconds in _ATTEMPTS:
        asyncio.run(Sender(now=_ahead(seconds)).run(until_idle=True))


def _ahead(seconds: float) -> Callable[[], datetime]:
    return lambda: clock.now() + timedelta(seconds=seconds)
