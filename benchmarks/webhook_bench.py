"""P5, P6 and P7 in one command, with the machine and a count of what was lost or came twice.

    [DATABASE_URL=postgres://…] python -m benchmarks.webhook_bench [P5 P6 P7] [--short]

P5  webhook latency, event commit to arrival, at 50/s and at 200/s for 60 s   (benchmarks/webhook_drain.py)
P6  drain of 20,000 deliveries by one sender process, three runs               (benchmarks/webhook_drain.py)
P7  ten healthy endpoints alone, then beside five that hang, drip or flood     (benchmarks/webhook_isolation.py)

The database named by DATABASE_URL is emptied; without one a throw-away PostgreSQL is started (no fsync). `--short`
proves in about a minute that all of it runs; its figures say little. Ends with 1 if a delivery was lost or came twice.
"""

import argparse
import os
from contextlib import ExitStack

PARTS = ("P5", "P6", "P7")


def main() -> None:
    options = _options()
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            from tests.services import start_postgres

            server = start_postgres()
            stack.callback(server.stop)
            os.environ["DATABASE_URL"] = server.url
            print("no DATABASE_URL: a throw-away PostgreSQL without fsync", flush=True)
        clean = _run(options)
        from django.db import connections

        connections.close_all()
    raise SystemExit(0 if clean else 1)


def _run(options: argparse.Namespace) -> bool:
    from benchmarks import machine, webhook_world
    from benchmarks.webhook_drain import drain, latency
    from benchmarks.webhook_isolation import isolation

    webhook_world.prepare()
    short, clean = options.short, True
    for part in options.parts:
        print(f"\n{part}  {machine.describe()}", flush=True)
        if part == "P5":
            for rate in (50, 200):
                clean &= latency(rate, seconds=4 if short else 60)
        elif part == "P6":
            clean &= drain(deliveries=2_000 if short else 20_000, endpoints=20, runs=1 if short else 3)
        else:
            clean &= isolation(seconds=4 if short else 60)
    return clean


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="P5|P6|P7", help="default: all three")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    options.parts = options.parts or list(PARTS)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    main()
