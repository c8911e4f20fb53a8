"""Pay hosts in tests: read from the database for this test, and forgotten after it."""

from collections.abc import Iterator

import pytest

from agentcollect.kit import hosts


@pytest.fixture
def looked_up() -> Iterator[None]:
    hosts.forget()
    yield
    hosts.forget()
    hosts._kept.read_at = float("inf")  # as tests/conftest.py has it
