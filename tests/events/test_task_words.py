"""A task that is over is told in a sentence, once, whatever its kind and outcome."""

import pytest

from campaigns.models import Task
from campaigns.rules.tasks import OUTCOMES
from dashboard.words import readable
from events.catalogue import TYPES
from events.catalogue.task_words import ANSWERS, THINGS
from webhooks.wording import facts


def test_every_outcome_that_there_is_has_its_words() -> None:
    assert {kind: set(found) for kind, found in ANSWERS.items()} == {k: set(found) for k, found in OUTCOMES.items()}
    assert set(THINGS) == set(Task.Kind.values)


@pytest.mark.parametrize(
    ("kind", "status", "outcome", "said"),
    [
        ("approve", "done", "approve", "Approved"),
        ("call", "expired", None, "Nobody answered in time: a call to make"),
        ("contact_needed", "cancelled", None, "No longer waits for you: somebody to write to"),
        ("new_kind", "done", "so_so", "Answered: new kind, so so"),
    ],
)
def test_what_the_timeline_says(kind: str, status: str, outcome: str | None, said: str) -> None:
    assert TYPES["task.done"].says({"kind": kind, "status": status, "outcome": outcome}) == said


def test_a_bank_debit_is_an_ach_debit() -> None:
    data = {"amount_collected": 15000, "currency": "USD", "method": "ach_debit"}
    assert TYPES["payment.received"].says(data) == "Payment received: 15,000.00 USD by ACH debit"
    assert ("By", "ACH debit") in facts("payment.received", data)
    assert (readable("ach_debit"), readable("bank_transfer")) == ("ACH debit", "Bank transfer")
