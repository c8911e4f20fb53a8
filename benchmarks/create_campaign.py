"""P2: `POST /v1/campaigns` with 500 debtors, over HTTP, on PostgreSQL.

One organisation, two endpoints subscribed to everything, freshly loaded and analysed tables. Closed loop with 2, then
4 clients (each sends its next body when the last is answered). Prints p50/p95/p99 per run and, in the same run, the
floor: the same server answering a small authenticated GET.

    DATABASE_URL=postgres://… python -m benchmarks.create_campaign [--runs 3] [--creates 300] [--preload 20000]

The database named by DATABASE_URL is emptied. Workers are not started: what is measured is the request.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

import httpx
import orjson

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("SECRETS_FROM_VAR", "1")
os.environ.setdefault("AGENTCOLLECT_VAR", tempfile.mkdtemp(prefix="bench-"))
os.environ.setdefault("EGRESS_ALLOW_LOOPBACK_HTTP", "1")
os.environ.setdefault("RATE_LIMIT_PER_MINUTE", "1000000")
os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1")
os.environ.setdefault("LOG_LEVEL", "WARNING")


def main() -> None:
    options = _options()
    from benchmarks import machine
    from tests.services import Broker

    with tempfile.TemporaryDirectory() as folder:
        from pathlib import Path

        broker = Broker(Path(folder)).start()
        os.environ["REDIS_URL"] = broker.url
        try:
            key = _prepare(options.preload)
            print(machine.describe())
            with _server(options.port) as base_url:
                _measure(base_url, key, options)
        finally:
            broker.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--creates", type=int, default=300)
    parser.add_argument("--debtors", type=int, default=500)
    parser.add_argument("--preload", type=int, default=20_000, help="cases in the table before the first create")
    parser.add_argument("--clients", type=int, nargs="*", default=[2, 4])
    parser.add_argument("--port", type=int, default=8123)
    return parser.parse_args()


def _prepare(preload: int) -> str:
    """An empty database with one organisation, two endpoints and `preload` cases; returns a test key."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    from agentcollect.kit import clock
    from tests import factories
    from webhooks import operations as webhooks

    organisation = factories.organisation()
    key = factories.api_key(organisation)
    for n in range(2):
        webhooks.create_endpoint(
            organisation_id=organisation.id,
            livemode=False,
            url=f"http://127.0.0.1:9/{n}",
            events=["*"],
            by="bench",
            at=clock.now(),
        )
    for start in range(0, preload, 500):
        _create_here(organisation, bodies(500, f"pre{start}"))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    connection.close()
    return key


def _create_here(organisation: Any, raw: bytes) -> None:
    from agentcollect.kit import clock
    from campaigns import operations
    from campaigns.serializers import checks, intake

    at = clock.now()
    request = checks.check(intake.decode(raw), checks.terms_of(organisation, livemode=False, at=at))
    operations.create(organisation=organisation, livemode=False, request=request, by="bench", at=at)


def bodies(debtors: int, name: str) -> bytes:
    """A create body of `debtors` rows that no other body repeats."""
    return orjson.dumps(
        {
            "company": "Your Company Inc.",
            "debtors": [
                {
                    "company_name": f"Debtor {name} {n} Inc",
                    "contact_email": f"ap@d-{name}-{n}.com",
                    "contact_name": "Accounts Payable",
                    "invoice_amount": 1000 + n,
                    "invoice_date": "2025-10-01",
                    "invoice_number": f"INV-{name}-{n}",
                    "state": "NY",
                }
                for n in range(debtors)
            ],
        }
    )


class _server:
    """The product's own web process, as the Procfile starts it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __enter__(self) -> str:
        command = f"-m granian --interface wsgi --host 127.0.0.1 --port {self.port} --workers 2 --blocking-threads 2"
        arguments = [sys.executable, *command.split(), "--no-log", "agentcollect.wsgi:application"]
        self.process = subprocess.Popen(arguments)
        url = f"http://127.0.0.1:{self.port}"
        for _ in range(200):
            try:
                if httpx.get(f"{url}/readyz").status_code == 200:
                    return url
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise SystemExit("the web process did not become ready")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def _measure(base_url: str, key: str, options: argparse.Namespace) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    floor = _loop(base_url, headers, 2, 400, lambda _c, _n: ("GET", "/v1/organisation", None))
    print(f"floor GET /v1/organisation, 2 clients: {_line(floor)}")
    for clients in options.clients:
        for run in range(options.runs):

            def make(client: int, n: int, run: int = run, clients: int = clients) -> tuple[str, str, bytes]:
                return "POST", "/v1/campaigns", bodies(options.debtors, f"{clients}.{run}.{client}.{n}")

            taken = _loop(base_url, headers, clients, options.creates, make)
            print(f"create {options.debtors} debtors, {clients} clients, run {run + 1}: {_line(taken)}", flush=True)


def _loop(base_url: str, headers: dict[str, str], clients: int, total: int, make: Any) -> list[float]:
    taken: list[float] = []

    def work(client: int) -> None:
        with httpx.Client(base_url=base_url, headers=headers, timeout=60) as http:
            for n in range(total // clients):
                method, path, body = make(client, n)
                started = time.perf_counter()
                answer = http.request(method, path, content=body)
                taken.append(time.perf_counter() - started)
                if answer.status_code >= 300:
                    raise SystemExit(f"{answer.status_code}: {answer.text[:300]}")

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _line(taken: list[float]) -> str:
    ranked = statistics.quantiles(taken, n=100)
    return f"n={len(taken)} p50 {ranked[49] * 1e3:.0f} ms, p95 {ranked[94] * 1e3:.0f}, p99 {ranked[98] * 1e3:.0f}"


if __name__ == "__main__":
    main()
