"""What every measurement of webhooks starts from: an emptied database, a receiver with a ledger, a running sender."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from agentcollect.supervisor.processes import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
DATA = {
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "currency": "USD",
    "amount_collected": 15000,
    "method": "bank_transfer",
    "days_to_collect": 12,
    "timestamp": "2026-03-17T14:22:00Z",
}


def prepare() -> None:
    """Settings for a measurement, before Django reads them: receivers on this machine, secrets of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
    os.environ.setdefault("SECRETS_FROM_VAR", "1")
    os.environ.setdefault("AGENTCOLLECT_VAR", tempfile.mkdtemp(prefix="bench-"))
    os.environ.setdefault("EGRESS_ALLOW_LOOPBACK_HTTP", "1")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


# --- the receiver and its ledger


class Arrival(NamedTuple):
    """One line of the ledger. `status`: what was answered; 0 where nothing whole was."""

    at: float
    path: str
    event: str
    attempt: int
    status: int

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Receiver:
    """A running receiver process: `url` takes the paths of `benchmarks/webhook_receiver.py`, `flap_url` its `/flap`."""

    process: "subprocess.Popen[str]"
    target: Path
    url: str
    flap_url: str

    def become(self, mood: str) -> None:
        """`calm`, `errors` or `closed`, from the return of this call on."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(mood + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n", "the receiver has died"

    def ended(self) -> list[Arrival]:
        """End it; everything it got, in the order in which it came."""
        self.process.terminate()
        self.process.wait(20)
        rows = (line.split() for line in self.target.read_text().splitlines())
        return [Arrival(float(at), path, event, int(attempt), int(status)) for at, path, event, attempt, status in rows]


@contextmanager
def receiving(*, delay_ms: float = 0) -> Iterator[Receiver]:
    """A receiver for the length of a `with`."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "ledger"
        command = [sys.executable, "-m", "benchmarks.webhook_receiver", str(target), "--delay", str(delay_ms)]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the command, which then ends the receiver
            preexec_fn=die_with_parent(),
        )
        assert process.stdout is not None
        try:
            good, flapping = process.stdout.readline().split()
            yield Receiver(process, target, f"http://127.0.0.1:{good}", f"http://127.0.0.1:{flapping}")
        finally:
            process.kill()
            process.wait()


Owed = set[tuple[str, str]]  # (event id, path)


class Tally(NamedTuple):
    """What the ledger says of what was owed: when each first arrived, what never did, how many came again."""

    first: dict[tuple[str, str], float]
    lost: Owed
    repeated: list[Arrival]

    def __str__(self) -> str:
        return f"lost {len(self.lost)}, duplicates {len(self.repeated)}"


def tally(owed: Owed, arrivals: Sequence[Arrival]) -> Tally:
    """Only what was taken counts: a delivery that got a 500 and came again is no duplicate."""
    first: dict[tuple[str, str], float] = {}
    repeated = []
    for arrival in arrivals:
        name = (arrival.event, arrival.path)
        if not arrival.taken or name not in owed:
            continue
        if name in first:
            repeated.append(arrival)
        else:
            first[name] = arrival.at
    return Tally(first, owed - first.keys(), repeated)


def owed(organisation_ids: Sequence[str], type: str = "payment.received") -> Owed:
    """What the database says must reach each of their endpoints."""
    from webhooks.models import Delivery

    rows = Delivery.objects.filter(organisation_id__in=organisation_ids, event_type=type)
    return {(event, urlsplit(url).path) for event, url in rows.values_list("event_id", "endpoint__url")}


# --- the sending side


def empty() -> None:
    """The database that DATABASE_URL names, emptied."""
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)


def organisation(urls: Sequence[str]) -> str:
    """A new organisation with an endpoint for everything at each of these addresses; its id."""
    from agentcollect.kit import clock
    from tests import factories
    from webhooks import operations

    made = factories.organisation()
    for url in urls:
        operations.create_endpoint(organisation_id=made.id, livemode=False, url=url, by="bench", at=clock.now())
    return str(made.id)


def record(organisation_id: str, count: int = 1) -> list[str]:
    """Commit so many payments; the ids of their events."""
    from agentcollect.kit import clock, db
    from events.operations import record

    fact = {"type": "payment.received", "organisation_id": organisation_id, "livemode": False}
    with db.atomic():
        return [record(**fact, data=DATA, by="bench", at=clock.now()) for _ in range(count)]


@contextmanager
def sending(organisation_id: str) -> Iterator[None]:
    """A sender process, from its first delivery on (of an event of this organisation)."""
    command = [sys.executable, "manage.py", "send_webhooks"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent())
    try:
        record(organisation_id)
        wait_for_delivery(organisation_id)
        yield
    finally:
        process.terminate()
        process.wait(20)


def wait_for_delivery(organisation_id: str, seconds: float = 60) -> None:
    """Until a first delivery has succeeded."""
    from webhooks.models import Delivery

    deadline = time.monotonic() + seconds
    while not Delivery.objects.filter(organisation_id=organisation_id, status="succeeded").exists():
        if time.monotonic() > deadline:
            raise SystemExit("The sender delivers nothing.")
        time.sleep(0.05)


class Recorded(NamedTuple):
    """An event and the moment of its commit."""

    event: str
    organisation: str
    at: float


def steady(organisation_ids: Sequence[str], *, rate: float, seconds: float) -> tuple[list[Recorded], int]:
    """Open loop: an event every 1/rate seconds, to one organisation after the other, whatever came of those before.

    Also how many were recorded over 10 ms late.
    """
    made, late = [], 0
    began = time.time()
    for number in range(int(rate * seconds)):
        wait = began + number / rate - time.time()
        time.sleep(max(0.0, wait))
        late += wait < -0.01
        to = organisation_ids[number % len(organisation_ids)]
        [event] = record(to)
        made.append(Recorded(event, to, time.time()))
    return made, late


def percentiles(waits: Sequence[float], *parts: float) -> list[float]:
    """In milliseconds, of waits in seconds."""
    ordered = sorted(waits)
    return [ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in parts]
