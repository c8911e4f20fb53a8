"""Names for payment pages: which may be asked for, proven by a real name server on loopback, broken and back again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organisation
from agentcollect.kit import clock, hosts
from events.models import Event
from payments import operations
from payments.models import PayDomain
from payments.providers import names
from payments.rules import hosts as rules
from tests import factories
from tests.payments.hosts import looked_up as looked_up
from tests.payments.names_server import Zone, serving

pytestmark = pytest.mark.usefixtures("looked_up")

AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
HOST, TARGET, ADDRESS = "pay.harborpine.example", "app.agentcollect.example", "203.0.113.7"


@pytest.fixture(scope="module")
def _zone() -> Iterator[Zone]:
    with serving() as zone:
        yield zone


@pytest.fixture
def zone(_zone: Zone, settings: Any) -> Zone:
    settings.DNS_SERVERS, settings.PAY_TARGET = [_zone.address], TARGET
    _zone.records, _zone.broken, _zone.asked = {}, False, []
    _zone.set(TARGET, "A", ADDRESS)
    return _zone


@pytest.fixture
def organisation(db: None) -> Organisation:
    return factories.organisation()


def ask(organisation: Organisation, host: str = HOST, livemode: bool = True) -> PayDomain:
    asked = {"organisation_id": organisation.id, "livemode": livemode, "host": host}
    return operations.add_domain(**asked, by="test", at=AT).domain


def stand(zone: Zone, domain: PayDomain) -> None:
    zone.set(f"_agentcollect.{domain.host}", "TXT", "something else", domain.token)
    zone.set(domain.host, "CNAME", TARGET)


def check(at: datetime) -> int:
    return operations.check_domains(at=at)


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" Pay.YourCompany.com. ", "pay.yourcompany.com"),
        ("pay.bücher.example", "pay.xn--bcher-kva.example"),
        ("a.b.c.yourcompany.co.uk", "a.b.c.yourcompany.co.uk"),
    ],
)
def test_a_name_as_it_is_kept(typed: str, host: str) -> None:
    assert rules.read_host(typed, ours=[]) == host


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            "pay",
            "yourcompany.com",
            "https://pay.yourcompany.com",
            "pay.yourcompany.com/x",
            "pay.yourcompany.com:443",
        ),
        *(
            "203.0.113.7",
            "[2606:4700::1]",
            "1.2.3",
            "0x7f.0.0.1",
            "pay.corp.internal",
            "pay.machine.local",
            "a.b.localhost",
        ),
        *(
            "pay_.yourcompany.com",
            "-pay.yourcompany.com",
            "*.yourcompany.com",
            "a@pay.yourcompany.com",
            "a\0b.example.com",
        ),
        *("app.agentcollect.com", "pay.app.agentcollect.com", "xn--zzzz-.yourcompany.com", f"{'a.' * 120}com"),
    ],
)
def test_names_that_nobody_can_have(typed: str) -> None:
    with pytest.raises(ValueError, match=r"must|is"):
        rules.read_host(typed, ours=["app.agentcollect.com"])


@pytest.mark.parametrize(
    ("brand", "host"),
    [
        ({"domain": "acme.com"}, "pay.acme.com"),
        ({"domain": "www.acme.com"}, "pay.acme.com"),
        ({"domain": "acme.com", "pay_domain": "rechnung.other.com"}, "rechnung.other.com"),
        ({"domain": "acme.com", "pay_domain": "pay.unproven.com"}, "pay.acme.com"),
        ({"domain": "other.com"}, "rechnung.other.com"),
        ({"from_email": "ar@other.com"}, "rechnung.other.com"),
        ({"from_email": "acme@gmail.com"}, ""),
        ({"domain": "me.com"}, ""),
        ({"domain": "third.com", "from_email": "ar@acme.com"}, ""),
        ({}, ""),
    ],
)
def test_a_brand_is_paid_at_its_own_name_only(brand: dict[str, str], host: str) -> None:
    proven = ["x.rechnung.other.com", "rechnung.other.com", "billing.acme.com", "pay.acme.com"]
    assert rules.host_of_brand(brand, proven) == host


def test_proven_by_its_records(organisation: Organisation, zone: Zone) -> None:
    domain = ask(organisation)
    assert (domain.status, check(AT)) == ("pending", 0), "nobody has had time to set anything"
    assert check(AT + timedelta(minutes=1)) == 1
    domain.refresh_from_db()
    assert (domain.status, domain.fault) == (
        "pending",
        f"There is no TXT record _agentcollect.{HOST} with the value {domain.token}.",
    )
    assert hosts.pay_host(HOST) is None
    stand(zone, domain)
    assert check(AT + timedelta(minutes=2)) == 1
    domain.refresh_from_db()
    assert (domain.status, domain.fault, domain.failures) == ("verified", "", 0)
    assert domain.verified_at == AT + timedelta(minutes=2)
    hosts.forget()  # what a commit does
    assert hosts.pay_host(HOST) == hosts.PayHost(HOST, organisation.id, True, True)
    event = Event.objects.get(type="domain.verified")
    assert (event.data, event.livemode) == ({"domain_id": domain.id, "host": HOST}, True)
    assert check(AT + timedelta(hours=23)) == 0
    assert check(AT + timedelta(hours=25)) == 1
    assert Event.objects.filter(type="domain.verified").count() == 1


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        ({}, "has no address"),
        ({(HOST, "A"): ["198.51.100.9"]}, f"{HOST} leads to 198.51.100.9: make it a CNAME of {TARGET}."),
        ({(HOST, "A"): [ADDRESS, "198.51.100.9"]}, "leads to 198.51.100.9"),
        ({(HOST, "A"): [ADDRESS], (HOST, "AAAA"): ["2606:4700::1"]}, "leads to 2606:4700::1"),
        ({(HOST, "A"): [ADDRESS]}, ""),
        ({(HOST, "CNAME"): ["edge.example"], ("edge.example", "A"): [ADDRESS]}, ""),
    ],
)
def test_the_name_must_lead_here(zone: Zone, records: dict[tuple[str, str], list[str]], fault: str) -> None:
    zone.set(f"_agentcollect.{HOST}", "TXT", "token")
    zone.records |= records
    proof = names.prove(host=HOST, token="token", target=TARGET)
    assert proof.proven is (fault == "")
    assert fault in proof.fault


@pytest.mark.parametrize("target", [ADDRESS, f"198.51.100.1, {ADDRESS}"])
def test_our_end_may_be_addresses(zone: Zone, target: str) -> None:
    zone.set(f"_agentcollect.{HOST}", "TXT", "token")
    zone.set(HOST, "A", ADDRESS)
    assert names.prove(host=HOST, token="token", target=target).proven


def test_name_servers_that_fail_prove_nothing(zone: Zone) -> None:
    zone.broken = True
    proof = names.prove(host=HOST, token="token", target=TARGET)
    assert not proof.proven
    assert "did not answer" in proof.fault


def test_broken_after_a_day_and_back_by_itself(organisation: Organisation, zone: Zone) -> None:
    domain = ask(organisation)
    stand(zone, domain)
    at = AT + timedelta(minutes=1)
    check(at)
    zone.broken = True
    seen = []
    for _ in range(3):
        domain.refresh_from_db()
        at = domain.check_at
        assert check(at) == 1
        domain.refresh_from_db()
        seen.append((domain.status, domain.failures, at - AT - timedelta(minutes=1)))
    hours = timedelta(hours=1)
    assert seen == [("verified", 1, 24 * hours), ("verified", 2, 36 * hours), ("broken", 3, 48 * hours)]
    assert (domain.check_at - at) > hours
    hosts.forget()
    assert hosts.pay_host(HOST) == hosts.PayHost(HOST, organisation.id, True, False), "served, but not linked"
    assert hosts.linked(organisation.id, True) == ()
    broken = Event.objects.get(type="domain.broken")
    assert broken.data["host"] == HOST and "did not answer" in broken.data["fault"]
    zone.broken = False
    check(domain.check_at)
    domain.refresh_from_db()
    assert (domain.status, domain.failures, domain.failing_since, domain.fault) == ("verified", 0, None, "")
    assert Event.objects.filter(type="domain.verified").count() == 2


def test_one_bad_answer_breaks_nothing(organisation: Organisation, zone: Zone) -> None:
    domain = ask(organisation)
    stand(zone, domain)
    check(AT + timedelta(minutes=1))
    zone.broken = True
    for minute in range(10, 100, 10):
        operations.verify_domain(domain_id=domain.id, at=AT + timedelta(minutes=minute))
        assert check(AT + timedelta(minutes=minute)) == 1
    domain.refresh_from_db()
    assert (domain.status, domain.failures) == ("verified", 9)
    zone.broken = False
    operations.verify_domain(domain_id=domain.id, at=AT + timedelta(hours=2))
    check(AT + timedelta(hours=2))
    domain.refresh_from_db()
    assert (domain.status, domain.failures, domain.failing_since) == ("verified", 0, None)


def test_looked_for_ever_more_seldom_and_for_a_week(organisation: Organisation, zone: Zone) -> None:
    domain, gaps = ask(organisation), []
    while domain.check_at:
        at = domain.check_at
        check(at)
        domain.refresh_from_db()
        gaps.append(domain.check_at - at if domain.check_at else None)
        assert len(gaps) < 100
    assert gaps[:3] == [timedelta(minutes=1)] * 3
    assert gaps[-2] == timedelta(hours=12) and at - AT >= timedelta(days=7)
    assert gaps[:-1] == sorted(gaps[:-1])
    operations.verify_domain(domain_id=domain.id, at=at + timedelta(days=30))
    stand(zone, domain)
    assert check(at + timedelta(days=30)) == 1
    domain.refresh_from_db()
    assert domain.status == "verified"


def test_whoever_proves_it_second_is_told_nothing_about_the_first(organisation: Organisation, zone: Zone) -> None:
    first, other = ask(organisation), factories.organisation("Someone Else")
    second = ask(other)
    stand(zone, first)
    zone.records[f"_agentcollect.{HOST}", "TXT"].append(second.token)
    check(AT + timedelta(minutes=1))
    first.refresh_from_db(), second.refresh_from_db()
    stood, refused = sorted((first, second), key=lambda one: one.status, reverse=True)
    assert (stood.status, refused.status) == ("verified", "pending")
    assert refused.fault == "Another account serves this host; have it removed there first."
    api = factories.client(factories.api_key(factories.organisation("A third"), True))
    answer = api.post("/v1/domains", {"host": HOST})
    assert (answer.status_code, answer.json()["error"], answer.json()["param"]) == (409, "domain_taken", "host")
    assert organisation.id not in answer.content.decode()


def test_who_lost_the_name_leaves_it_to_who_has_it(organisation: Organisation, zone: Zone) -> None:
    lost = factories.domain(organisation, True, HOST, status="broken", check_at=AT + timedelta(days=9))
    domain = ask(factories.organisation("Bought the name"))
    stand(zone, domain)
    check(AT + timedelta(minutes=1))
    lost.refresh_from_db(), domain.refresh_from_db()
    assert (lost.status, lost.check_at, domain.status) == ("removed", None, "verified")
    assert Event.objects.filter(type="domain.removed", organisation=organisation).count() == 1


def test_a_dead_workers_check_is_made_again(organisation: Organisation, zone: Zone, monkeypatch: Any) -> None:
    domain, at = ask(organisation), AT + timedelta(minutes=1)

    def killed(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(names, "prove", killed)
        check(at)
    assert check(at + timedelta(minutes=1)) == 0, "it may still be at it"
    assert check(at + timedelta(minutes=2)) == 1
    domain.refresh_from_db()
    assert domain.failures == 1


def test_the_api(organisation: Organisation, zone: Zone) -> None:
    api = factories.client(factories.api_key(organisation, True))
    made = api.post("/v1/domains", {"host": "Pay.HarborPine.example"})
    said = made.json()
    assert (made.status_code, said["host"], said["status"], said["fault"]) == (201, HOST, "pending", None)
    token = PayDomain.objects.get().token
    assert said["records"] == [
        {"type": "TXT", "name": f"_agentcollect.{HOST}", "value": token},
        {"type": "CNAME", "name": HOST, "value": TARGET},
    ]
    again = api.post("/v1/domains", {"host": HOST})
    assert (again.status_code, again.json()["id"]) == (200, said["id"])
    assert [one["id"] for one in api.get("/v1/domains?status=pending").json()["data"]] == [said["id"]]
    stand(zone, PayDomain.objects.get())
    asked = api.post(f"/v1/domains/{said['id']}/verify")
    assert (asked.status_code, asked.json()["status"]) == (200, "pending"), "no request waits for name servers"
    assert zone.asked == []
    operations.check_domains(at=clock.now())
    shown = api.get(f"/v1/domains/{said['id']}").json()
    assert (shown["status"], shown["fault"]) == ("verified", None) and shown["verified_at"] == shown["checked_at"]
    assert api.delete(f"/v1/domains/{said['id']}").json() == {"id": said["id"], "deleted": True}
    assert api.get(f"/v1/domains/{said['id']}").status_code == 404
    assert api.post("/v1/domains", {"host": HOST}).status_code == 201, "free again"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"host": "203.0.113.7"}, "invalid_host"),
        ({"host": 7}, "invalid_type"),
        ({}, "missing_field"),
        ({"host": HOST, "owner": "me"}, "unknown_field"),
    ],
)
def test_bodies_that_are_refused(organisation: Organisation, body: dict[str, Any], code: str) -> None:
    answer = factories.client(factories.api_key(organisation)).post("/v1/domains", body)
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert not PayDomain.objects.exists()


def test_reading_is_not_writing(organisation: Organisation) -> None:
    domain = factories.domain(organisation)
    api = factories.client(factories.api_key(organisation, scopes=["organisation:read"]))
    assert api.get(f"/v1/domains/{domain.id}").status_code == 200
    for answer in (
        api.post("/v1/domains", {"host": HOST}),
        api.post(f"/v1/domains/{domain.id}/verify"),
        api.delete(f"/v1/domains/{domain.id}"),
    ):
        assert answer.status_code == 403


def test_not_without_end(organisation: Organisation, monkeypatch: Any) -> None:
    monkeypatch.setattr("payments.operations.hosts.MOST", 1)
    factories.domain(organisation)
    api = factories.client(factories.api_key(organisation))
    assert api.post("/v1/domains", {"host": HOST}).json()["error"] == "too_many_domains"
