"""Payouts in the API and the dashboard: what arrived at the creditor's bank, and what it is made of."""

from datetime import timedelta

import pytest
from django.test import Client

from agentcollect.kit import clock
from payments.models import Payout, ProcessorCallback, ProcessorEntry
from tests import factories, rows, settling
from tests.dashboard import world

pytestmark = pytest.mark.django_db


def test_payouts_are_listed_newest_first_with_what_they_are_made_of() -> None:
    organisation = factories.organisation()
    old = rows.payout(organisation, created_at=clock.now() - timedelta(days=1), status="failed")
    new = rows.payout(organisation, lines=3)
    rows.payout(factories.organisation())
    rows.payout(organisation, True)
    ProcessorEntry.objects.filter(payout_reference=new.reference).update(amount_minor=10_001)
    refund = ProcessorEntry.objects.filter(payout_reference=new.reference).first()
    assert refund is not None
    ProcessorEntry.objects.filter(id=refund.id).update(kind="refund", amount_minor=-5_000, fee_minor=0)
    api = factories.client(factories.api_key(organisation, scopes=["payments:read"]))
    listed = api.get("/v1/payouts").json()
    assert [one["id"] for one in listed["data"]] == [new.id, old.id]
    assert listed["data"][0] | {"amount": 290.4, "currency": "USD", "status": "paid"} == listed["data"][0]
    assert [one["id"] for one in api.get("/v1/payouts?status=failed").json()["data"]] == [old.id]
    one = api.get(f"/v1/payouts/{new.id}").json()
    assert one["totals"] == {
        "charges": 200.02, "refunds": -50, "disputes": 0, "fees": -6.4, "other": 0, "net": 143.62,
    }  # fmt: skip
    entries = api.get(f"/v1/payouts/{new.id}/entries?kind=charge").json()["data"]
    assert [(line["amount"], line["fee"], line["net"]) for line in entries] == [(100.01, 3.2, 96.81)] * 2
    assert (
        factories.client(factories.api_key(organisation, scopes=["campaigns:read"])).get("/v1/payouts").status_code
        == 403
    )


def test_the_dashboard_shows_a_payout_with_the_invoices_that_it_pays() -> None:
    organisation = factories.organisation()
    case = factories.case(organisation)
    row = rows.payout(organisation, lines=2, destination="STRIPE TEST BANK ••6789", amount_minor=20_000)
    line = ProcessorEntry.objects.filter(payout_reference=row.reference).first()
    assert line is not None
    ProcessorEntry.objects.filter(id=line.id).update(payment_id=settling.payment(case).id)
    client = Client()
    client.force_login(world.member(organisation).user)
    page = client.get("/dashboard/payouts").content.decode()
    assert "$200.00" in page and "STRIPE TEST BANK" in page
    page = client.get(f"/dashboard/payouts/{row.id}").content.decode()
    assert case.debtor.name in page and f"/dashboard/cases/{case.id}" in page and "Not through here" in page
    assert "Lines not known here" in page and "$6.40" in page
    other = rows.payout(factories.organisation())
    assert client.get(f"/dashboard/payouts/{other.id}").status_code == 404
    Payout.objects.all().delete()
    assert "No payout yet" in client.get("/dashboard/payouts").content.decode()


def test_a_callback_that_was_given_up_is_shown_as_stuck() -> None:
    from outreach import queries

    at = clock.now()
    common = {
        "provider": "stripe",
        "kind": "payout.paid",
        "body": "{}",
        "happened_at": at,
        "received_at": at,
        "due_at": at,
    }
    ProcessorCallback.objects.create(event_id="evt_1", status="failed", subject="po_1", **common)
    ProcessorCallback.objects.create(event_id="evt_2", subject="po_2", **common)
    ProcessorCallback.objects.create(event_id="evt_3", status="done", subject="po_3", **common)
    late = at + timedelta(hours=1)
    found = {(one.what, one.about) for one in queries.stuck(at=late)}
    assert found == {("callback", "po_1"), ("callback", "po_2")}
    assert queries.stuck(at=late, livemode=False) == []
