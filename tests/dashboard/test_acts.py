"""What the dashboard's buttons do: each form is one operation, and says how it went."""

import pytest
from django.test import Client

from accounts.models import ApiKey
from campaigns.models import Campaign, Step
from dashboard.queries import hooks
from events.models import Event
from outreach.models import MailboxItem
from tests import factories
from tests.dashboard import world
from tests.dashboard.entrance import confirm
from webhooks.models import Attempt, Delivery


def test_sign_in_and_out(owner: Client) -> None:
    email = owner.organisation.members.get().user.email  # type: ignore[attr-defined]
    fresh = Client()
    wrong = fresh.post("/dashboard/login", {"username": email, "password": "not it"})
    assert wrong.status_code == 200
    assert b"do not belong together" in wrong.content
    right = fresh.post("/dashboard/login", {"username": email.upper(), "password": world.PASSWORD})
    assert right["Location"] == "/dashboard"
    assert fresh.get("/dashboard").status_code == 200
    fresh.post("/dashboard/logout")
    assert fresh.get("/dashboard").status_code == 302


@pytest.mark.usefixtures("empty_redis")
def test_guessing_is_stopped_even_when_the_guess_is_right(owner: Client) -> None:
    email = owner.organisation.members.get().user.email  # type: ignore[attr-defined]
    fresh = Client()
    for _ in range(10):
        assert fresh.post("/dashboard/login", {"username": email, "password": "no"}).status_code == 200
    stopped = fresh.post("/dashboard/login", {"username": email, "password": world.PASSWORD})
    assert stopped.status_code == 429
    assert stopped["Retry-After"] == "60"
    assert "_auth_user_id" not in fresh.session


