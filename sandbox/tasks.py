"""What the worker does for the sandbox. Each reads the clock and calls down."""

from celery import shared_task

from agentcollect.kit import clock
from sandbox import driver, reactions, resetting


@shared_task(name="sandbox.react_due")
def react_due() -> None:
    """What debtors who react do by the wall's time; those on a test clock are its driver's."""
    reactions.react_due(at=clock.now())


@shared_task(name="sandbox.drive_clocks")
def drive_clocks() -> None:
    """Test clocks on their way, things that were just done on one, clocks being deleted."""
    driver.drive(wall=clock.now())


@shared_task(name="sandbox.reset_test_data")
def reset_test_data() -> None:
    """Organisations all of whose test data is to go."""
    resetting.go_on(wall=clock.now())
