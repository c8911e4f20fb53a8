"""P6 and P5: how fast one sender process drains deliveries, and how late a delivery is under a steady load.

    DATABASE_URL=postgres://… python -m benchmarks.webhook_drain [--deliveries 20000] [--endpoints 20] [--runs 3]
    DATABASE_URL=postgres://… python -m benchmarks.webhook_drain --latency 50 200 [--seconds 60]

Drain: events are recorded through the product's own `record` and `fan_out`; then `manage.py send_webhooks
--until-idle` runs alone with slots, egress guard and attempt rows on, as in production; the clock runs from its first
claim to its last settlement. In the same run, before and after, the floor: the same number of POSTs of the same bytes,
signed, through the same guarded session, 64 at a time, with no database behind them.

Latency: open loop, an event committed every 1/rate seconds whatever came of the others; from commit to arrival.

The database named by DATABASE_URL is emptied. The receiver is a process of its own (`benchmarks/sink.py`).
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("AGENTCOLLECT_VAR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("EGRESS_ALLOW_LOOPBACK_HTTP", "1")
os.environ.setdefault("LOG_LEVEL", "WARNING")

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


def main() -> None:
    options = _options()
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import machine

    call_command("migrate", verbosity=0)
    print(machine.describe(), flush=True)
    if options.latency:
        for rate in options.latency:
            _latency(rate, options)
        return
    figures = [_drain(options) for _ in range(options.runs)]
    if len(figures) > 1:
        print(f"median of {len(figures)}: {statistics.median(figures):,.0f} deliveries/s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--endpoints", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=int, nargs="*", metavar="RATE", help="events per second")
    parser.add_argument("--seconds", type=int, default=60)
    return parser.parse_args()


@contextmanager
def _sink() -> Iterator[tuple[str, Any]]:
    """A receiver's address, and a function that ends it and tells when each event came."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "seen"
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sink", str(target)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None

        def ended() -> dict[str, float]:
            process.terminate()
            process.wait(20)
            rows = [line.split() for line in target.read_text().splitlines()]
            return {row[0]: float(row[1]) for row in reversed(rows)}  # the first arrival of each

        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/hook", ended
        finally:
            process.kill()
            process.wait()


def _organisation(url: str, endpoints: int) -> str:
    """An emptied database with one organisation and its endpoints."""
    from django.core.management import call_command

    from agentcollect.kit import clock
    from tests import factories
    from webhooks import operations

    call_command("flush", interactive=False, verbosity=0)
    organisation = factories.organisation()
    for _ in range(endpoints):
        operations.create_endpoint(organisation_id=organisation.id, livemode=False, url=url, by="bench", at=clock.now())
    return organisation.id


def _record(organisation_id: str, count: int) -> None:
    from agentcollect.kit import clock, db
    from events.operations import record

    fact = {"type": "payment.received", "organisation_id": organisation_id, "livemode": False}
    with db.atomic():
        for _ in range(count):
            record(**fact, data=DATA, by="bench", at=clock.now())


def _drain(options: argparse.Namespace) -> float:
    from django.db import connection

    from webhooks.models import Attempt, Delivery

    with _sink() as (url, _):
        organisation_id = _organisation(url, options.endpoints)
        events = options.deliveries // options.endpoints
        for start in range(0, events, 100):
            _record(organisation_id, min(100, events - start))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        owed = Delivery.objects.filter(status="pending").count()
        before = asyncio.run(_bare(url, owed))
        command = [sys.executable, "manage.py", "send_webhooks", "--until-idle"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        after = asyncio.run(_bare(url, owed))
    sent = Delivery.objects.filter(status="succeeded").count()
    if not sent == Attempt.objects.count() == owed:
        raise SystemExit(f"{owed} owed, {sent} delivered, {Attempt.objects.count()} attempts: {done.stdout}")
    seconds = float(done.stdout.split(" in ")[1].split()[0])
    floor = (before + after) / 2
    print(
        f"{owed:,} deliveries to {options.endpoints} endpoints in {seconds:.2f} s: {owed / seconds:,.0f}/s; "
        f"bare signed POSTs {before:,.0f}/s and {after:,.0f}/s; ratio {owed / seconds / floor:.2f}",
        flush=True,
    )
    return owed / seconds


async def _bare(url: str, count: int) -> float:
    """POSTs per second with the sender's own session and signatures, and nothing else."""
    from agentcollect.kit.http import GuardedSession, policy_from_settings
    from events.models import Event
    from webhooks import rules

    body = await asyncio.to_thread(lambda: Event.objects.filter(type="payment.received").first().payload.encode())
    secret, left = [rules.mint_secret()], iter(range(count))

    async def work(session: GuardedSession) -> None:
        for number in left:
            headers = rules.request_headers(
                secret,
                event_id=f"evt_bare{number}",
                sequence=number,
                body=body,
                timestamp=int(time.time()),
                attempt=1,
                replay=False,
            )
            outcome = await session.request("POST", url, headers, body, repeatable=True)
            assert outcome.ok, outcome

    async with GuardedSession(policy_from_settings()) as session:
        began = time.perf_counter()
        await asyncio.gather(*(work(session) for _ in range(64)))
        return count / (time.perf_counter() - began)


def _latency(rate: int, options: argparse.Namespace) -> None:
    from events.models import Event

    with _sink() as (url, ended):
        organisation_id = _organisation(url, 1)
        sender = subprocess.Popen([sys.executable, "manage.py", "send_webhooks"], stdout=subprocess.DEVNULL)
        _warm(organisation_id)
        committed, late = [], 0
        began = time.time()
        for number in range(rate * options.seconds):
            wait = began + number / rate - time.time()
            time.sleep(max(0.0, wait))
            late += wait < -0.01
            _record(organisation_id, 1)
            committed.append(time.time())
        time.sleep(3)
        sender.terminate()
        sender.wait(20)
        arrived = ended()
    facts = Event.objects.filter(type="payment.received").order_by("sequence")
    names = list(facts.values_list("id", flat=True))[-len(committed) :]
    waits = sorted(arrived[name] - at for name, at in zip(names, committed, strict=True))
    p50, p95, p99 = (waits[int(len(waits) * part)] * 1000 for part in (0.5, 0.95, 0.99))
    held = len(committed) / (committed[-1] - began)
    print(
        f"{rate}/s asked, {held:.0f}/s held, {len(waits):,} events, commit to arrival: p50 {p50:.0f} ms, "
        f"p95 {p95:.0f} ms, p99 {p99:.0f} ms, worst {waits[-1] * 1000:.0f} ms ({late} recorded over 10 ms late)",
        flush=True,
    )


def _warm(organisation_id: str) -> None:
    """Until the sender has started and delivered a first event."""
    from webhooks.models import Delivery

    _record(organisation_id, 1)
    deadline = time.monotonic() + 60
    while Delivery.objects.filter(status="pending").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    main()
