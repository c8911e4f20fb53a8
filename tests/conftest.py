"""What every test may use. `tests/environment.py` arranged services and state before settings loaded."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# What reads no row of its own, or rows alike on both databases: once, on the last one (tests.run_suite), is enough.
EITHER = (
    "accounts/test_admin.py",
    "campaigns/test_offer_policy.py",
    "compliance/",
    "dashboard/test_bank.py",
    "dashboard/test_docs",
    "dashboard/test_domains.py",
    "dashboard/test_papers.py",
    "dashboard/test_payment_pages.py",
    "dashboard/test_reconciliation.py",
    "dashboard/test_security.py",
    "dashboard/test_signup.py",
    "dashboard/test_statements.py",
    "dashboard/test_team.py",
    "dashboard/test_webhook_forms.py",
    "dashboard/test_webhook_signatures.py",
    "events/test_task_words.py",
    "journeys/test_guides.py",
    "journeys/test_openapi_sdk.py",
    "journeys/test_python_client.py",
    "journeys/test_receiver_down.py",
    "journeys/test_receiver_schemas.py",
    "journeys/test_secrets_in_logs.py",
    "kit/test_errors_registry.py",
    "kit/test_http_",
    "outreach/test_golden.py",
    "outreach/test_incoming.py",
    "outreach/test_notices.py",
    "outreach/test_offer_mail.py",
    "outreach/test_referrals.py",
    "outreach/test_rendering.py",
    "outreach/test_reply_corpus.py",
    "outreach/test_reply_path.py",
    "outreach/test_smtp_tls.py",
    "outreach/test_wordings.py",
    "payments/test_bank_files.py",
    "payments/test_banking.py",
    "payments/test_books.py",
    "payments/test_callback_storm.py",
    "payments/test_fees.py",
    "payments/test_hosts.py",
    "payments/test_later.py",
    "payments/test_matching_rules.py",
    "payments/test_offer_page.py",
    "payments/test_offers.py",
    "payments/test_offers_api.py",
    "payments/test_page.py",
    "payments/test_pay_",
    "payments/test_receipt_pdf.py",
    "payments/test_remitting.py",
    "payments/test_statements.py",
    "payments/test_stripe.py",
    "sandbox/test_checker.py",
    "sandbox/test_month.py",
    "sandbox/test_reports_pandas.py",
    "sandbox/test_simulation.py",
    "test_claims.py",
    "test_fuzz.py",
    "test_isolation.py",
    "webhooks/test_admin.py",
    "webhooks/test_faults.py",
    "webhooks/test_hostile.py",
    "webhooks/test_snippets.py",
)


PART = os.environ.get("AGENTCOLLECT_TEST_PART", "")  # which part of tests.run_suite this is, if any


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """A part reads only the files that may hold a test of its own: reading all of them takes ten seconds."""
    if not PART or collection_path.is_dir() or not collection_path.name.startswith("test_"):
        return None
    in_browser = collection_path.parent.name == "browser"
    theirs = not _names_processes(collection_path) if PART == "processes" else PART.startswith("browser") != in_browser
    return True if theirs else None


def _names_processes(path: Path) -> bool:
    return "mark.processes" in path.read_text()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    for item in items:
        if item.get_closest_marker("processes") and not _names_processes(item.path):
            raise pytest.UsageError(f"{item.path}: write mark.processes in the file itself, or it runs in no part")
        if item.path.relative_to(tests).as_posix().startswith(EITHER):
            item.add_marker("either")


def pytest_configure(config: pytest.Config) -> None:
    """Adapt settings to tests: SQLite in a file, static files without a collected manifest."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, as in the product: shared-cache memory has table locks that no busy timeout waits for.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database.setdefault("TEST", {})["NAME"] = str(
            Path(os.environ["AGENTCOLLECT_VAR"]) / f"test-{worker}-{os.getpid()}.sqlite3"
        )
    elif PART:  # two parts at a time, on one server
        database.setdefault("TEST", {})["NAME"] = f"test_{database['NAME']}_{PART}"
    from tests import flush

    flush.install()
    from agentcollect.kit import hosts

    # Nobody has a pay host, and no count of statements has the look for them in it, but where a test says otherwise
    # (tests/payments/hosts.py).
    hosts._kept.read_at = float("inf")
    # The real one takes half a second a sign-in, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.REQUEST_LOG_THREAD = False  # a test writes the log when it wants to see it
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A real Valkey; under xdist a database number of this worker's own."""
    return os.environ["REDIS_URL"]


@pytest.fixture
def empty_redis(redis_url: str) -> Iterator[None]:
    """Nothing left in Redis from another test: rate limits, idempotency, caches."""
    import redis

    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    yield
    client.flushdb()
    client.close()
