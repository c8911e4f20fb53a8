"""What runs in the background: the outcome of charges that were left without one, and of what was agreed."""

from celery import shared_task

from agentcollect.kit import clock
from payments import operations
from payments.operations import statements


@shared_task(name="payments.sweep_processing")
def sweep_processing() -> None:
    operations.sweep_processing(at=clock.now())


@shared_task(name="payments.run_refund")
def run_refund(refund_id: str) -> None:
    operations.run_refund(refund_id=refund_id, at=clock.now())


@shared_task(name="payments.run_refunds")
def run_refunds() -> None:
    operations.run_refunds(at=clock.now())


@shared_task(name="payments.judge_promises")
def judge_promises() -> None:
    operations.judge_promises(at=clock.now())


@shared_task(name="payments.expire_offers")
def expire_offers() -> None:
    operations.expire_offers(at=clock.now())


@shared_task(name="payments.check_domains")
def check_domains() -> None:
    operations.check_domains(at=clock.now())


@shared_task(name="payments.resolve_link_requests")
def resolve_link_requests() -> None:
    operations.resolve_link_requests(at=clock.now())


@shared_task(name="payments.prune_link_requests")
def prune_link_requests() -> None:
    operations.prune_link_requests(at=clock.now())


@shared_task(name="payments.judge_plans")
def judge_plans() -> None:
    operations.judge_plans(at=clock.now())


@shared_task(name="payments.make_statements")
def make_statements() -> None:
    statements.make_statements(at=clock.now())


@shared_task(name="payments.match_bank_lines")
def match_bank_lines() -> None:
    operations.match_bank_lines(at=clock.now())


@shared_task(name="payments.activate_remit_to")
def activate_remit_to() -> None:
    operations.activate_remit_to(at=clock.now())


@shared_task(name="payments.tell_remit_to")
def tell_remit_to() -> None:
    operations.tell_remit_to(at=clock.now())


@shared_task(name="payments.process_callbacks")
def process_callbacks() -> None:
    operations.process_callbacks(at=clock.now())


@shared_task(name="payments.prune_callbacks")
def prune_callbacks() -> None:
    operations.prune_callbacks(at=clock.now())


@shared_task(name="payments.sweep_checkouts")
def sweep_checkouts() -> None:
    operations.sweep_checkouts(at=clock.now())


@shared_task(name="payments.read_books")
def read_books() -> None:
    operations.read_books(at=clock.now())


@shared_task(name="payments.pay_out")
def pay_out() -> None:
    operations.pay_out(at=clock.now())
