"""A few seconds of money under kill -9, on the product that runs already; the long form is `make money-day`."""

import random
import time

import pytest

from benchmarks.money_load import Actor, Day
from tests.journeys.world import act
from tests.processes import RunningProduct
from tests.stripe_server import Stripe

pytestmark = pytest.mark.processes
SECONDS = 4.0


def test_after_payments_refunds_and_a_kill_all_books_are_the_same(product: RunningProduct) -> None:
    people = act(product, "money_people", debtors=25, seed=random.randrange(10_000))
    day = Day(product.base_url, {False: people["key"]}, {False: people["pages"]}, Stripe())
    day.cases = people["cases"]
    actors = [Actor(day, number, people["seed"], 0.05) for number in range(4)]
    for actor in actors:
        actor.start()
    time.sleep(SECONDS / 2)
    product.wait_restarted("worker", old=product.kill9("worker"))
    time.sleep(SECONDS / 2)
    day.over.set()
    for actor in actors:
        actor.join(60)
        assert actor.error is None and not actor.is_alive()
    judged = act(product, "money_judged", organisation_id=people["organisation_id"])
    assert judged["wrong"] == [], people["seed"]
    states = judged["figures"]["test, sandbox: payments"]
    assert states.get("succeeded", 0) and sum(states.values()) > 5, (states, day.done)
