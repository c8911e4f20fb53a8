"""One product for all journeys, beside it a mail server and a customer's receiver.

The journeys run in the order of their files: the one that kills processes comes last.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from agentcollect.supervisor.broker import free_port
from tests.journeys.receiver import Receiver, receiving
from tests.journeys.world import Tenant, act, debtor
from tests.outreach.mail_server import Keeper, mail_server
from tests.processes import RunningProduct


@pytest.fixture(scope="session")
def _mail() -> Iterator[tuple[Keeper, int]]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="session")
def mails(_mail: tuple[Keeper, int]) -> Keeper:
    """The SMTP server that live mode sends through."""
    return _mail[0]


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="session")
def product(_mail: tuple[Keeper, int]) -> Iterator[RunningProduct]:
    env = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(_mail[1]), "SMTP_STARTTLS": "0"}
    with RunningProduct(env=env) as running:
        yield running


@pytest.fixture(scope="session")
def _tenants(product: RunningProduct) -> dict[str, Tenant]:
    names = ["Page Inc.", "Readme Inc.", "Guide Inc.", "Client Inc.", "Down Inc.", "Hardy Inc."]
    made = act(product, "tenants", names=names)
    return {name: Tenant(base_url=product.base_url, **facts) for name, facts in zip(names, made, strict=True)}


@pytest.fixture(scope="session")
def tenant(_tenants: dict[str, Tenant]) -> Tenant:
    """Whoever plays the product page."""
    return _tenants["Page Inc."]


@pytest.fixture(scope="session")
def reader(_tenants: dict[str, Tenant]) -> Tenant:
    """Whoever follows the README."""
    return _tenants["Readme Inc."]


@pytest.fixture(scope="session")
def guided(_tenants: dict[str, Tenant]) -> Tenant:
    """Whoever follows the guides. Apart from the product page's: both write to Acme Corp."""
    return _tenants["Guide Inc."]


@pytest.fixture(scope="session")
def programmer(_tenants: dict[str, Tenant]) -> Tenant:
    """Whoever calls through a client library."""
    return _tenants["Client Inc."]


@pytest.fixture(scope="session")
def hardy(_tenants: dict[str, Tenant]) -> Tenant:
    """Whoever goes on while processes are killed."""
    return _tenants["Hardy Inc."]


@dataclass(frozen=True)
class Unheard:
    """A payment that nobody heard of: one endpoint answers 500, at the other's port nobody listens."""

    tenant: Tenant
    broken: tuple[str, str]
    closed: tuple[str, str]
    closed_port: int


@pytest.fixture(scope="session", autouse=True)
def unheard(_tenants: dict[str, Tenant], receiver: Receiver) -> Unheard:
    """Begun with the first journey, because its last attempt comes 36 s later; told in test_receiver_down.py."""
    tenant, port = _tenants["Down Inc."], free_port()
    well, _ = tenant.hook(f"{receiver.url}/well", "webhook.test")
    with tenant.api() as api:
        assert api.post(f"/v1/webhooks/{well}/test").status_code == 202
    receiver.wait("/well", seconds=60)  # the sender is up
    receiver.answers["/broken"] = 500
    broken = tenant.hook(f"{receiver.url}/broken", "payment.received")
    closed = tenant.hook(f"http://127.0.0.1:{port}/closed", "payment.received")
    campaign_id = tenant.create(debtor("Acme Corp", "INV-1"))
    with tenant.api() as api:
        paid = api.post("/v1/sandbox/payments", json={"campaign_id": campaign_id, "invoice_number": "INV-1"})
    assert paid.status_code == 201, paid.text
    return Unheard(tenant, broken, closed, port)
