"""What the worker does for outreach. Each reads the clock and calls down."""

import time

from celery import shared_task

from agentcollect.kit import clock
from outreach import operations

# One run works for about this long, then leaves the rest to the next tick, so that no task outlives its worker.
_SECONDS = 30


@shared_task(name="outreach.send_due")
def send_due() -> None:
    """One step at a time, each judged at its own moment: hours are counted when a message is handed over."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and operations.send_due(at=clock.now(), limit=1):
        pass


@shared_task(name="outreach.enrich_due")
def enrich_due() -> None:
    operations.enrich_due(at=clock.now())


@shared_task(name="outreach.check_contacts")
def check_contacts() -> None:
    operations.check_contacts(at=clock.now())


@shared_task(name="outreach.sweep_leases")
def sweep_leases() -> None:
    operations.sweep_leases(now=clock.now())


@shared_task(name="outreach.escalate_exhausted")
def escalate_exhausted() -> None:
    operations.escalate_exhausted(at=clock.now())
