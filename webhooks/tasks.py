"""What runs beside the sender, on its queue."""

import structlog
from celery import shared_task

from agentcollect.kit import clock
from webhooks import health, operations

log = structlog.get_logger()
STALE_SECONDS = 10.0


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Take back what dead workers hold, switch off what only fails, and say when we are behind."""
    now = clock.now()
    swept = operations.sweep(at=now)
    if any(swept):
        log.info("webhooks_swept", **swept._asdict())
    behind = health.oldest_due_seconds(now)
    if behind > STALE_SECONDS:
        log.warning("webhooks_behind", oldest_due_seconds=round(behind))


@shared_task(name="webhooks.tell_owners")
def tell_owners() -> None:
    """Routed to the other queue: talking to a mail server takes seconds."""
    operations.tell_owners(at=clock.now())


MAX_ROUNDS = 50  # of one wake-up: the sender's other tasks want their turn, the next one is a second away


@shared_task(name="webhooks.run_replays")
def run_replays() -> None:
    """Owe again what running replays have reached, each at its own rate."""
    for _ in range(MAX_ROUNDS):
        if not operations.run_replays(at=clock.now()):
            return


@shared_task(name="webhooks.mail_members")
def mail_members() -> None:
    """Routed to the other queue: talking to a mail server takes seconds, and the sender has none to spare."""
    operations.mail_members(at=clock.now())


@shared_task(name="webhooks.greet_members")
def greet_members() -> None:
    """Notifications of members who joined since the last run."""
    operations.greet_members(at=clock.now())


@shared_task(name="webhooks.prune")
def prune() -> None:
    """Routed to the other queue. Deletes what is past its retention; where attempts are apart by month, months too."""
    pruned = operations.prune(at=clock.now())
    if any(pruned):
        log.info("webhooks_pruned", **pruned._asdict())
