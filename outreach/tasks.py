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
    operations.fuse.check(at=clock.now())
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and operations.send_due(at=clock.now(), limit=1):
        pass


@shared_task(name="outreach.enrich_due")
def enrich_due() -> None:
    operations.enrich_due(at=clock.now())


@shared_task(name="outreach.check_contacts")
def check_contacts() -> None:
    operations.check_contacts(at=clock.now())


@shared_task(name="outreach.recall_calls")
def recall_calls() -> None:
    operations.recall_tasks(at=clock.now())


@shared_task(name="outreach.check_fuse")
def check_fuse() -> None:
    operations.fuse.check(at=clock.now())


@shared_task(name="outreach.process_inbound")
def process_inbound() -> None:
    """A few at a time: a model may be asked about each."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and operations.process_inbound(at=clock.now(), limit=5):
        pass


@shared_task(name="outreach.poll_mailboxes")
def poll_mailboxes() -> None:
    operations.poll_mailboxes(at=clock.now())


@shared_task(name="outreach.probe_reply_paths")
def probe_reply_paths() -> None:
    operations.probe_due(at=clock.now())


@shared_task(name="outreach.sweep_leases")
def sweep_leases() -> None:
    operations.sweep_leases(now=clock.now())


@shared_task(name="outreach.escalate_exhausted")
def escalate_exhausted() -> None:
    operations.escalate_exhausted(at=clock.now())
