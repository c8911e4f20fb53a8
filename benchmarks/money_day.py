"""A day of money, with kill -9: then every book must be the same, to the cent.

    python -m benchmarks.money_day [--minutes 7] [--actors 8] [--seed N] [--short]

PostgreSQL, broker, web, worker, sender and beat as the Procfile has them, and a Stripe on loopback that speaks the API
to the official SDK. Debtors pay on the page by card (taken or declined, in full or in part, several invoices at once,
forms sent twice at once), by bank debit (settles, fails, or comes back later), and at Stripe; the creditor refunds by
the API and at Stripe (some fail); debtors dispute, wholly or in part, and win or lose; Stripe pays out. In test mode
the sandbox is the processor, in live mode Stripe, whose callbacks come up to three times, shuffled. Every few seconds
the web process or the worker, or one process of either, dies by SIGKILL at a random moment and is started again.

A day is compressed: a bank debit takes seconds or a minute, not days, and nobody sleeps. What is left in the hands of
the dead is found by sweeps after leases and patience of minutes; what they have not found `--patience` seconds after
the last kill is brought on by a clock that is set ahead, and counted. Then sums are compared (benchmarks.money_books):
all ledgers against all records of the processors, payment by payment; nothing under way, no hold left, allocations,
accounts, and the reconciliation page. Ends with 1 where anything differs.
"""

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from agentcollect.supervisor.processes import members
from benchmarks import server
from benchmarks.money_people import CURRENCIES
from tests.services import start_postgres
from tests.stripe_server import KEY, SECRET, Stripe, serving


class Stage(server.Processes):
    """The product's processes, of which some die."""

    def __init__(self, env: dict[str, str], logs: Path) -> None:
        super().__init__(env, logs)
        self.port, self.killed = server.free_port(), Counter[str]()

    def begin(self) -> None:
        self.web(self.port)
        for name in ("worker", "sender", "beat"):
            self.product(name)

    def kill(self, chance: random.Random, names: Sequence[str] = ("web", "worker")) -> None:
        """One of `names`, as a whole or one process of it; what started it starts it again."""
        name = chance.choice(names)
        child = self.children[name]
        if chance.random() < 0.5 and (inner := [one.pid for one in members(child.pid) if one.pid != child.pid]):
            with suppress(ProcessLookupError):
                os.kill(chance.choice(inner), signal.SIGKILL)
            self.killed[f"one process of {name}"] += 1
            return
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        self.killed[name] += 1
        self.product(name, port=self.port)

    def await_web(self) -> None:
        """Until somebody answers again: whoever dies must have worked."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            self.restore()
            with suppress(httpx.HTTPError):
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2, trust_env=False)
                return
            time.sleep(0.2)
        raise SystemExit("The web process did not come back.")

    def restore(self) -> None:
        """A leader whose only helper was killed may have ended by itself, as under a supervisor."""
        for name, child in list(self.children.items()):
            if child.poll() is not None:
                self.killed[f"{name} ended by itself"] += 1
                self.product(name, port=self.port)


def main() -> None:
    options = _options()
    folder, clean = Path(tempfile.mkdtemp(prefix="money-day-")), False
    try:
        with ExitStack() as stack:
            clean = _run(options, folder, stack)
    finally:
        if clean:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"the logs stay in {folder}", flush=True)
    raise SystemExit(0 if clean else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=7)
    parser.add_argument("--actors", type=int, default=8)
    parser.add_argument("--debtors", type=int, default=600, help="in each mode, with one to three invoices each")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between two lives of an actor, on average")
    parser.add_argument("--between", type=float, default=5, help="seconds between two kills, on average")
    parser.add_argument("--patience", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--short", action="store_true", help="a few seconds, one kill")
    options = parser.parse_args()
    if options.short:
        options.minutes, options.debtors, options.patience, options.pause = 0.07, 20, 1, 0.1
    return options


def _run(options: argparse.Namespace, folder: Path, stack: ExitStack) -> bool:
    api = stack.enter_context(serving())
    env = _services(folder, stack, api)
    organisations, keys, pages, cases = _people(options, api)
    stage = Stage(env, folder)
    with stage:
        stage.begin()
        from benchmarks import machine
        from benchmarks.money_books import judge
        from benchmarks.money_load import Day

        print(f"{machine.describe()}; {options.minutes:g} minutes, seed {options.seed}", flush=True)
        day = Day(f"http://127.0.0.1:{stage.port}", keys, pages, api)
        day.cases = cases
        began = time.monotonic()
        _live(options, stage, day)
        lived = time.monotonic() - began
        left = _drain(options, organisations, api)
        verdict = judge(organisations, api)
    _show(stage, day, verdict, left, lived)
    return not verdict.wrong


def _services(folder: Path, stack: ExitStack, api: Stripe) -> dict[str, str]:
    """PostgreSQL and broker of its own, the product's variables, the tables."""
    from tests.services import Broker

    postgres = start_postgres()
    stack.callback(postgres.stop)
    for name in ("broker", "var"):
        (folder / name).mkdir()
    broker = Broker(folder / "broker").start()
    stack.callback(broker.stop)
    env = server.environment(postgres.url, broker.url, str(folder / "var"))
    env |= {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "STRIPE_API_BASE": api.url}
    os.environ.update(env | {"LOG_LEVEL": "ERROR"})
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    stack.callback(connections.close_all)
    return env | {"LOG_LEVEL": "WARNING"}


