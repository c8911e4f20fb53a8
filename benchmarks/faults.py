"""R1 for webhooks: everything around a delivery is broken at random under load; then the receiver's ledger is read.

    python -m benchmarks.faults [--rounds 100] [--rate 25] [--seed N] [--sqlite] [--short]

Two sender workers with beat, as the Procfile has them, deliver a steady load to four endpoints. In each round, at a
random moment, one of them (now and then both) is killed with SIGKILL and started again, and in turn:

    kill      nothing else
    broker    it is stopped and comes back empty two seconds later
    postgres  it is stopped, in order or as by a crash, and started again (not with --sqlite)
    receiver  for a second one endpoint answers every other request with 500, for another its port is closed
    clock     the wall clock jumps by an hour, forward and backward in turns, and is set right after two seconds

The instant before a fault all senders are stopped with SIGSTOP, and what they have claimed is read; what of it the
receiver had already, by its ledger, are the attempts in flight. At the end, nothing being broken any more, everything
owed must have reached the receiver:

    lost         deliveries in the database that are not in the receiver's ledger; also events whose commit was
                 confirmed and that are gone, and events without a delivery to each endpoint
    duplicates   what the ledger has twice; each must have been in flight at a fault
    unsettled    rows that are not `succeeded`

The flapping endpoint has the long tail of retries. What failed nevertheless is replayed at the end, and counted.
`--short` is five rounds in less than a minute: instead of waiting for leases it sets the clock ahead. Ends with 1
unless nothing is lost, unexplained or unsettled.
"""

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import webhook_world as world
from benchmarks.fault_report import AFTERWARDS, BACK, FLAPPING, PATHS, Fault, Key, judge, show
from benchmarks.fault_stage import Load, Restartable, RestartableBroker, Senders

HOUR = 3600.0
KINDS = ("kill", "broker", "postgres", "receiver", "clock")
DELAY_MS = 200.0  # the receiver's answers take up to this long, so that something is in flight


class Suite:
    """The rounds over a stage that stands, and what is written down of them."""

    def __init__(
        self,
        *,
        postgres: Restartable | None,
        broker: RestartableBroker,
        senders: Senders,
        receiver: world.Receiver,
        load: Load,
    ) -> None:
        self.postgres, self.broker, self.senders = postgres, broker, senders
        self.receiver, self.load, self.offset = receiver, load, senders.offset
        self.faults: list[Fault] = []
        self.killed = 0
        self.dead: set[tuple[str, int]] = set()  # leases of those that were killed: cut off once, not at each fault
        self.jumps, self.signals = cycle([HOUR, -HOUR]), cycle([signal.SIGINT, signal.SIGQUIT])

    def round(self, kind: str) -> None:
        self._await_flow()
        time.sleep(random.uniform(0.3, 2.0))
        getattr(self, f"_{kind}")()

    def _await_flow(self) -> None:
        """Until something that is committed from now on has arrived: somebody works, and may be killed at it."""
        from webhooks.models import Delivery

        start, deadline = len(self.load.committed), time.monotonic() + 120
        while time.monotonic() < deadline:
            fresh = [one.event for one in self.load.committed[start:]]
            if Delivery.objects.filter(event_id__in=fresh, status="succeeded").exists():
                return
            time.sleep(0.1)
        raise SystemExit("Nothing is delivered any more.")

    def _kill(self, words: str = "", *, both: bool | None = None) -> None:
        """Who still holds a row a second later under the same lease was the one that died."""
        both = random.random() < 0.25 if both is None else both
        kind = words or ("kill both" if both else "kill one")
        fault = self._fault(kind, lambda: self._kill9(both))
        before = self.held
        self.senders.restore()
        time.sleep(1)
        left = {lease: key for lease, key in _held().items() if before.get(lease) == key}
        self.dead |= left.keys()
        fault.flying = set(left.values())

    def _kill9(self, both: bool) -> None:
        self.killed += self.senders.kill9(both)

    def _fault(self, kind: str, strike: Callable[[], None]) -> Fault:
        """Stop the world, read what is in flight, strike, let it go on."""
        with self.senders.frozen():
            self.held = {lease: key for lease, key in _held().items() if lease not in self.dead}
            fault = Fault(kind, time.time(), set(self.held.values()))
            strike()
        self.faults.append(fault)
        return fault

    def _broker(self) -> None:
        self._fault("broker", self.broker.halt)
        time.sleep(random.uniform(0, 1))
        self._kill()
        self.broker.resume()

    def _postgres(self) -> None:
        if self.postgres is None:
            return self._kill()
        number = next(self.signals)

        def strike() -> None:
            if random.random() < 0.5:
                self._kill9(both=False)
            self.postgres.halt(number)

        self._fault("postgres", strike)
        _forget_connections()
        self.senders.restore()
        time.sleep(random.uniform(0, 1))
        self.postgres.resume()
        return None

    def _receiver(self) -> None:
        self._fault("receiver fails", lambda: self.receiver.become("errors"))
        self._kill(both=False)
        self._fault("receiver closes", lambda: self.receiver.become("closed"))
        time.sleep(1)
        self._fault(BACK, lambda: self.receiver.become("calm"))

    def _clock(self) -> None:
        self.jump(next(self.jumps))
        time.sleep(random.uniform(0, 1))
        self._kill("kill, wrong clock")
        self.jump(0.0)

    def jump(self, seconds: float, kind: str = "clock") -> None:
        """Set every clock to the machine's plus so much."""
        self._fault(kind, lambda: setattr(self.offset, "seconds", seconds))

    # --- afterwards

    def settle(self, patience: float) -> int:
        """Until nothing is pending; how many deliveries still were after `patience` seconds.

        With more patience than a lease and the schedule need, those wait for a moment that a wrong clock has written:
        it is brought on by setting the clock ahead.
        """
        late = 0
        for ahead in range(1, 6):
            if _wait_settled(patience):
                return late
            late = late or _pending().count()
            self.jump(_latest_due() + ahead * 600, AFTERWARDS)
            patience = 30
        return late

    def replay(self) -> int:
        """Send again what failed; how many."""
        from agentcollect.kit import clock
        from webhooks import operations
        from webhooks.models import Delivery

        names = list(Delivery.objects.filter(status="failed").values_list("id", flat=True))
        if names:
            operations.replay(
                delivery_ids=names,
                organisation_id=self.load.organisation_id,
                livemode=False,
                by="bench",
                at=clock.now(),
            )
        return len(names)


