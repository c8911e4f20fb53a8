"""P7: what ten healthy endpoints notice of five bad ones that the same sender serves.

Every endpoint belongs to an organisation of its own and is owed 5 events a second, open loop. Alone, then beside five
that never answer, beside five that drip a byte a second, beside five that answer with 1 GB, then alone again: five
runs of one sender process each, from commit to arrival at the healthy ones. The ratio compares with the mean of the two
p99 alone, measured in the same command.
"""

import time
from collections.abc import Sequence

from benchmarks import webhook_world as world

HEALTHY, BAD, EACH = 10, 5, 5.0


def isolation(*, seconds: float) -> bool:
    """Prints the five runs and three ratios; whether nothing of the healthy was lost and nothing came twice."""
    figures, clean = {}, True
    for name in ("alone", "hang", "drip", "flood", "alone again"):
        figures[name], whole = _run(name, BAD if name in ("hang", "drip", "flood") else 0, seconds)
        clean &= whole
    alone = (figures["alone"] + figures["alone again"]) / 2
    for name in ("hang", "drip", "flood"):
        print(f"healthy p99 beside {BAD} that {name}: {figures[name] / alone:.2f} of {alone:.0f} ms alone", flush=True)
    return clean


def _run(name: str, bad: int, seconds: float) -> tuple[float, bool]:
    """The healthy ones' p99 in milliseconds."""
    with world.receiving() as receiver:
        world.empty()
        healthy = _organisations(receiver.url, "good", HEALTHY)
        others = _organisations(receiver.url, name, bad)
        everybody = [*healthy.values(), *others.values()]
        with world.sending(everybody[0]):
            made, late = world.steady(everybody, rate=EACH * len(everybody), seconds=seconds)
            time.sleep(3)
        arrivals = receiver.ended()
        found = world.tally(world.owed(list(healthy.values())), arrivals)
    return _print(name, healthy, made, found, late, _asked(arrivals, others)), not (found.lost or found.repeated)


def _organisations(url: str, kind: str, count: int) -> dict[str, str]:
    """Path of its one endpoint → organisation."""
    paths = [f"/{kind}/{number}" for number in range(count)]
    return {path: world.organisation([url + path]) for path in paths}


def _asked(arrivals: Sequence[world.Arrival], others: dict[str, str]) -> int:
    return sum(arrival.path in others for arrival in arrivals)


def _print(
    name: str,
    healthy: dict[str, str],
    made: Sequence[world.Recorded],
    found: world.Tally,
    late: int,
    asked: int,
) -> float:
    paths = {organisation_id: path for path, organisation_id in healthy.items()}
    named = [(one.at, (one.event, paths[one.organisation])) for one in made if one.organisation in paths]
    waits = [found.first[key] - at for at, key in named if key in found.first]
    p50, p99, worst = world.percentiles(waits, 0.5, 0.99, 1)
    held = len(made) / (made[-1].at - made[0].at)
    print(
        f"{name}: {held:.0f} events/s held, {len(waits):,} to healthy endpoints: p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
        f"worst {worst:.0f} ms; {asked} requests to bad ones; {late} recorded over 10 ms late; {found}",
        flush=True,
    )
    return p99
