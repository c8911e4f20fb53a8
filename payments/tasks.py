"""What runs in the background: the outcome of charges that were left without one, and of what was agreed."""

from celery import shared_task

from agentcollect.kit import clock
from payments import operations


@shared_task(name="payments.sweep_processing")
def sweep_processing() -> None:
    operations.sweep_processing(at=clock.now())


@shared_task(name="payments.judge_promises")
def judge_promises() -> None:
    operations.judge_promises(at=clock.now())


@shared_task(name="payments.judge_plans")
def judge_plans() -> None:
    operations.judge_plans(at=clock.now())
