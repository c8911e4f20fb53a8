"""A storm of a processor's callbacks ends in the books that the same story makes when told once, in order.

    DATABASE_URL=postgres://… python -m benchmarks.callback_storm [--payments 510] [--times 10] [--threads 16]

The database named by DATABASE_URL is emptied. The same lives (paid, declined, debited, refunded in part or wholly,
disputed, won, lost, expired…) happen twice at a Stripe on loopback that speaks the API to the official SDK: once each
callback is told as it happens and read at once; once each is told `times` times, shuffled, some held back until later
news are there, by `threads` threads that post and read at the same time. Compared is what became of every payment: its
state, its case, the sums of its ledger, allocations and refunds; and what stands of it must be what Stripe's books say.
"""

import argparse
import os
import time
from collections import Counter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("LOG_LEVEL", "CRITICAL")
os.environ.setdefault("ALLOWED_HOSTS", "*")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=int, default=510)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("Name a PostgreSQL database that may be emptied: DATABASE_URL=postgres://…")
    import django

    django.setup()
    from django.core.management import call_command

    from agentcollect.kit import jobs
    from benchmarks import machine

    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    print(machine.describe(), flush=True)
    with jobs.silent():
        ends = [_told(options, storm=storm) for storm in (False, True)]
    same = ends[0] == ends[1]
    for place, (calm, wild) in enumerate(zip(*ends, strict=True)):
        if calm != wild:
            print(f"payment {place}: in order {calm}, in the storm {wild}")
    print(f"states: {dict(sorted(Counter(end[0] for end in ends[1]).items()))}")
    print(f"same={same}", flush=True)
    if not same:
        raise SystemExit(1)


def _told(options: argparse.Namespace, *, storm: bool) -> list[tuple[object, ...]]:
    from tests.payments.storm import Story, unread
    from tests.payments.stripe_world import creditor, stripe

    with stripe(timeout=30.0) as api:
        story = Story(api, creditor(api)[0], options.payments)
        started = time.perf_counter()
        story.begin()
        begun = time.perf_counter()
        if storm:
            posted = story.storm(threads=options.threads, times=options.times, seed=options.seed)
        else:
            posted = story.in_order()
        took = time.perf_counter() - begun
        how = f"{options.threads} threads, {options.times} times each" if storm else "in order, once each"
        print(
            f"{how}: {options.payments} payments begun in {begun - started:.1f} s; {len(api.events)} events, {posted} "
            f"callbacks in {took:.1f} s ({posted / took:.0f}/s); unread or failed: {unread()}; explained by Stripe's "
            f"books: {story.explained()}",
            flush=True,
        )
        return story.ends()


if __name__ == "__main__":
    main()
