"""The order of a seeding: migrate, organisations, stories in parallel, keys laid again, checks, VACUUM ANALYZE."""

import multiprocessing
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from accounts.models import Organisation
from agentcollect.kit import clock, integrity
from benchmarks.seed import fingerprint, verify
from benchmarks.seed.book import Tenant
from benchmarks.seed.story import Story
from benchmarks.seed.tables import Writer, millis
from events.models import Counter
from outreach.models import Attorney
from sandbox import demo
from webhooks import operations as webhooks

BY = "ops:seed"
# Shares of the cases: a few large creditors, a tail of small ones.
_NAMES = (
    ("Meridian Supply Inc.", 24),
    ("Northgate Staffing LLC", 17),
    ("Brightwater Media Group", 13),
    ("Summit Freight Partners", 11),
    ("Cobalt Software Inc.", 9),
    ("Harborview Wholesale", 7),
    ("Juniper Facilities LLC", 6),
    ("Ironbridge Equipment Rental", 5),
    ("Clearpath Consulting", 3),
    ("Lakeshore Packaging Co.", 2),
    ("Redwood Design Studio", 2),
    ("Evergreen Office Supply", 1),
)


class Refused(Exception):
    """The database is not one to be filled; the text says why, for a person."""


def everything(options: Namespace) -> None:
    """Fill the database that settings name, and say how it went."""
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    refuse_if_filled()
    at = clock.now()
    tenants = make_tenants(options.cases, options.organisations, at)
    for tenant, key, login in tenants:
        print(f"{tenant.cases:>9,} cases  {tenant.name:<28} {key}  {login}")
    told = time.perf_counter()
    print(f"organisations made in {told - began:.0f} s", flush=True)
    with unkeyed():
        rows = _tell([tenant for tenant, *_ in tenants], options, at)
        loaded = time.perf_counter()
    keyed = time.perf_counter()
    print(f"{rows:,} rows in {loaded - told:.0f} s: {rows / (loaded - told):,.0f} rows/s by COPY", flush=True)
    print(f"tenant keys laid again and proved by PostgreSQL: {keyed - loaded:.0f} s", flush=True)
    for words in verify.everything():
        print(words, flush=True)
    checked = time.perf_counter()
    _vacuum()
    ended = time.perf_counter()
    print(f"checked in {checked - keyed:.0f} s, VACUUM ANALYZE {ended - checked:.0f} s")
    print(
        f"{options.cases:,} cases, {rows:,} rows in {ended - began:.0f} s: {rows / (ended - began):,.0f} rows/s in all"
    )


def refuse_if_filled() -> None:
    """Raises Refused where anybody lives already."""
    if Organisation.objects.exists():
        raise Refused("This database is not empty: name another, or drop and create it first.")


def make_tenants(cases: int, count: int, at: datetime) -> list[tuple[Tenant, str, str]]:
    """Organisations made by the product's own operations, with (test key, login) of each; `cases` shared out."""
    named = [_NAMES[n] if n < len(_NAMES) else (f"Creditor {n + 1} LLC", 1) for n in range(count)]
    whole = sum(share for _, share in named)
    since = at - timedelta(days=760)
    found = []
    for name, share in named:
        made = demo.ensure(name=name, by=BY, at=since)
        endpoint, _ = webhooks.create_endpoint(
            organisation_id=made.organisation_id,
            livemode=False,
            url=f"https://hooks.example.com/{demo.domain(name).partition('.')[0]}",
            events=["*"],
            by=BY,
            at=since,
        )
        attorneys = tuple(Attorney.objects.filter(sandbox=True).values_list("id", "name", "bar_state", "bar_number"))
        tenant = Tenant(
            id=made.organisation_id,
            name=name,
            sender=f"ar@{demo.domain(name)}",
            livemode=False,
            cases=cases * share // whole,
            endpoints=(endpoint.id,),
            attorneys=attorneys,
            last_sequence=Counter.objects.filter(organisation_id=made.organisation_id, livemode=False)
            .values_list("value", flat=True)
            .first()
            or 0,
        )
        found.append((tenant, made.api_key, f"{made.email} / {made.password}"))
    first, *rest = found
    left = cases - sum(tenant.cases for tenant, *_ in rest)
    return [(_with_cases(first[0], left), *first[1:]), *rest]


def _with_cases(tenant: Tenant, cases: int) -> Tenant:
    return Tenant(**{name: getattr(tenant, name) for name in tenant.__slots__} | {"cases": cases})


# --- stories


def _tell(tenants: Sequence[Tenant], options: Namespace, at: datetime) -> int:
    """Every tenant's story, the largest first, in processes of their own; the number of rows."""
    connection.close()
    jobs = [(tenant, f"{options.seed}:{number}", at) for number, tenant in enumerate(tenants)]
    if options.processes < 2:
        return sum(tell(*job) for job in jobs)
    with multiprocessing.get_context("fork").Pool(options.processes) as pool:
        return sum(pool.starmap(tell, jobs, chunksize=1))


def tell(tenant: Tenant, seed: str, at: datetime) -> int:
    """One tenant's story into the database; the number of rows."""
    writer = Writer(connection, lambda: None, tenant.last_sequence)
    Story(tenant, writer, seed=seed, now=millis(at), api_version=settings.API_VERSION).tell()
    Counter.objects.update_or_create(
        organisation_id=tenant.id, livemode=tenant.livemode, defaults={"value": writer.sequence}
    )
    return writer.written


# --- keys


@contextmanager
def unkeyed() -> Iterator[None]:
    """Without the tenant keys; afterwards `integrity.install` lays them again, which fails if any row breaks one."""
    connection.check_constraints()  # inside a transaction (a test's): no table may have a check waiting
    with connection.cursor() as cursor:
        for table, names in _tenant_keys():
            drops = ", ".join(f'DROP CONSTRAINT IF EXISTS "{name}"' for name in names)
            cursor.execute(f'ALTER TABLE "{table}" {drops}')
    yield
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
    integrity.install()
    if missing := integrity.missing():
        raise Refused(f"not laid again: {missing}")


def _tenant_keys() -> Iterator[tuple[str, list[str]]]:
    for model in integrity.declared():
        parents: dict[str, Any] = getattr(model.Integrity, "tenant_parents", {})  # type: ignore[attr-defined]
        table = model._meta.db_table
        if names := [name for column in parents for name in integrity._tenant_names(table, column)]:
            yield table, names


def _vacuum() -> None:
    """Hint bits and the visibility map too: the first readers would otherwise write them."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute(f"COMMENT ON DATABASE {connection.ops.quote_name(_name())} IS 'seeded {fingerprint()}'")


def _name() -> str:
    return str(connection.settings_dict["NAME"])
