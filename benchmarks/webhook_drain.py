"""P5 and P6: how late a delivery is under a steady load, and how fast one sender process drains deliveries.

    DATABASE_URL=postgres://… python -m benchmarks.webhook_drain [--deliveries 20000] [--endpoints 20] [--runs 3]
    DATABASE_URL=postgres://… python -m benchmarks.webhook_drain --latency 50 200 [--seconds 60]

Drain: events are recorded through the product's own `record` and `fan_out`; then `manage.py send_webhooks
--until-idle` runs alone with slots, egress guard and attempt rows on, as in production; the clock runs from its first
claim to its last settlement. In the same run, before and after, the floor: the same number of POSTs of the same bytes,
signed, through the same guarded session, 64 at a time, with no database behind them.

Latency: open loop, an event committed every 1/rate seconds whatever came of the others; from commit to arrival.

The database named by DATABASE_URL is emptied. The receiver is a process of its own with a ledger of what it got
(`benchmarks/webhook_receiver.py`): what was lost or came twice is counted from that.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time

from benchmarks import machine
from benchmarks import webhook_world as world


def main() -> None:
    options = _options()
    world.prepare()
    print(machine.describe(), flush=True)
    if options.latency:
        for rate in options.latency:
            latency(rate, seconds=options.seconds)
        return
    drain(deliveries=options.deliveries, endpoints=options.endpoints, runs=options.runs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=20_000)
    parser.add_argument("--endpoints", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=int, nargs="*", metavar="RATE", help="events per second")
    parser.add_argument("--seconds", type=int, default=60)
    return parser.parse_args()


def drain(*, deliveries: int, endpoints: int, runs: int) -> bool:
    """P6: prints each run and their median; whether nothing was lost and nothing came twice."""
    figures, clean = [], True
    for _ in range(runs):
        figure, whole = _drain(deliveries, endpoints)
        figures.append(figure)
        clean &= whole
    if len(figures) > 1:
        print(f"median of {len(figures)}: {statistics.median(figures):,.0f} deliveries/s", flush=True)
    return clean


def _drain(deliveries: int, endpoints: int) -> tuple[float, bool]:
    from django.db import connection

    from webhooks.models import Attempt, Delivery

    with world.receiving() as receiver:
        world.empty()
        organisation_id = world.organisation([f"{receiver.url}/good/{number}" for number in range(endpoints)])
        events = deliveries // endpoints
        for start in range(0, events, 100):
            world.record(organisation_id, min(100, events - start))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        expected = world.owed([organisation_id])
        owed = Delivery.objects.filter(status="pending").count()
        before = asyncio.run(_bare(f"{receiver.url}/good", owed))
        command = [sys.executable, "manage.py", "send_webhooks", "--until-idle"]
        done = subprocess.run(command, cwd=world.ROOT, capture_output=True, text=True, check=True)
        after = asyncio.run(_bare(f"{receiver.url}/good", owed))
        found = world.tally(expected, receiver.ended())
    sent = Delivery.objects.filter(status="succeeded").count()
    if not sent == Attempt.objects.count() == owed:
        raise SystemExit(f"{owed} owed, {sent} delivered, {Attempt.objects.count()} attempts: {done.stdout}")
    seconds = float(done.stdout.split(" in ")[1].split()[0])
    floor = (before + after) / 2
    print(
        f"{owed:,} deliveries to {endpoints} endpoints in {seconds:.2f} s: {owed / seconds:,.0f}/s; "
        f"bare signed POSTs {before:,.0f}/s and {after:,.0f}/s; ratio {owed / seconds / floor:.2f}; {found}",
        flush=True,
    )
    return owed / seconds, not (found.lost or found.repeated)


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


def latency(rate: int, *, seconds: float) -> bool:
    """P5: prints commit to arrival at so many events a second; whether nothing was lost and nothing came twice."""
    with world.receiving() as receiver:
        world.empty()
        organisation_id = world.organisation([f"{receiver.url}/good"])
        with world.sending(organisation_id):
            made, late = world.steady([organisation_id], rate=rate, seconds=seconds)
            time.sleep(3)
        found = world.tally(world.owed([organisation_id]), receiver.ended())
    waits = [found.first[one.event, "/good"] - one.at for one in made if (one.event, "/good") in found.first]
    p50, p95, p99, worst = world.percentiles(waits, 0.5, 0.95, 0.99, 1)
    held = len(made) / (made[-1].at - made[0].at)
    print(
        f"{rate}/s asked, {held:.0f}/s held, {len(waits):,} events, commit to arrival: p50 {p50:.0f} ms, "
        f"p95 {p95:.0f} ms, p99 {p99:.0f} ms, worst {worst:.0f} ms ({late} recorded over 10 ms late); {found}",
        flush=True,
    )
    return not (found.lost or found.repeated)


if __name__ == "__main__":
    main()
