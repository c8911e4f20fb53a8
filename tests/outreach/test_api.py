"""`/v1/…/messages`, `/v1/messages/{id}`, `/v1/cases/{id}/decisions`: shapes, scopes, tenants, pages."""

import pytest

from agentcollect.kit.shapes import page_of
from outreach import operations, schema
from tests import factories
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_redis")]


def test_what_was_sent_and_why() -> None:
    case = world.case()
    step = world.step(case)
    operations.send_due(at=AT)
    client = factories.client(factories.api_key(case.organisation))
    listed = client.get(f"/v1/campaigns/{case.campaign_id}/messages").json()
    (row,) = listed["data"]
    assert (row["subject"], row["status"], row["sent_at"]) == (
        "Invoice #2025-0847 — Your Company",
        "sent",
        "2026-03-17T15:00:00Z",
    )
    detail = client.get(f"/v1/messages/{row['id']}").json()
    assert detail.items() >= row.items()
    assert detail["variant"].startswith("first_reminder/")
    assert "opt_out" in detail["guards"]
    assert detail["message_id_header"] == f"<{step.id}@yourcompany.com>"
    (decision,) = client.get(f"/v1/cases/{case.id}/decisions").json()["data"]
    assert (decision["outcome"], decision["rule"], decision["step_id"]) == ("allow", None, step.id)
    assert {"R-01", "R-12"} <= {verdict["rule"] for verdict in decision["verdicts"]}


def test_shapes_are_as_documented() -> None:
    import jsonschema

    case = world.case()
    world.step(case)
    operations.send_due(at=AT)
    client = factories.client(factories.api_key(case.organisation))
    listed = client.get(f"/v1/campaigns/{case.campaign_id}/messages").json()
    jsonschema.validate(listed, schema.MESSAGES)
    jsonschema.validate(client.get(f"/v1/messages/{listed['data'][0]['id']}").json(), schema.MESSAGE)
    jsonschema.validate(client.get(f"/v1/cases/{case.id}/decisions").json(), schema.DECISIONS)
    jsonschema.validate(schema.DETAIL_EXAMPLE, schema.MESSAGE)
    jsonschema.validate(page_of(schema.DECISION_EXAMPLE), schema.DECISIONS)


def test_nobody_else_sees_it() -> None:
    case = world.case()
    step = world.step(case)
    operations.send_due(at=AT)
    message = world.message_of(step)
    paths = [
        f"/v1/campaigns/{case.campaign_id}/messages",
        f"/v1/messages/{message.id}",
        f"/v1/cases/{case.id}/decisions",
    ]
    other = factories.api_key(factories.organisation("Other Inc."))
    live = factories.api_key(case.organisation, livemode=True)
    for key in (other, live):
        assert [factories.client(key).get(path).status_code for path in paths] == [404] * 3
    narrow = factories.api_key(case.organisation, scopes=["payments:read"])
    assert [factories.client(narrow).get(path).status_code for path in paths] == [403] * 3


def test_pages_and_unknown_parameters() -> None:
    case = world.case()
    for number in range(3):
        two = world.case(
            organisation=case.organisation,
            campaign=case.campaign,
            invoice_number=f"N{number}",
            invoice_key=f"n{number}",
        )
        world.step(two)
    operations.send_due(at=AT)
    client = factories.client(factories.api_key(case.organisation))
    path = f"/v1/campaigns/{case.campaign_id}/messages"
    first = client.get(path, {"limit": "2"}).json()
    second = client.get(path, {"limit": "2", "cursor": first["next_cursor"]}).json()
    assert (len(first["data"]), len(second["data"]), second["has_more"]) == (2, 1, False)
    assert client.get(path, {"colour": "red"}).status_code == 400
    assert client.get("/v1/messages/%00").status_code == 404
