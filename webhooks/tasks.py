"""What runs beside the sender, on its queue."""

import structlog
from celery import shared_task

from agentcollect.kit import clock
from webhooks import operations, queries

log = structlog.get_logger()
STALE_SECONDS = 10.0


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Take back what dead workers hold, give up what switched-off endpoints are owed, and say when we are behind."""
    now = clock.now()
    swept = operations.sweep(at=now)
    if any(swept):
        log.info("webhooks_swept", released=swept.released, given_up=swept.given_up)
    behind = queries.backlog(now)
    if behind.oldest_due_seconds > STALE_SECONDS:
        log.warning(
            "webhooks_behind", oldest_due_seconds=round(behind.oldest_due_seconds), endpoints=behind.endpoints_owed
        )
