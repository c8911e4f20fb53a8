"""What the worker does for campaigns. Each reads the clock once and makes one call down."""

from celery import shared_task

from agentcollect.kit import clock
from campaigns import operations


@shared_task(name="campaigns.open_cases")
def open_cases() -> None:
    operations.open_cases(at=clock.now())


@shared_task(name="campaigns.run_imports")
def run_imports() -> None:
    operations.run_imports(at=clock.now())


@shared_task(name="campaigns.judge_exhausted")
def judge_exhausted() -> None:
    operations.judge_exhausted(at=clock.now())


@shared_task(name="campaigns.release_holds")
def release_holds() -> None:
    operations.release_ended(at=clock.now())


@shared_task(name="campaigns.end_mandates")
def end_mandates() -> None:
    operations.end_mandates(at=clock.now())


@shared_task(name="campaigns.expire_tasks")
def expire_tasks() -> None:
    operations.expire_tasks(at=clock.now())


@shared_task(name="campaigns.settle_exclusions")
def settle_exclusions() -> None:
    operations.settle_exclusions(at=clock.now())


@shared_task(name="campaigns.store_documents")
def store_documents() -> None:
    operations.store_documents()


@shared_task(name="campaigns.forget_files")
def forget_files() -> None:
    operations.forget_files()


@shared_task(name="campaigns.run_exports")
def run_exports() -> None:
    operations.run_exports(at=clock.now())


@shared_task(name="campaigns.expire_exports")
def expire_exports() -> None:
    operations.expire_exports(at=clock.now())


@shared_task(name="campaigns.fetch_logos")
def fetch_logos() -> None:
    operations.fetch_logos(at=clock.now())


@shared_task(name="campaigns.screen_debtors")
def screen_debtors() -> None:
    operations.screen_debtors(at=clock.now())
