"""Every test of this room starts with empty buckets: they count per address, and all tests come from one."""

import pytest

from accounts.models import Organisation
from tests import factories


@pytest.fixture(autouse=True)
def _fresh_buckets(empty_redis: None) -> None:
    pass


@pytest.fixture
def creditor(db: None) -> Organisation:
    return factories.organisation()
