"""Every test of this room starts with empty buckets: they count per address, and all tests come from one."""

import pytest

from accounts.models import Organisation
from agentcollect.kit import ratelimit, redis
from tests import factories


@pytest.fixture(autouse=True)
def _fresh_buckets(empty_redis: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does the process remember counts, or a failure of Redis, from another test."""
    monkeypatch.setattr(redis, "_health", redis._Health())
    monkeypatch.setattr(ratelimit, "_own", ratelimit._Own())


@pytest.fixture
def creditor(db: None) -> Organisation:
    return factories.organisation()