def test_a_login_never_leads_elsewhere(owner: Client) -> None:
    email = owner.organisation.members.get().user.email  # type: ignore[attr-defined]
    form = {"username": email, "password": world.PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/dashboard/login", form)["Location"] == "/dashboard"
    for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = owner.post("/dashboard/webhooks/replay", {"next": target})
        assert answer["Location"] == "/dashboard/webhooks/deliveries"


def test_pause_resume_cancel(owner: Client, filled: world.World) -> None:
    base = f"/dashboard/campaigns/{filled.campaign_id}"
    for verb, status in (("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")):
        answer = owner.post(f"{base}/{verb}", follow=True)
        assert answer.status_code == 200
        assert b'class="notice good"' in answer.content
        assert Campaign.objects.get(id=filled.campaign_id).status == status
    refused = owner.post(f"{base}/resume", follow=True)
    assert b'class="notice bad"' in refused.content
    assert Campaign.objects.get(id=filled.campaign_id).status == "cancelled"
    assert Event.objects.filter(type="campaign.cancelled", actor__startswith="member:mem_").count() == 1
    assert owner.get(f"{base}/pause").status_code == 405


def test_the_next_step_is_sent_now(owner: Client) -> None:
    campaign_id = world.create_campaign(owner.organisation)  # type: ignore[attr-defined]
    answer = owner.post(f"/dashboard/campaigns/{campaign_id}/send-next", follow=True)
    assert b"was sent" in answer.content
    assert MailboxItem.objects.count() == 1
    step = Step.objects.filter(campaign_id=campaign_id, status="planned", index=0).first()
    answer = owner.post(f"/dashboard/cases/{step.case_id}/send-next", follow=True)
    assert b"was sent" in answer.content
    assert MailboxItem.objects.count() == 2


def test_replay_one_and_many(owner: Client, filled: world.World) -> None:
    one = owner.post("/dashboard/webhooks/replay", {"delivery": filled.delivery_id}, follow=True)
    assert b"1 delivery is being sent again" in one.content
    row = Delivery.objects.get(id=filled.delivery_id)
    assert (row.status, row.replay, row.next_attempt_at is not None) == ("pending", True, True)
    assert Event.objects.filter(type="delivery.replayed", actor__startswith="member:").count() == 1
    rows = list(Delivery.objects.values_list("id", flat=True))
    many = owner.post("/dashboard/webhooks/replay", {"delivery": rows, "next": "/dashboard/webhooks"}, follow=True)
    assert many.redirect_chain[0][0] == "/dashboard/webhooks"
    assert f"{len(rows) - 1} deliveries are being sent again".encode() in many.content
    assert b"Not replayed" in many.content
    none = owner.post("/dashboard/webhooks/replay", follow=True)
    assert b"Select at least one" in none.content


def test_deliveries_are_found(owner: Client, filled: world.World) -> None:
    event_id = Delivery.objects.get(id=filled.delivery_id).event_id
    for query in (f"q={event_id}", "status=failed", f"q={filled.delivery_id}", f"endpoint={filled.endpoint_id}"):
        assert filled.delivery_id.encode() in owner.get(f"/dashboard/webhooks/deliveries?{query}").content, query
    assert filled.delivery_id.encode() not in owner.get("/dashboard/webhooks/deliveries?status=succeeded").content
    assert owner.get("/dashboard/webhooks/deliveries?q=%00&status=%00").status_code == 200


def test_an_attempt_is_shown_whole(owner: Client, filled: world.World) -> None:
    page = owner.get(f"/dashboard/webhooks/deliveries/{filled.delivery_id}").content.decode()
    assert Attempt.objects.filter(delivery_id=filled.delivery_id).count() == 4
    for expected in (
        "Attempt 4",
        "HTTP 503",
        "upstream is restarting",
        "X-AgentCollect-Signature",
        "First byte",
        "curl",
    ):
        assert expected in page, expected


def test_an_attempt_as_curl_is_the_same_request() -> None:
    headers = {"Content-Type": "application/json", "Host": "x", "X-Name": "it's"}
    assert hooks.as_curl("https://a.example/h?x=1", headers, '{"a": "it\'s"}') == (
        "curl -X POST 'https://a.example/h?x=1' \\\n  -H 'Content-Type: application/json' \\\n"
        "  -H 'X-Name: it'\"'\"'s' \\\n  --data-binary '{\"a\": \"it'\"'\"'s\"}'"
    )


def test_a_key_is_shown_once_and_revoked(owner: Client) -> None:
    made = owner.post("/dashboard/keys/create", {"name": "billing", "scopes": ["payments:write"]})
    key = ApiKey.objects.get(name="billing")
    secret = made.content.decode().split('id="new-key">')[1].split("<")[0]
    assert secret.startswith("sk_test_")
    assert factories.client(secret).get("/v1/payments").status_code == 200
    assert secret.encode() not in owner.get("/dashboard/keys").content
    owner.post(f"/dashboard/keys/{key.id}/revoke")
    assert factories.client(secret).get("/v1/payments").status_code == 401
    bad = owner.post("/dashboard/keys/create", {"name": "x", "scopes": ["everything:now"]}, follow=True)
    assert b"not a scope we know" in bad.content


def test_news_counts_what_came_since(owner: Client, filled: world.World) -> None:
    latest = Event.objects.filter(campaign_id=filled.campaign_id).order_by("-recorded_at", "-sequence").first()
    base = f"/dashboard/campaigns/{filled.campaign_id}"
    assert owner.get(f"{base}/news?after={latest.id}").content.strip() == b""
    owner.post(f"{base}/pause")
    assert b"1 new entry" in owner.get(f"{base}/news?after={latest.id}").content


def test_figures_are_the_ledgers(owner: Client, filled: world.World) -> None:
    page = owner.get("/dashboard").content.decode()
    assert "$44,461.25" in page
    assert "$20,000.00" in page
    assert "31.0%" in page
    case = owner.get(f"/dashboard/cases/{filled.case_id}").content.decode()
    assert "Paid" in case
    assert "Debt class" in case


def test_what_people_write_is_escaped(owner: Client) -> None:
    rows = (("<script>alert(1)</script> GmbH", "evil-example.com", 100, '"><img src=x>'),)
    campaign_id = world.create_campaign(owner.organisation, rows, name="<b>bold</b>")  # type: ignore[attr-defined]
    world.run(campaign_id, sends=1)
    for path in (f"/dashboard/campaigns/{campaign_id}", "/dashboard", "/dashboard/campaigns"):
        page = owner.get(path).content
        assert b"<script>alert" not in page
        assert b"<img src=x" not in page
        assert b"<b>bold" not in page


def test_a_live_key_asks_who_is_there(owner: Client) -> None:
    """A test key does not; a live one only of somebody who has just signed in, or does so again."""
    owner.post("/dashboard/mode", {"mode": "live"})
    form = {"name": "real", "scopes": ["payments:read"]}
    asked = owner.post("/dashboard/keys/create", form)
    assert asked.status_code == 302
    assert asked["Location"].startswith("/account/confirm")
    assert not ApiKey.objects.filter(name="real").exists()
    confirm(owner, world.PASSWORD)
    assert owner.post("/dashboard/keys/create", form).status_code == 201
    assert ApiKey.objects.get(name="real").livemode


def test_the_mandate_is_signed_by_name_and_once(owner: Client) -> None:
    organisation = owner.organisation  # type: ignore[attr-defined]
    type(organisation).objects.filter(id=organisation.id).update(mandate_signed_at=None, mandate_signed_by="")
    live = factories.client(factories.api_key(organisation, livemode=True))
    assert "mandate_missing" in [one["code"] for one in live.get("/v1/organisation").json()["blocking"]]
    assert b"Live mode contacts nobody before" in owner.get("/dashboard/settings").content
    said = owner.post("/dashboard/settings/mandate", {"signed_by": "Ann"}, follow=True)
    assert b"Nothing was signed" in said.content
    for name in ("Ann  Example", "Bob Other"):
        owner.post("/dashboard/settings/mandate", {"signed_by": name})
    organisation.refresh_from_db()
    assert organisation.mandate_signed_by == "Ann Example" and "due, belongs to us" in organisation.mandate_text
    assert b"Signed by Ann Example" in owner.get("/dashboard/settings").content
    event = Event.objects.get(type="organisation.mandate_signed")
    assert event.actor.startswith("member:")
    assert "mandate_missing" not in [one["code"] for one in live.get("/v1/organisation").json()["blocking"]]


@pytest.mark.parametrize("role", ["operator", "finance", "viewer", "auditor"])
def test_who_may_not_sign(owner: Client, role: str) -> None:
    viewer = Client()
    viewer.force_login(world.member(owner.organisation, role).user)  # type: ignore[attr-defined]
    assert viewer.post("/dashboard/settings/mandate", {"signed_by": "Vera View"}).status_code == 403
