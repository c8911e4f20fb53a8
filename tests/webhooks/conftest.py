"""An organisation, its endpoints, facts to tell, and a sender to tell them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation
from agentcollect.kit import clock, db
from agentcollect.kit.http import EgressPolicy
from events.operations import record
from tests import factories
from tests.webhooks.receivers import Receiver, receiving
from webhooks import operations
from webhooks.models import Endpoint
from webhooks.sender import Sender

LOOPBACK = EgressPolicy(allow_loopback_http=True, total_deadline_s=2)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def organisation() -> Organisation:
    return factories.organisation()


class Clock:
    """A wall clock that moves when it is told; it begins after whatever the test sets up."""

    def __init__(self) -> None:
        self.at = clock.now() + timedelta(seconds=10)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def wall() -> Clock:
    return Clock()


def make_endpoint(organisation: Organisation, url: str = "https://yourapp.com/hooks", **more: Any) -> Endpoint:
    given = {"organisation_id": organisation.id, "livemode": False, "url": url, "by": "test", "at": clock.now()}
    return operations.create_endpoint(**(given | more))[0]


def make_fact(organisation: Organisation, type: str = "payment.received", livemode: bool = False, **data: Any) -> str:
    with db.atomic():
        return record(
            type=type,
            organisation_id=organisation.id,
            livemode=livemode,
            data={"amount_collected": 15000, **data},
            by="test",
            at=datetime(2026, 3, 17, 14, 22, tzinfo=UTC),
        )


@pytest.fixture
def send() -> Callable[..., Sender]:
    """Runs a sender until nothing is due; jitter is off."""

    def run(now: Callable[[], datetime] = clock.now, policy: EgressPolicy = LOOPBACK) -> Sender:
        async def work() -> Sender:
            sender = Sender(policy=policy, now=now, spread=lambda: 0.0)
            await sender.run(until_idle=True)
            return sender

        return asyncio.run(work())

    return run
