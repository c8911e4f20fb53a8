"""What every test may use. `tests/environment.py` arranged services and state before settings loaded."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# What reads no row of its own, or rows alike on both databases: once, on the last one (tests.run_suite), is enough.
EITHER = (
    "accounts/test_admin.py",
    "compliance/",
    "dashboard/test_docs",
    "journeys/test_guides.py",
    "journeys/test_openapi_sdk.py",
    "journeys/test_python_client.py",
    "journeys/test_receiver_down.py",
    "journeys/test_receiver_schemas.py",
    "journeys/test_secrets_in_logs.py",
    "kit/test_http_",
    "outreach/test_golden.py",
    "outreach/test_incoming.py",
    "outreach/test_reply_corpus.py",
    "outreach/test_wordings.py",
    "test_claims.py",
    "test_fuzz.py",
    "test_isolation.py",
    "webhooks/test_admin.py",
    "webhooks/test_faults.py",
    "webhooks/test_hostile.py",
    "webhooks/test_snippets.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    for item in items:
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
        flush_append_only_tables()
    # The real one takes half a second a sign-in, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.REQUEST_LOG_THREAD = False  # a test writes the log when it wants to see it
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


def flush_append_only_tables() -> None:
    """Between transactional tests SQLite deletes row by row, which append-only tables refuse in live mode.

    PostgreSQL truncates, and has no such trouble.
    """
    from django.db.backends.sqlite3.base import DatabaseOperations

    from agentcollect.kit import integrity

    flush = DatabaseOperations.execute_sql_flush

    def flush_without_triggers(self: DatabaseOperations, statements: list[str]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%%_no_delete'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        flush(self, statements)
        integrity.install()

    DatabaseOperations.execute_sql_flush = flush_without_triggers


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
