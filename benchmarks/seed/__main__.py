"""Fill an empty PostgreSQL database with a believable two years of N cases.

    DATABASE_URL=postgres://… python -m benchmarks.seed 1000000 [--seed 1] [--processes 2]

Migrates, makes the organisations with their keys and logins through the product's own operations, then writes
campaigns, debtors, contacts, cases, ledgers, steps, messages, payments, events and the latest deliveries by COPY,
each process the organisations of its own. The tenant keys (composite foreign keys) are taken off before and laid
again after, which makes PostgreSQL check every row against them in one join instead of one by one; every other
constraint, index and trigger stays. Then accounts, allocations, numbers and counts are checked against each other,
and the tables vacuumed and analysed.

Everything is in test mode, so nothing of it can ever be mailed. The same N and seed make the same story (ids and
times follow the moment of the run; keys and passwords are drawn afresh).
"""

import argparse
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("LOG_LEVEL", "WARNING")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=int, help="how many cases in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--organisations", type=int, default=12)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("Name an empty PostgreSQL database: DATABASE_URL=postgres://… make seed N=1000000")
    import django

    django.setup()
    from benchmarks.seed import run

    try:
        run.everything(options)
    except run.Refused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