def _held() -> dict[tuple[str, int], Key]:
    """(delivery, token) → what is under a living lease now."""
    from agentcollect.kit import clock
    from webhooks.models import Delivery

    rows = Delivery.objects.filter(status="pending", lease_until__gt=clock.now())
    values = rows.values_list("id", "lease_token", "event_id", "endpoint__url")
    return {(name, token): (event, urlsplit(url).path) for name, token, event, url in values}


def _pending() -> Any:
    from webhooks.models import Delivery

    return Delivery.objects.filter(status="pending")


def _wait_settled(seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _pending().exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _latest_due() -> float:
    """Seconds from the machine's time to the moment when all that is pending may be tried."""
    moments = [moment for pair in _pending().values_list("next_attempt_at", "lease_until") for moment in pair if moment]
    return max([0.0, *(moment.timestamp() - time.time() for moment in moments)])


def _forget_connections() -> None:
    from django.db import connections

    connections.close_all()


# --- the command


def main() -> None:
    options = _options()
    random.seed(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    clean = False
    try:
        with ExitStack() as stack:
            clean = _run(options, folder, stack)
    finally:
        if clean:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"the logs of senders, beat and broker stay in {folder}", flush=True)
    raise SystemExit(0 if clean else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=0, help="default 100; 5 with --short")
    parser.add_argument("--rate", type=float, default=25.0, help="events a second, each to four endpoints")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    options.rounds = options.rounds or (5 if options.short else 100)
    return options


def _run(options: argparse.Namespace, folder: Path, stack: ExitStack) -> bool:
    postgres = None if options.sqlite else Restartable.started()
    if postgres is not None:
        stack.callback(postgres.stop)
    broker = RestartableBroker(folder / "broker")
    broker.folder.mkdir()
    broker.start()
    stack.callback(broker.halt)
    (folder / "var").mkdir()
    os.environ["DATABASE_URL"] = postgres.url if postgres else f"sqlite:///{folder / 'db.sqlite3'}"
    os.environ["REDIS_URL"], os.environ["AGENTCOLLECT_VAR"] = broker.url, str(folder / "var")
    os.environ["SECRETS_FROM_VAR"] = os.environ["EGRESS_ALLOW_LOOPBACK_HTTP"] = "1"
    senders = Senders(folder)
    senders.offset.install()
    world.prepare()
    stack.callback(_forget_connections)
    return _play(options, postgres, broker, senders, stack)


def _play(
    options: argparse.Namespace,
    postgres: Restartable | None,
    broker: RestartableBroker,
    senders: Senders,
    stack: ExitStack,
) -> bool:
    from benchmarks import machine

    print(f"{machine.describe()}; {options.rounds} rounds, seed {options.seed}", flush=True)
    receiver = stack.enter_context(world.receiving(delay_ms=DELAY_MS))
    urls = [(receiver.flap_url if path == FLAPPING else receiver.url) + path for path in PATHS]
    load = Load(_organisation(urls), options.rate)
    stack.enter_context(senders)
    load.start()
    world.wait_for_delivery(load.organisation_id)
    suite = Suite(postgres=postgres, broker=broker, senders=senders, receiver=receiver, load=load)
    began = time.monotonic()
    for number, kind in zip(range(1, options.rounds + 1), cycle(KINDS), strict=False):
        suite.round(kind)
        if number % 10 == 0:
            print(
                f"{number} rounds, {len(suite.load.committed):,} events, {time.monotonic() - began:.0f} s", flush=True
            )
    load.stop()
    took = time.monotonic() - began
    late = suite.settle(3 if options.short else 100)
    replayed = suite.replay()
    if replayed:
        suite.settle(10)
    codes = senders.stop()
    arrivals = receiver.ended()
    verdict = judge(suite.faults, load.committed, arrivals, load.organisation_id)
    print(
        f"{len(load.committed):,} events ({load.refused} refused while the database was away), {suite.killed} senders "
        f"killed, {late} deliveries brought on at the end by setting the clock ahead, {replayed} replayed at the end"
    )
    show(suite.faults, load.committed, verdict, arrivals)
    print(f"{took:.0f} s of faults, {time.monotonic() - began - took:.0f} s until all was settled; exit codes {codes}")
    # One that was asked to stop while it was still starting has no handler yet, and nothing in hand.
    return verdict.clean and set(codes) <= {0, -signal.SIGTERM}


def _organisation(urls: Sequence[str]) -> str:
    """One with an endpoint at each address; the flapping one's failures are tried for days, not for 36 s."""
    from webhooks.models import Endpoint

    made = world.organisation(urls)
    Endpoint.objects.filter(url__endswith=FLAPPING).update(long_tail=True)
    return made


if __name__ == "__main__":
    main()
