"""`/metrics`: who may read it, what it says, what it does while the database is away; and the alerts drawn from it."""

import re
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.conf import settings as project
from django.db import connection, connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from agentcollect.kit import clock, db, metrics
from campaigns.models import Step
from tests import factories
from tests.webhooks.conftest import make_endpoint, make_fact
from webhooks.models import Attempt, Delivery, Endpoint, Health

LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}
ALERTS = project.BASE_DIR / "docs" / "alerts.yml"


@pytest.fixture(autouse=True)
def reached_by_any_name(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]


def figures() -> dict[str, dict[tuple[str, ...], float]]:
    """Metric → label values → value, as a scrape from this machine reads them."""
    answer = Client().get("/metrics", **LOCAL)
    assert answer.status_code == 200, answer.content
    found = text_string_to_metric_families(answer.content.decode())
    return {one.name: {tuple(s.labels.values()): s.value for s in one.samples} for one in found}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"HTTP_HOST": "localhost:8000"}, 200),
        ("", {"REMOTE_ADDR": "10.0.0.7"}, 404),
        ("", {"HTTP_HOST": "app.agentcollect.example"}, 404),  # a tunnel, or a name rebound to this machine
        ("", {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, 404),
        ("", {"HTTP_AUTHORIZATION": "Bearer "}, 200),
        ("", {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer "}, 404),
        ("tok", {}, 404),
        ("tok", {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer tok"}, 200),
        ("tok", {"HTTP_AUTHORIZATION": "Bearer tokk"}, 404),
        ("tok", {"HTTP_AUTHORIZATION": "Bearer tök"}, 404),
        ("tok", {"HTTP_AUTHORIZATION": "Basic tok"}, 404),
    ],
)
def test_it_is_never_public(settings: Any, token: str, headers: dict[str, str], status: int) -> None:
    settings.METRICS_TOKEN = token
    answer = Client().get("/metrics", **(LOCAL | headers))
    assert answer.status_code == status
    assert (b"agentcollect_" in answer.content) == (status == 200)


@pytest.mark.django_db
def test_behind_a_proxy_only_the_token_opens(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert Client().get("/metrics", **LOCAL).status_code == 404


@pytest.mark.django_db
def test_the_figures_are_those_of_the_rows() -> None:
    organisation = factories.organisation()
    now = clock.now()
    one, two = (make_endpoint(organisation, f"https://yourapp.com/{n}") for n in range(2))
    make_endpoint(organisation, "https://yourapp.com/deleted")
    Endpoint.objects.filter(url__endswith="deleted").update(status="deleted")
    for _ in range(3):
        make_fact(organisation)
    owed = list(Delivery.objects.filter(endpoint_id=one.id).order_by("id"))
    Delivery.objects.filter(id=owed[0].id).update(next_attempt_at=now - timedelta(seconds=90))
    Delivery.objects.filter(id=owed[1].id).update(next_attempt_at=now + timedelta(hours=1))
    Delivery.objects.filter(id=owed[2].id).update(lease_until=now + timedelta(seconds=30))
    Delivery.objects.filter(endpoint_id=two.id).update(status="succeeded", settled_at=now)
    for number, (code, error) in enumerate([(200, ""), (500, "HTTP 500"), (None, "It timed out.")], 1):
        attempt(owed[0], number, code, error)
    Endpoint.objects.filter(id=two.id).update(status="disabled")
    Health.objects.update_or_create(
        endpoint_id=one.id, defaults={"open_until": now + timedelta(minutes=1), "failing_since": now}
    )
    found = figures()
    assert found["agentcollect_webhook_deliveries_pending"] == {("due",): 1, ("leased",): 1, ("waiting",): 1}
    assert found["agentcollect_webhook_attempts"] == {("no_answer",): 1, ("refused",): 1, ("succeeded",): 1}
    assert found["agentcollect_webhook_endpoints"][("webhook", "active")] == 1
    assert found["agentcollect_webhook_endpoints"][("webhook", "disabled")] == 1
    assert found["agentcollect_webhook_breakers"] == {("open",): 1, ("half_open",): 0}
    assert found["agentcollect_webhook_endpoints_failing"] == {(): 1}
    assert found["agentcollect_webhook_endpoints_owed"] == {(): 1}
    assert found["agentcollect_webhook_oldest_due_seconds"] == {(): 0}  # its breaker holds it back: no sender's fault
    Health.objects.update(open_until=now - timedelta(seconds=80))
    found = figures()
    assert found["agentcollect_webhook_breakers"] == {("open",): 0, ("half_open",): 1}
    assert 80 <= found["agentcollect_webhook_oldest_due_seconds"][()] < 150
    assert set(found["agentcollect_metrics_failed"].values()) == {0.0}
    assert bool(found["agentcollect_webhook_table_bytes"]) == db.is_postgresql()


def attempt(owed: Delivery, number: int, code: int | None, error: str) -> None:
    shared = {"organisation_id": owed.organisation_id, "livemode": owed.livemode}
    shared |= {"created_at": clock.now(), "recorded_at": clock.now(), "request_headers": {}}
    Attempt.objects.create(delivery_id=owed.id, number=number, status_code=code, error=error, **shared)


@pytest.mark.django_db
def test_the_oldest_due_step_is_one_that_may_go() -> None:
    case = factories.case(factories.organisation())
    now = clock.now()
    tenant = {"organisation_id": case.organisation_id, "livemode": case.livemode, "created_at": now, "recorded_at": now}
    step = Step.objects.create(
        case=case,
        campaign_id=case.campaign_id,
        debtor_id=case.debtor_id,
        index=0,
        channel="email",
        intent="first_reminder",
        due_at=now - timedelta(seconds=600),
        **tenant,
    )
    assert 600 <= figures()["agentcollect_outreach_oldest_due_step_seconds"][()] < 660
    Step.objects.filter(id=step.id).update(status="sent")
    assert figures()["agentcollect_outreach_oldest_due_step_seconds"] == {(): 0}


@pytest.mark.django_db
def test_what_cannot_be_read_is_named_and_the_rest_is_there(settings: Any) -> None:
    settings.METRICS = ["tests.kit.test_metrics.slow", "webhooks.metrics.endpoints"]
    found = figures()
    assert found["agentcollect_metrics_failed"] == {
        ("tests.kit.test_metrics.slow",): 1,
        ("webhooks.metrics.endpoints",): 0,
    }
    assert "agentcollect_webhook_endpoints" in found


def slow(_at: object) -> list[Any]:
    """On PostgreSQL a statement that would take a minute; SQLite has no such wait, and an error of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    return []


@pytest.mark.django_db(transaction=True)
def test_a_dead_database_is_a_503_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    connection.close()
    gone = {"HOST": "127.0.0.1", "PORT": 1} if db.is_postgresql() else {"NAME": str(tmp_path / "no" / "database")}
    with monkeypatch.context() as patch:
        for name, value in gone.items():
            patch.setitem(connections["default"].settings_dict, name, value)
        began = clock.now()
        answer = Client().get("/metrics", **LOCAL)
    connection.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert (clock.now() - began).total_seconds() < 5
    assert figures()


# --- alerts


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.django_db
def test_alerts_name_only_figures_that_exist() -> None:
    known = {family.name: family for family in metrics.families(clock.now())}
    assert len({rule["alert"] for rule in rules()}) == len(rules()) >= 5
    for rule in rules():
        named = re.findall(r"agentcollect_\w+", rule["expr"])
        assert named and set(named) <= set(known), rule["expr"]
        assert rule["expr"].count("(") == rule["expr"].count(")")
        for name, label, value in re.findall(r'(agentcollect_\w+)\{(\w+)="(\w+)"\}', rule["expr"]):
            seen = {sample.labels[label] for sample in known[name].samples}
            assert value in seen or not seen, rule["expr"]
        assert re.fullmatch(r"\d+[smhd]", rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_has_its_runbook() -> None:
    text = (project.BASE_DIR / "docs" / "operations.md").read_text()
    for rule in rules():
        assert f"### {rule['alert']}\n" in text
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"


@pytest.mark.django_db
def test_every_figure_is_in_the_guide() -> None:
    text = (project.BASE_DIR / "docs" / "operations.md").read_text()
    assert [f.name for f in metrics.families(clock.now()) if not re.search(rf"`{f.name}[`{{]", text)] == []
