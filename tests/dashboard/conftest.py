"""Fixtures of the dashboard's tests: an owner signed in, with and without a filled organisation."""

import pytest
from django.test import Client

from tests import factories
from tests.dashboard import world


@pytest.fixture
def owner(db: None, client: Client) -> Client:
    """The owner of an organisation where nothing has happened yet."""
    organisation = factories.organisation()
    client.force_login(world.member(organisation).user)
    client.organisation = organisation  # type: ignore[attr-defined]
    return client


@pytest.fixture
def filled(owner: Client) -> world.World:
    """The owner's organisation with a running campaign, payments, mails and a failed delivery."""
    return world.fill(owner.organisation)  # type: ignore[attr-defined]


@pytest.fixture
def busy(owner: Client) -> world.Busy:
    """The owner's organisation with something of everything that waits for a person."""
    return world.busy(owner.organisation)  # type: ignore[attr-defined]