# --- who is there


def _people(options: argparse.Namespace, api: Stripe) -> Any:
    """A creditor for each mode, the live one connected at Stripe; their debtors' pages; invoices that are debited."""
    from agentcollect.kit import jobs
    from benchmarks import money_people as people
    from tests import factories
    from tests.payments import stripe_world

    with jobs.silent():
        tested = factories.organisation("Test Creditor")
        live, _ = stripe_world.creditor(api, name="Live Creditor")
        chance = random.Random(options.seed)
        pages = {True: people.pages(live, True, options.debtors, chance)}
        pages[False] = people.pages(tested, False, options.debtors, chance)
        cases = people.debited(tested, options.debtors, chance)
        keys = {True: factories.api_key(live, True), False: factories.api_key(tested)}
    return {True: live.id, False: tested.id}, keys, pages, cases


# --- the day, and its evening


def _live(options: argparse.Namespace, stage: Stage, day: Any) -> None:
    from benchmarks.money_load import Actor

    chance = random.Random(options.seed)
    with _callbacks(options, day):
        actors = [Actor(day, number, options.seed, options.pause) for number in range(options.actors)]
        for actor in actors:
            actor.start()
        over, paid_out = time.monotonic() + 60 * options.minutes, time.monotonic()
        while (left := over - time.monotonic()) > 0:
            time.sleep(min(left, chance.expovariate(1 / options.between)) if not options.short else left / 2)
            stage.await_web()
            stage.kill(chance, ("worker",) if options.short else ("web", "worker"))
            if time.monotonic() - paid_out > 45:
                paid_out = time.monotonic()
                _pay_out(day.api)
            if options.short:
                time.sleep(left / 2)
        stage.await_web()
        day.over.set()
        for actor in actors:
            actor.join(120)
            if actor.error or actor.is_alive():
                raise SystemExit(f"{actor.name}: {actor.error!r}")
        _end_at_stripe(day.api)


@contextmanager
def _callbacks(options: argparse.Namespace, day: Any) -> Iterator[None]:
    from benchmarks.money_load import Callbacks

    callbacks = Callbacks(day, options.seed, delay=0.5 if options.short else 2.0)
    callbacks.start()
    yield
    callbacks.stop()


def _pay_out(api: Stripe) -> None:
    """Stripe's daily payout, of what adds up to more than nothing."""
    for account in sorted(api.accounts):
        for currency in {one.lower() for one in CURRENCIES}:
            with api.lock:
                lines = [one for one in api.of("balance_transaction", account) if one["payout"] is None]
                if sum(one["net"] for one in lines if one["currency"] == currency) > 0:
                    api.payout_ends(api.pay_out(account, currency), "paid")


def _end_at_stripe(api: Stripe) -> None:
    """Whoever is still at Stripe's page leaves, and it closes; debits that are on their way arrive."""
    for one in list(api.objects.values()):
        if one["object"] == "checkout.session" and one["status"] == "open":
            api.expire(one["id"])
        if one["object"] == "payment_intent" and one["status"] == "processing":
            api.debit_ends(one["id"])
    _pay_out(api)


def _drain(options: argparse.Namespace, organisations: dict[bool, str], api: Stripe) -> Counter[str]:
    """Until nothing is under way; what had to be brought on at the end."""
    from agentcollect.kit import clock, jobs
    from benchmarks.money_books import bring_on, unsettled
    from payments import operations

    deadline = time.monotonic() + options.patience
    while unsettled(organisations) and time.monotonic() < deadline:
        time.sleep(0.5)
    left = unsettled(organisations)
    with jobs.silent():
        for _ in range(5):
            _end_at_stripe(api)
            if not unsettled(organisations):
                break
            bring_on()
        operations.read_books(at=clock.now())
    return left


def _show(stage: Stage, day: Any, verdict: Any, left: Counter[str], lived: float) -> None:
    print(f"{lived:.0f} s; killed: {dict(stage.killed)}", flush=True)
    for what, count in sorted(day.done.items()):
        print(f"  {what}: {count:,}")
    print(f"events at Stripe: {len(day.api.events):,}; brought on at the end: {dict(left)}")
    for name, figure in verdict.figures.items():
        print(f"{name}: {figure}")
    for words in verdict.wrong[:40]:
        print(f"WRONG: {words}")
    print(f"differences: {len(verdict.wrong)}", flush=True)


if __name__ == "__main__":
    main()
