"""What the worker does for accounts. Each reads the clock once and makes one call down."""

from celery import shared_task

from accounts import credentials, operations
from accounts.operations import request_log
from agentcollect.kit import clock


@shared_task(name="accounts.tell_of_leaks")
def tell_of_leaks() -> None:
    operations.tell_of_leaks(at=clock.now())


@shared_task(name="accounts.clear_tokens")
def clear_tokens() -> None:
    operations.clear_tokens(at=clock.now())


@shared_task(name="accounts.forget_stopped")
def forget_stopped() -> None:
    """Revocations whose process died, or had no Redis, before it could tell the others."""
    credentials.forget_stopped(clock.now())


@shared_task(name="accounts.prune_requests")
def prune_requests() -> None:
    """Logged calls past their 30 days, kept answers past their 24 hours."""
    request_log.prune(at=clock.now())
