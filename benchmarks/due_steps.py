"""P10: finding and claiming 1,000 due steps among millions that are planned for later.

    DATABASE_URL=postgres://… python -m benchmarks.due_steps [--planned 100000 5000000] [--due 1000] [--runs 5]

The database named by DATABASE_URL is emptied. Steps are planned over the coming year on one campaign of 500 cases, and
`due` of them are due. Measured is the product's own claim (`outreach.operations.sending._claim`), which finds, locks
and leases them in one transaction; each run is undone before the next. The cost must follow what is due, not what is
planned: the table says both.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("LOG_LEVEL", "WARNING")

LIMIT_MS = 50.0
_FILL = """
INSERT INTO campaigns_step (id, organisation_id, livemode, created_at, recorded_at, campaign_id, debtor_id, case_id,
    version, index, channel, attempt, kind, intent, level, status, due_at, reason, decision_id, lease_token)
SELECT 'stp_b' || lpad(n::text, 20, '0'), c.organisation_id, c.livemode, now(), now(), c.campaign_id, c.debtor_id, c.id,
    1, 1, 'email', 1, 'outreach', 'second_reminder', 1, 'planned',
    CASE WHEN n <= %(due)s THEN now() - interval '1 minute' * (n %% 60)
         ELSE now() + interval '1 day' + interval '1 second' * (n %% 31536000) END, '', '', 0
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n JOIN (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM campaigns_case
) AS c ON c.place = n %% 500
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planned", type=int, nargs="+", default=[100_000, 5_000_000])
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("Name a PostgreSQL database that may be emptied: DATABASE_URL=postgres://…")
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import machine

    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    print(machine.describe(), flush=True)
    _world()
    figures = [measure(planned, due=options.due, runs=options.runs) for planned in sorted(options.planned)]
    print(f"growth from the smallest to the largest: {figures[-1] / figures[0]:.2f}×", flush=True)
    if figures[-1] > LIMIT_MS:
        raise SystemExit(f"{figures[-1]:.1f} ms is more than {LIMIT_MS:.0f} ms")


def _world() -> None:
    from tests import factories

    organisation = factories.organisation()
    campaign = factories.campaign(organisation, debtors_enrolled=500)
    debtor = factories.debtor(organisation)
    for number in range(500):
        factories.case(
            organisation, campaign=campaign, debtor=debtor, invoice_number=f"B-{number}", invoice_key=f"b-{number}"
        )


def measure(planned: int, *, due: int, runs: int) -> float:
    """The median of `runs` claims of `due` steps with `planned` in the table, in milliseconds; prints them."""
    from campaigns.models import Step

    _fill(planned, due=due)
    times = []
    for _ in range(runs):
        times.append(_claim(due))
        Step.objects.exclude(lease_until=None).update(lease_until=None)
        _vacuum()
    median = statistics.median(times)
    shown = ", ".join(f"{one:.1f}" for one in times)
    print(f"{due:,} due of {planned:,} planned: {median:.1f} ms (runs: {shown})", flush=True)
    return median


def _fill(planned: int, *, due: int) -> None:
    """Plan up to `planned` steps in all; each is another version of its case's, so that none is there twice."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaigns_step")
        standing = cursor.fetchone()[0]
        statement = _FILL.replace("    1, 1, 'email'", "    1 + n / 500, 1, 'email'")
        cursor.execute(statement, {"first": standing + 1, "last": planned, "due": due})
    _vacuum()


def _vacuum() -> None:
    """What autovacuum does by itself: each run leaves a thousand dead rows behind."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE campaigns_step")


def _claim(due: int) -> float:
    from django.db.models import Q

    from agentcollect.kit import clock
    from outreach.operations import sending

    began = time.perf_counter()
    claims = sending._claim(Q(due_at__lte=clock.now()), due)
    took = (time.perf_counter() - began) * 1000
    if len(claims) != due:
        raise SystemExit(f"{len(claims)} of {due} due steps were claimed")
    return took


if __name__ == "__main__":
    main()
