"""What runs in the background: the outcome of charges that were left without one."""

from celery import shared_task

from agentcollect.kit import clock
from payments import operations


@shared_task(name="payments.sweep_processing")
def sweep_processing() -> None:
    operations.sweep_processing(at=clock.now())
