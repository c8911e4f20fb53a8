"""Playbooks by the API: kept in versions, taken by campaigns, and tried out without anything being written."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Playbook, Step
from campaigns.rules import playbook as rules
from outreach import operations
from outreach.models import Decision
from tests import factories
from tests.factories import ApiClient
from tests.outreach import world
from tests.outreach.world import AT

pytestmark = pytest.mark.django_db

STEPS: list[dict[str, Any]] = [
    {"day": 0, "channel": "email", "intent": "first_reminder", "level": 1},
    {"day": 5, "channel": "call", "intent": "first_call", "level": 1},
    {"day": 10, "channel": "email", "intent": "last_before_next_steps", "level": 2},
]
BODY = {"name": "gentle", "title": "For old customers", "steps": STEPS}
PLACE = {"company": "Acme Corp", "contact_email": "ap@acmecorp.com", "invoice_amount": 15000}


@pytest.fixture
def api() -> ApiClient:
    return factories.client(factories.api_key(factories.organisation()))


def test_each_edit_is_the_next_version_and_what_runs_keeps_its_own(api: ApiClient) -> None:
    first = api.post("/v1/playbooks", BODY)
    assert (first.status_code, first.json()["version"]) == (201, 1)
    assert api.post("/v1/playbooks", BODY).status_code == 200
    made = api.post("/v1/campaigns", PLACE | {"playbook": "gentle", "posture": "firm"})
    assert made.status_code == 201, made.content
    assert api.post("/v1/playbooks", BODY | {"steps": STEPS[:2]}).json()["version"] == 2
    campaign = Campaign.objects.get()
    assert (campaign.playbook, campaign.playbook_version, campaign.posture) == ("gentle", 1, "firm")
    assert [step.day for step in queries.playbook_steps(campaign)] == [0, 5, 10]
    shown = api.get("/v1/playbooks/gentle").json()
    assert [(one["version"], len(one["steps"])) for one in shown["versions"]] == [(2, 2), (1, 3)]
    assert [one["version"] for one in api.get("/v1/playbooks").json()["data"]] == [2]


def test_the_built_in_one_is_shown_and_nobodys_to_change(api: ApiClient) -> None:
    versions = api.get("/v1/playbooks/default").json()["versions"]
    assert [one["version"] for one in versions] == [3, 2, 1]
    days = [(step["day"], step["channel"]) for step in versions[0]["steps"]]
    assert days == [
        (0, "email"),
        (2, "call"),
        (4, "email"),
        (7, "email"),
        (10, "call"),
        (12, "attorney"),
        (14, "email"),
        (20, "attorney"),
    ]
    assert rules.problems(versions[0]["steps"]) == []
    assert api.post("/v1/playbooks", BODY | {"name": "default"}).json()["error"] == "playbook_built_in"
    assert api.get("/v1/playbooks/nobody").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"steps": [STEPS[0], STEPS[1] | {"day": 1}]}, 422, "invalid_playbook", "steps[1].day"),
        ({"steps": [STEPS[0], STEPS[1] | {"intent": "threaten"}]}, 422, "invalid_playbook", "steps[1].intent"),
        ({"steps": "none"}, 422, "invalid_playbook", "steps"),
        ({"name": "Gentle!"}, 400, "invalid_playbook_name", "name"),
        ({"title": "x" * 121}, 400, "invalid_text", "title"),
        ({"more": 1}, 400, "unknown_field", "more"),
    ],
)
def test_what_is_wrong_is_named(api: ApiClient, changes: dict[str, Any], status: int, code: str, param: str) -> None:
    answer = api.post("/v1/playbooks", BODY | changes)
    assert (answer.status_code, answer.json()["error"], answer.json()["param"]) == (status, code, param)
    assert not Playbook.objects.exists()


def test_a_campaign_takes_the_newest_built_in_one_or_one_that_exists(api: ApiClient) -> None:
    assert api.post("/v1/campaigns", PLACE).status_code == 201
    assert Campaign.objects.get().playbook_version == rules.NEWEST == 3
    refused = api.post("/v1/campaigns", PLACE | {"playbook": "gentle"})
    assert (refused.status_code, refused.json()["error"]) == (422, "unknown_playbook")
    assert api.post("/v1/campaigns/preview", PLACE | {"playbook": "gentle"}).status_code == 422
    assert api.post("/v1/campaigns", PLACE | {"posture": "rude"}).json()["error"] == "invalid_choice"
    other = factories.client(factories.api_key(factories.organisation("Other")))
    assert other.post("/v1/playbooks", BODY).status_code == 201
    assert api.post("/v1/campaigns/preview", PLACE | {"playbook": "gentle"}).status_code == 422
    assert api.get("/v1/playbooks/gentle").status_code == 404


# --- dry runs


def dry(api: ApiClient, **body: Any) -> dict[str, Any]:
    answer = api.post("/v1/playbooks/dry_run", body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_days_alone(api: ApiClient) -> None:
    found = dry(api, name="default", posture="firm")
    assert [one["day"] for one in found["steps"]] == [0, 2, 4, 7, 10, 12, 14, 20]
    firsts = [one["first_at"] for one in found["steps"]]
    assert all(firsts) and firsts == sorted(firsts)
    assert [one["day"] for one in dry(api, steps=STEPS)["steps"]] == [0, 8, 15]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"name": "x", "steps": STEPS}, 400), ({"name": "nobody"}, 422), ({"steps": [STEPS[1]]}, 422)],
)
def test_a_dry_run_of_nothing(api: ApiClient, body: dict[str, Any], status: int) -> None:
    assert api.post("/v1/playbooks/dry_run", body).status_code == status


def placed() -> tuple[Campaign, Case]:
    case = world.case()
    return Campaign.objects.select_related("organisation").get(id=case.campaign_id), case


def course(campaign: Campaign, steps: rules.Steps = rules.WITH_CALLS) -> list[Any]:
    (found,) = operations.dry_run(steps=steps, campaign=campaign, at=AT).courses
    return found.acts


def test_a_dry_run_foresees_what_then_happens() -> None:
    campaign, case = placed()
    Contact.objects.update(phone="+1 212 555 0102")
    Campaign.objects.update(playbook_version=2, posture="firm")
    acts = course(campaign)
    assert {act.outcome for act in acts} == {"allow"}
    before = (Step.objects.count(), Decision.objects.count())
    assert before == (0, 0)
    world.step(case, due_at=acts[0].at, version=2)
    for act in acts[:-1]:
        step = Step.objects.get(case=case, status="planned")
        assert (step.channel, step.intent, step.due_at) == (act.step.channel, act.step.intent, act.at)
        operations.send_step(step_id=step.id, at=step.due_at)
    assert Step.objects.get(case=case, status="planned").due_at == acts[-1].at


def test_a_dry_run_says_who_is_blocked_and_by_what() -> None:
    campaign, _ = placed()
    calls = [act for act in course(campaign) if act.step.channel == "call"]
    assert {(act.outcome, act.reason) for act in calls} == {("skip", "no phone number of this debtor is known")}
    contact = Contact.objects.get()
    Contact.objects.update(phone="+1 212 555 0100")
    campaigns.suppress(contact=Contact.objects.get(), channel="call", reason="opt_out", by="debtor", at=AT)
    acts = course(campaign)
    assert [(act.outcome, act.rule) for act in acts if act.step.channel == "call"] == [("deny", "R-10")] * 2
    assert all(act.outcome == "allow" for act in acts if act.step.channel != "call")
    campaigns.hold(kind="cease", on=contact.debtor, by="debtor", at=AT)
    acts = course(campaign)
    assert (acts[0].outcome, acts[0].rule, {act.outcome for act in acts[1:]}) == ("deny", "R-05", {"wait"})


def test_a_recent_message_of_another_campaign_moves_the_first_one() -> None:
    campaign, case = placed()
    other = world.case(organisation=case.organisation, debtor=case.debtor, invoice_number="X-2", invoice_key="x-2")
    world.step(other)
    operations.send_due(at=AT)
    assert course(campaign)[0].at >= AT + timedelta(hours=48)


def test_five_hundred_debtors_in_a_few_statements(api: ApiClient) -> None:
    organisation = factories.organisation()
    rows = [
        {"company_name": f"Debtor {n} Inc", "contact_email": f"ap@debtor{n}.com", "invoice_amount": 100 + n}
        for n in range(200)
    ]
    client = factories.client(factories.api_key(organisation))
    made = client.post("/v1/campaigns", {"company": "Your Company Inc.", "debtors": rows}).json()
    campaigns.open_campaign(campaign_id=made["id"], at=clock.now())
    with CaptureQueriesContext(connection) as asked:
        found = dry(client, name="default", campaign_id=made["id"])
    assert len(asked) <= 20, "\n".join(row["sql"][:120] for row in asked)
    assert len(found["debtors"]) == 200 and found["steps"][0]["planned"] == 200 and not found["has_more"]
