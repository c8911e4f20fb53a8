"""The seeded database is one that the product could have made itself, and that its workers leave alone."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from accounts.models import Organisation
from agentcollect.kit import clock, integrity
from benchmarks.seed import run, verify
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, LedgerEntry, Step
from events.catalogue import TYPES
from events.models import Event
from outreach import operations as outreach
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"), reason="rows go in by COPY"),
]
CASES = 400


@pytest.fixture
def seeded(empty_redis: None) -> tuple[Organisation, str]:
    """Two creditors; the first, and a key for it."""
    at = clock.now()
    tenants = run.make_tenants(CASES, 2, at)
    with run.unkeyed():
        assert sum(run.tell(tenant, f"1:{n}", at) for n, (tenant, *_) in enumerate(tenants)) > CASES * 10
    return Organisation.objects.get(id=tenants[0][0].id), tenants[0][1]


def test_every_rule_of_the_database_holds_and_a_broken_one_is_found(seeded: tuple[Organisation, str]) -> None:
    assert len(list(verify.everything())) >= 9
    assert integrity.missing() == []
    assert Case.objects.count() == CASES
    assert {"active", "closed"} <= set(Case.objects.values_list("status", flat=True))
    with pytest.raises(run.Refused, match="not empty"):
        run.refuse_if_filled()
    Case.objects.filter(id=Case.objects.values("id")[:1]).update(balance_minor=1)
    with pytest.raises(verify.Broken, match="sum of its ledger"):
        list(verify.everything())
    with pytest.raises(IntegrityError, match="append-only"):
        LedgerEntry.objects.filter(livemode=False).update(amount_minor=1)


def nothing_is_due() -> None:
    at = clock.now()
    assert campaigns.open_cases(at=at) == 0
    assert outreach.send_due(at=at) == 0
    assert outreach.enrich_due(at=at) == 0
    assert outreach.escalate_exhausted(at=at) == 0
    assert campaigns.judge_exhausted(at=at) == 0
    assert campaigns.end_mandates(at=at) == 0
    soon = Step.objects.filter(status="planned", due_at__lt=at + timedelta(hours=7))
    assert not soon.exists()
    assert Step.objects.filter(status="planned").exists()


def test_workers_find_nothing_due_and_the_api_reads_it(seeded: tuple[Organisation, str]) -> None:
    nothing_is_due()
    organisation, key = seeded
    api = factories.client(key)
    for path in ("campaigns", "cases", "debtors", "contacts", "payments", "events"):
        assert api.get(f"/v1/{path}", {"limit": 100}).json()["data"], path
    case = Case.objects.filter(organisation=organisation, status="active").first()
    shown = api.get(f"/v1/cases/{case.id}").json()
    assert shown["timeline"]
    payment = Event.objects.filter(organisation_id=organisation.id, type="payment.received").first()
    said = json.loads(payment.payload)
    assert said["sequence"] == payment.sequence
    assert said["data"].keys() == TYPES["payment.received"].example.keys()
    campaign = Campaign.objects.filter(organisation=organisation, status="active").first()
    assert api.post(f"/v1/campaigns/{campaign.id}/pause", {}).status_code == 200


def test_the_story_is_the_same_for_the_same_seed(empty_redis: None) -> None:
    at, told = clock.now(), []
    tenants = run.make_tenants(40, 1, at)
    for _ in range(2):
        with run.unkeyed():
            run.tell(tenants[0][0], "7", at)
        told.append(list(Case.objects.order_by("id").values_list("id", "status", "placed_minor", "balance_minor")))
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE campaigns_campaign, campaigns_debtor, events_event CASCADE")
    assert told[0] == told[1]
