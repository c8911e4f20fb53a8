"""What every test may use. `tests/environment.py` arranged services and state before settings loaded."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


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
