"""kill -9 of every process in turn: nothing that was answered is lost, nobody is mailed twice, all comes back alone."""

import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.journeys.receiver import Receiver
from tests.journeys.world import Tenant, act, debtor, until
from tests.processes import RunningProduct

pytestmark = pytest.mark.processes
RECOVERED = 60  # seconds within which everything stands again by itself
INVOICES = 20


@dataclass(frozen=True)
class Ear:
    """The customer's endpoint for everything, there before the first fact."""

    receiver: Receiver
    secret: str

    def heard(self) -> set[str]:
        return {got.event["id"] for got in self.receiver.at("/ear")}


@pytest.fixture(scope="module")
def ear(hardy: Tenant, receiver: Receiver) -> Ear:
    return Ear(receiver, hardy.hook(f"{receiver.url}/ear")[1])


@dataclass
class Customer:
    """Sends until it has an answer, as a customer's own worker does; remembers what it was told."""

    tenant: Tenant
    campaigns: dict[str, str] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    failures: int = 0
    slowest: float = 0.0

    def work(self) -> None:
        """Create and pay, invoice by invoice, without a hurry: processes die meanwhile."""
        with self.tenant.api() as api:
            for number in (f"INV-{n}" for n in range(INVOICES)):
                body = {"company": "Hardy Inc.", "debtors": [debtor(f"Load {number}", number, 100)]}
                self.campaigns[number] = self._made(api, self._post(api, "/v1/campaigns", body))
                body = {"campaign_id": self.campaigns[number], "invoice_number": number}
                answer = self._post(api, "/v1/sandbox/payments", body)
                # Paid by a request whose answer was lost: then nothing is owed any more.
                assert answer.status_code == 201 or answer.json()["error"] == "no_balance", answer.text
                self.paid.add(number)
                time.sleep(0.2)

    def _made(self, api: httpx.Client, answer: httpx.Response) -> str:
        if answer.status_code == 201:
            return str(answer.json()["id"])
        # Created by a request whose answer was lost.
        assert answer.json()["error"] == "duplicate_invoice", answer.text
        case = api.get(f"/v1/cases/{answer.json()['errors'][0]['case_id']}").json()
        return str(case["campaign_id"])

    def _post(self, api: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
        began = time.monotonic()
        while time.monotonic() < began + RECOVERED:
            try:
                answer = api.post(path, json=body, timeout=10)
                if answer.status_code < 500:
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    return answer
            except httpx.HTTPError:
                pass
            self.failures += 1
            time.sleep(0.1)
        raise AssertionError(f"no answer from {path} for {RECOVERED} s")


def events(tenant: Tenant) -> list[dict[str, Any]]:
    """Everything that happened, pulled from the first event on."""
    found: list[dict[str, Any]] = []
    with tenant.api() as api:
        after = ""
        while True:
            page = api.get("/v1/events", params={"limit": 100} | ({"after": after} if after else {})).json()
            found, after = found + page["data"], page["next_cursor"]
            if not page["has_more"]:
                return found


def wait_all_heard(tenant: Tenant, ear: Ear) -> list[dict[str, Any]]:
    """Until the receiver has every event there is; the error names what is missing and how its delivery stands."""

    def missing() -> list[dict[str, Any]]:
        return [one for one in events(tenant) if one["id"] not in ear.heard()]

    try:
        until(lambda: not missing(), seconds=RECOVERED)
    except AssertionError as late:
        raise AssertionError(
            f"never heard: {[(one['event'], _deliveries(tenant, one['id'])) for one in missing()]}"
        ) from late
    return events(tenant)


def _deliveries(tenant: Tenant, event_id: str) -> list[dict[str, Any]]:
    """How the deliveries of one event stand, for a failure's message."""
    with tenant.api() as api:
        hooks = api.get("/v1/webhooks", params={"limit": 100}).json()["data"]
        pages = [
            api.get(f"/v1/webhooks/{hook['id']}/deliveries", params={"limit": 100}).json()["data"] for hook in hooks
        ]
    return [row for page in pages for row in page if row["event_id"] == event_id]


def opened(tenant: Tenant, campaign_id: str) -> bool:
    return any(one["event"] == "case.opened" and one["data"]["campaign_id"] == campaign_id for one in events(tenant))


@pytest.fixture(scope="module")
def storm(product: RunningProduct, hardy: Tenant, ear: Ear) -> tuple[Customer, float]:
    """The load, while each process but the broker is killed once; and how long the last one took to stand again."""
    customer, broken = Customer(hardy), []

    def work() -> None:
        try:
            customer.work()
        except BaseException as error:
            broken.append(error)

    load = threading.Thread(target=work)
    load.start()
    for name in ("worker", "sender", "web", "beat"):
        time.sleep(1)
        old = product.kill9(name)
        product.wait_restarted(name, old=old)
    died = time.monotonic()
    load.join(3 * RECOVERED)
    assert not load.is_alive()
    assert not broken, broken
    return customer, died


def test_no_fact_is_lost(
    hardy: Tenant, ear: Ear, storm: tuple[Customer, float], capsys: pytest.CaptureFixture[str]
) -> None:
    customer, died = storm
    fresh = hardy.create(debtor("Fresh Corp", "INV-FRESH"))
    until(lambda: opened(hardy, fresh), seconds=RECOVERED)
    told = wait_all_heard(hardy, ear)
    took = time.monotonic() - died
    assert took < RECOVERED
    assert [one["sequence"] for one in told] == list(range(1, len(told) + 1))
    answered = sorted(customer.campaigns.values())
    assert len(answered) == len(customer.paid) == INVOICES
    for type in ("campaign.started", "payment.received", "case.closed"):
        about = [one["data"]["campaign_id"] for one in told if one["event"] == type]
        assert sorted(one for one in about if one != fresh) == answered, type
    bodies = {got.verify(ear.secret)["id"]: got.body for got in ear.receiver.at("/ear")}
    assert all(got.body == bodies[got.event["id"]] for got in ear.receiver.at("/ear"))
    with capsys.disabled():
        repeated = len(ear.receiver.at("/ear")) - len(bodies)
        print(
            f"\n{len(told)} events, none lost, {repeated} heard twice; {customer.failures} requests repeated, the "
            f"slowest answered after {customer.slowest:.1f} s; all delivered {took:.1f} s after the last kill"
        )


def test_a_web_process_killed_between_commit_and_nudge(
    product: RunningProduct, hardy: Tenant, ear: Ear, storm: tuple[Customer, float]
) -> None:
    """Nobody is woken: the sweeps find the campaign, and its events go out. Beat and worker are those started anew."""
    body = {"company": "Hardy Inc.", "debtors": [debtor("Unnudged Corp", "INV-UNNUDGED")]}
    act(product, "create_and_die", returncode=-signal.SIGKILL, organisation_id=hardy.id, body=body)
    with hardy.api() as api:
        made = api.get("/v1/campaigns", params={"limit": 1}).json()["data"][0]["id"]
    assert ear.receiver.wait("/ear", "campaign.started", about=made, seconds=5)[0].verify(ear.secret)
    case = hardy.cases(made)[0]
    assert (case["invoice_number"], case["status"]) == ("INV-UNNUDGED", "active")
    until(lambda: opened(hardy, made))


def test_nobody_is_mailed_twice(product: RunningProduct, hardy: Tenant) -> None:
    """A worker killed while it hands a mail over, then two at once where it died."""
    made = hardy.create(*(debtor(f"Mailed {n}", f"MAIL-{n}") for n in range(6)))
    hardy.cases(made)
    act(product, "mail", returncode=-signal.SIGKILL, campaign_id=made, dies_after=3)
    both = [threading.Thread(target=act, args=(product, "mail"), kwargs={"campaign_id": made}) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(120)
    got = act(product, "mailbox", campaign_id=made)
    assert len({one["message"] for one in got}) == len({one["case"] for one in got}) == len(got) == 6
    # The one that was being handed over stands in doubt, and is not repeated.
    assert sorted(act(product, "steps", campaign_id=made)) == ["sent"] * 5 + ["unconfirmed"]


def test_requests_are_served_while_the_broker_is_gone(
    product: RunningProduct, hardy: Tenant, ear: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    old = product.kill9("broker")
    began = time.monotonic()
    made = hardy.create(debtor("Brokerless Corp", "INV-BROKERLESS"))
    took = time.monotonic() - began
    assert ear.receiver.wait("/ear", "campaign.started", about=made, seconds=10)
    product.wait_restarted("broker", old=old)
    until(lambda: opened(hardy, made), seconds=RECOVERED)
    with capsys.disabled():
        print(f"\nwithout a broker: created in {took * 1000:.0f} ms, opened {time.monotonic() - began:.1f} s later")
    assert took < 5
    told = wait_all_heard(hardy, ear)
    assert [one["sequence"] for one in told] == list(range(1, len(told) + 1))
