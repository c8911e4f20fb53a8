"""P1, P3 and P4: the API under a constant load, as it grows, and against bare Django.

    [DATABASE_URL=postgres://…] python -m benchmarks.api [P1 P3 P4] [--short]

DATABASE_URL names the server; the databases are this command's own (`<name>_bench_<cases>`), seeded when missing,
kept for the next run. Without it a throw-away PostgreSQL is started (no fsync). A key, limits, the request log and
webhooks are as in production; `--short` proves in about a minute that all of it runs, on 10,000 cases, and its
figures say little.

P1  ten keys, 950 requests a minute each, 70 % reads, 25 % small writes, 5 % creates of 50 debtors, arriving at a
    constant rate whatever the answers do; latency counts from the appointed moment. Workers run beside it at low
    priority: what they had left over at the end, and how long they took for it, is printed.
P3  P1's reads alone, at the rate they have there, in databases of 10,000, 100,000 and 1,000,000 cases.
P4  the same GET here and in bare Django with one indexed query, on the same server, 8 calls under way, in pairs
    that take turns; requests a second, and processor time per request, which does not depend on who else is busy.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import Any

KEYS, PER_MINUTE = 10, 950
RATE = KEYS * PER_MINUTE / 60
NICE = 19


def main() -> None:
    options = _options()
    if options.child:
        _child(options)
        return
    from benchmarks import server

    with server.services() as (server_url, redis_url, var):
        env = server.environment(server_url, redis_url, var)
        grown: dict[int, dict[str, Any]] = {}
        for part, cases in _plan(options):
            url = server.seeded(server_url, cases, env, fresh=options.fresh)
            command = [sys.executable, "-m", "benchmarks.api", part, "--child", str(cases), *_passed(options)]
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "figures.json"
                subprocess.run([*command, "--out", str(out)], env=env | {"DATABASE_URL": url}, check=True)
                if part == "P3":
                    grown[cases] = json.loads(out.read_text())
        if len(grown) > 1:
            _compare(grown)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="P1|P3|P4", help="default: all three")
    parser.add_argument("--cases", type=int, default=0, help="of P1 and P4 (default 1,000,000)")
    parser.add_argument("--sizes", type=int, nargs="*", help="of P3 (default 10,000 100,000 1,000,000)")
    parser.add_argument("--seconds", type=int, default=0, help="of load (default 120; P3 60)")
    parser.add_argument("--pairs", type=int, default=0, help="of P4 (default 7, of 4 s each)")
    parser.add_argument("--drain", type=int, default=300, help="seconds to wait at most for the workers' backlog")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="seed anew even where a good database stands")
    parser.add_argument("--child", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--out", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.parts = options.parts or ["P1", "P3", "P4"]
    if unknown := set(options.parts) - {"P1", "P3", "P4"}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    options.cases = options.cases or (10_000 if options.short else 1_000_000)
    options.sizes = options.sizes or ([10_000] if options.short else [10_000, 100_000, 1_000_000])
    options.pairs = options.pairs or (2 if options.short else 7)
    return options


def _plan(options: argparse.Namespace) -> list[tuple[str, int]]:
    sizes = {"P1": [options.cases], "P3": options.sizes, "P4": [options.cases]}
    return [(part, cases) for part in options.parts for cases in sizes[part]]


def _passed(options: argparse.Namespace) -> list[str]:
    found = ["--seconds", str(options.seconds), "--pairs", str(options.pairs), "--drain", str(options.drain)]
    return [*found, *(["--short"] if options.short else [])]


# --- one part on one database, in a process of its own (Django knows one database)


def _child(options: argparse.Namespace) -> None:
    import django

    own = dict(os.environ)
    os.environ["LOG_LEVEL"] = "WARNING"  # of this process; the product's say what they always say, into files
    django.setup()
    from benchmarks import machine, server

    part = options.parts[0]
    print(f"\n{part}, {options.child:,} cases. {machine.describe()}", flush=True)
    folder = tempfile.mkdtemp(prefix="bench-logs-")
    with server.Processes(own, Path(folder)) as processes:
        figures = {"P1": _p1, "P3": _p3, "P4": _p4}[part](processes, options)
    shutil.rmtree(folder)  # kept when something failed: the logs say why
    Path(options.out).write_text(json.dumps(figures))


def _p1(processes: Any, options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import load, scenario, server, world

    seconds = options.seconds or (10 if options.short else 120)
    with server.sink() as receiver:
        callers = _callers(receiver)
        port = server.free_port()
        processes.web(port)
        world.learn_cursors(callers, port)
        _warm(port, scenario.each_once(world.with_other_keys(callers), 1))
        for name in ("worker", "sender", "beat"):
            processes.product(name, nice=NICE)
        time.sleep(8)  # until they have loaded the product
        used = {name: processes.cpu(name) for name in processes.children}
        calls = scenario.mixed(callers, int(RATE * seconds), seed=2)
        outcomes = load.open_loop(port, RATE, calls)
        used = {name: processes.cpu(name) - before for name, before in used.items()}
        print(f"{RATE:.0f} requests/s for {seconds} s, {KEYS} keys; workers at nice {NICE}")
        figures = _table(outcomes)
        print("processor used: " + ", ".join(f"{name} {value / seconds * 100:.0f} %" for name, value in used.items()))
        _print_drain(options.drain)
    if missing := scenario.unmeasured(world.routes()):
        print(f"not asked, and nobody said why: {', '.join(missing)}")
    return figures


def _p3(processes: Any, options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import load, scenario, server, world

    seconds = options.seconds or (10 if options.short else 60)
    callers = _callers("")
    port = server.free_port()
    processes.web(port)
    world.learn_cursors(callers, port)
    _warm(port, scenario.reads(world.with_other_keys(callers), 600, 3))
    rate = RATE * scenario.READS
    outcomes = load.open_loop(port, rate, scenario.reads(callers, int(rate * seconds), 4))
    print(f"{rate:.0f} reads/s for {seconds} s, {KEYS} keys")
    return _table(outcomes)


def _callers(receiver: str) -> list[Any]:
    """Ten callers; every endpoint of theirs points at `receiver` (or nowhere)."""
    from benchmarks import world
    from webhooks.models import Endpoint

    Endpoint.objects.update(url=receiver or "http://127.0.0.1:9/nobody")
    return world.callers(KEYS)


def _warm(port: int, calls: Any) -> None:
    """Ask everything before it counts; stop at the first call that is refused, since it would count as fast."""
    from benchmarks import load

    for outcome in load.one_by_one(port, calls):
        if not 200 <= outcome.status < 300:
            raise SystemExit(f"{outcome.name}: {outcome.status} {outcome.body[:500]!r}")


def _table(outcomes: list[Any]) -> dict[str, Any]:
    """A line for each call, the slowest p99 first, then reads, writes and all."""
    from benchmarks import load

    lines = {name: load.figures(found) for name, found in load.by_name(outcomes).items()}
    whole = load.figures(outcomes)
    print(f"{'p50 ms':>8} {'p99 ms':>8} {'worst':>8} {'errors':>6} {'calls':>7}")
    for name, one in [*sorted(lines.items(), key=lambda item: -item[1].p99), ("all", whole)]:
        print(f"{one.p50:8.1f} {one.p99:8.1f} {one.worst:8.1f} {one.failed:6} {one.count:7,}  {name}", flush=True)
    for outcome in [outcome for outcome in outcomes if not 200 <= outcome.status < 300][:5]:
        print(f"  refused: {outcome.name}: {outcome.status} {outcome.body[:200]!r}")
    late = sorted(outcome.begun for outcome in outcomes)[int(len(outcomes) * 0.99)] * 1000
    print(f"  the generator itself was late by {late:.1f} ms at p99 (part of every figure above)")
    return {"all": whole.p99, "p50": whole.p50, "errors": whole.failed} | {f"{n}": one.p99 for n, one in lines.items()}


# --- P1: what the workers had left over


def _backlog() -> dict[str, int]:
    from agentcollect.kit import clock
    from campaigns.models import Campaign, Debtor, Step
    from webhooks.models import Delivery

    unopened = sum(Campaign.objects.filter(unopened__gt=0).values_list("unopened", flat=True))
    return {
        "cases to open": unopened,
        "debtors to search for": Debtor.objects.filter(enriched_at=None).count(),
        "deliveries": Delivery.objects.filter(status="pending").count(),
        "steps due": Step.objects.filter(status="planned", due_at__lte=clock.now(), channel="email").count(),
    }


def _print_drain(limit: int) -> None:
    """How much was left when the load ended, and when nothing was."""
    left, began = _backlog(), time.perf_counter()
    print("backlog at the end of the load: " + ", ".join(f"{count:,} {name}" for name, count in left.items()))
    gone: dict[str, float] = {}
    while time.perf_counter() - began < limit and any(_backlog().values()):
        for name, count in _backlog().items():
            if not count:
                gone.setdefault(name, time.perf_counter() - began)
        time.sleep(1)
    now, took = _backlog(), time.perf_counter() - began
    if any(now.values()):
        print(f"not drained within {took:.0f} s: " + ", ".join(f"{count:,} {name}" for name, count in now.items()))
    else:
        print(f"drained {took:.0f} s after the load" + "".join(f"; {n} after {s:.0f} s" for n, s in gone.items()))


# --- P3: side by side


def _compare(grown: dict[int, dict[str, Any]]) -> None:
    sizes = sorted(grown)
    print("\nP3: read p99 in ms by number of cases")
    print(" ".join(f"{size:>10,}" for size in sizes) + "      ratio")
    small, large = grown[sizes[0]], grown[sizes[-1]]
    both = [name for name in large if name in small]  # a small database has no second page of everything
    for name in sorted(both, key=lambda name: -large[name] / max(0.1, small[name])):
        row = [grown[size].get(name, 0.0) for size in sizes]
        if name not in ("errors", "p50"):
            ratio = row[-1] / max(0.1, row[0])
            print(" ".join(f"{value:>10.1f}" for value in row) + f"  {ratio:8.2f}×  {name}")


# --- P4


def _p4(processes: Any, options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import server

    os.environ["RATE_LIMIT_PER_MINUTE"] = processes.env["RATE_LIMIT_PER_MINUTE"] = "100000000"
    callers = _callers("")
    ours, floor = server.free_port(), server.free_port()
    processes.web(ours)
    processes.web(floor, "benchmarks.floor:application")
    figures = {}
    for address, kind in (("/v1/events/{}", "event"), ("/v1/payments/{}", "payment")):
        figures[address] = _pairs(processes, callers, (ours, floor), address, kind, options)
    return figures


def _pairs(
    processes: Any, callers: list[Any], ports: tuple[int, int], address: str, kind: str, options: argparse.Namespace
) -> dict[str, float]:
    from benchmarks import load

    paths = [(address.format(name), caller.key) for caller in callers for name in caller.ids[kind]]
    wires = {
        "web": [load.wire("GET", path, "127.0.0.1", {"Authorization": f"Bearer {key}"}) for path, key in paths],
        "web benchmarks.floor:application": [load.wire("GET", path, "127.0.0.1") for path, _ in paths],
    }
    rates: dict[str, list[float]] = {name: [] for name in wires}
    spent: dict[str, list[float]] = {name: [] for name in wires}
    seconds = 2 if options.short else 4
    for pair in range(options.pairs + 1):
        order = list(zip(wires, ports, strict=True))
        for name, port in order if pair % 2 else order[::-1]:
            before = processes.cpu(name)
            calls = (load.Call(name, raw) for raw in cycle(wires[name]))
            began = time.perf_counter()
            outcomes = load.closed_loop(port, calls, under_way=8, seconds=seconds)
            took = time.perf_counter() - began
            if any(outcome.status != 200 for outcome in outcomes):
                raise SystemExit(f"{name}: {next(o for o in outcomes if o.status != 200)}")
            if pair:  # the first only warms up
                rates[name].append(len(outcomes) / took)
                spent[name].append((processes.cpu(name) - before) / len(outcomes) * 1000)
    (our_rate, floor_rate), (our_cpu, floor_cpu) = rates.values(), spent.values()
    ratios = [mine / bare for mine, bare in zip(our_rate, floor_rate, strict=True)]
    ratio, middle = statistics.median(ratios), statistics.median
    print(
        f"GET {address.format('{id}')}: {middle(our_rate):,.0f}/s, bare Django {middle(floor_rate):,.0f}/s, "
        f"ratio {ratio:.2f} (median of {len(ratios)} pairs, {min(ratios):.2f}–{max(ratios):.2f}); "
        f"processor per request {middle(our_cpu):.2f} ms to {middle(floor_cpu):.2f} ms",
        flush=True,
    )
    return {"ratio": ratio, "rate": statistics.median(our_rate), "floor": statistics.median(floor_rate)}


if __name__ == "__main__":
    main()
