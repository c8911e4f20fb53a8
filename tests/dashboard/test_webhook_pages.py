"""The webhook pages: endpoints, deliveries found and watched, a signature form, replays."""

import json
import re
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from agentcollect.kit import clock
from dashboard.queries import endpoints, hooks
from tests import factories
from tests.dashboard import world
from webhooks import operations, vault
from webhooks.models import Attempt, Delivery, Endpoint, Health, Replay
from webhooks.rules import sign

BASE = "/dashboard/webhooks"


@pytest.fixture
def filled(owner: Client) -> world.World:
    """Without the mails: nothing here is about them, and each costs a tenth of a second."""
    return world.fill(owner.organisation, sends=0)  # type: ignore[attr-defined]


def seen(page: bytes) -> str:
    """What a reader sees of a page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.decode())))


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return seen(answer.content)


def address(filled: world.World, verb: str = "") -> str:
    return f"{BASE}/endpoints/{filled.endpoint_id}" + (f"/{verb}" if verb else "")


def status(filled: world.World) -> str:
    return Endpoint.objects.get(id=filled.endpoint_id).status


# --- endpoints


def test_health_is_on_the_list_and_leads_to_the_failure(owner: Client, filled: world.World) -> None:
    Health.objects.create(
        endpoint_id=filled.endpoint_id,
        open_until=clock.now() + timedelta(minutes=5),
        last_failure_at=clock.now(),
        last_error="The endpoint answered 503.",
        last_delivery_id=filled.delivery_id,
    )
    for path in (BASE, address(filled)):
        page = owner.get(path).content.decode()
        assert f"/deliveries/{filled.delivery_id}" in page
        assert "The endpoint answered 503." in page
        assert "Resting" in page


@pytest.mark.parametrize(
    ("codes", "failing", "words"),
    [((503, 503), False, "Failing"), ((200, 503), True, "Failing"), ((503, 200), False, "Answering")],
)
def test_the_page_says_how_it_answers(
    owner: Client, filled: world.World, codes: tuple[int, ...], failing: bool, words: str
) -> None:
    """A breaker that is closed says nothing about an endpoint that has failed once or twice."""
    Attempt.objects.all()._raw_delete("default")  # type: ignore[attr-defined]  # the rows themselves stay for ever
    for path in (BASE, address(filled)):
        assert ">Not asked lately<" in pills(owner, path)
    delivery = Delivery.objects.get(id=filled.delivery_id)
    for number, code in enumerate(codes, 1):
        Attempt.objects.create(
            organisation_id=delivery.organisation_id,
            livemode=delivery.livemode,
            created_at=clock.now(),
            recorded_at=clock.now(),
            delivery=delivery,
            endpoint_id=delivery.endpoint_id,
            number=number,
            status_code=code,
            request_headers={},
        )
    Health.objects.create(endpoint_id=filled.endpoint_id, failing_since=clock.now() if failing else None)
    for path in (BASE, address(filled)):
        assert f">{words}<" in pills(owner, path), path


def pills(owner: Client, path: str) -> str:
    """The page, with its icons taken out."""
    return re.sub(r"<svg.*?</svg>", ">", owner.get(path).content.decode(), flags=re.S)


def test_pause_and_resume_with_what_was_missed(owner: Client, filled: world.World) -> None:
    paused = owner.post(address(filled, "pause"), follow=True)
    assert "kept as not sent" in seen(paused.content)
    assert status(filled) == "paused"
    assert Delivery.objects.filter(endpoint_id=filled.endpoint_id, status="not_sent", reason="paused").exists()
    assert "The endpoint was paused" in shown(owner, f"{BASE}/deliveries?status=not_sent&reason=paused")

    since = hooks.local_time("2020-01-01T00:00", ZoneInfo("UTC"))
    form = {"recover": "1", "since": "2020-01-01T00:00"}
    resumed = owner.post(address(filled, "resume"), form, follow=True)
    job = Replay.objects.get()
    assert resumed.redirect_chain[0][0] == f"{BASE}/replays/{job.id}"
    assert status(filled) == "active"
    assert (
        job.total == Delivery.objects.filter(endpoint_id=filled.endpoint_id, status__in=["failed", "not_sent"]).count()
    )
    assert abs(datetime.fromisoformat(job.filters["since"]) - since) < timedelta(days=1)


def test_resume_without_recovering_starts_no_replay(owner: Client, filled: world.World) -> None:
    owner.post(address(filled, "disable"))
    assert status(filled) == "disabled"
    assert "Switched off by its owner." in shown(owner, address(filled))
    wrong = owner.post(address(filled, "resume"), {"recover": "1", "since": "soon"}, follow=True)
    assert "Say from which day" in seen(wrong.content)
    assert status(filled) == "disabled"
    owner.post(address(filled, "resume"))
    assert (status(filled), Replay.objects.count()) == ("active", 0)


def test_a_rotated_secret_is_shown_once(owner: Client, filled: world.World) -> None:
    before = endpoints.live(Endpoint.objects.get(id=filled.endpoint_id), clock.now())
    answer = owner.post(address(filled, "rotate"), {"overlap": "24h"})
    row = Endpoint.objects.get(id=filled.endpoint_id)
    secrets = endpoints.live(row, clock.now())
    assert answer.status_code == 201
    assert secrets[1:] == before
    assert secrets[0] in answer.content.decode()
    page = owner.get(address(filled)).content.decode()
    assert not any(secret in page for secret in secrets)
    assert all(f"…{secret[-4:]}" in page for secret in secrets)
    owner.post(address(filled, "rotate"), {"overlap": "now"})
    left = endpoints.live(Endpoint.objects.get(id=filled.endpoint_id), clock.now())
    assert len(left) == 1 and left[0] not in secrets


@pytest.mark.parametrize("chosen", ["webhook.test", "payment.received"])
def test_a_test_event_leads_to_its_delivery(owner: Client, filled: world.World, chosen: str) -> None:
    before = set(Delivery.objects.values_list("id", flat=True))
    answer = owner.post(address(filled, "test"), {"type": chosen})
    (made,) = set(Delivery.objects.values_list("id", flat=True)) - before
    assert answer["Location"] == f"{BASE}/deliveries/{made}"
    page = owner.get(answer["Location"])
    body = unescape(re.search(r'<pre id="raw"[^>]*>(.*?)</pre>', page.content.decode(), re.DOTALL)[1])  # type: ignore[index]
    assert json.loads(body)["event"] == chosen
    refused = owner.post(address(filled, "test"), {"type": "no.such"}, follow=True)
    assert "There is no event type" in seen(refused.content)


def test_custom_headers_are_masked_and_an_unverified_one_can_be_verified(owner: Client, filled: world.World) -> None:
    sealed = vault.seal({"Authorization": "Bearer very-secret-token-1234", "X-Team": "billing"})
    Endpoint.objects.filter(id=filled.endpoint_id).update(headers=sealed, status="unverified", challenge="abc")
    page = shown(owner, address(filled))
    assert "very-secret" not in page
    assert "••••1234" in page
    assert "X-Team: billing" in page
    assert "Not verified" in page
    answer = owner.post(address(filled, "verify"), follow=True)
    assert "The challenge is on its way" in seen(answer.content)
    assert Delivery.objects.filter(event_type="endpoint.verification", status="pending").count() == 1


def test_an_endpoint_whose_secret_cannot_be_opened_still_has_a_page(owner: Client, filled: world.World) -> None:
    Endpoint.objects.filter(id=filled.endpoint_id).update(secrets="not ours", headers="not ours")
    assert "cannot be read" in shown(owner, address(filled))
    assert "no live secret that can be read" in shown(owner, f"{BASE}/deliveries/{filled.delivery_id}")


VERBS = ("pause", "disable", "resume", "verify", "test", "rotate")


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
def test_what_a_role_may_do_to_an_endpoint(filled: world.World, role: str) -> None:
    someone = Client()
    someone.force_login(world.member(filled.organisation, role, email=f"{role}-3@example.com").user)
    allowed = {verb for verb in VERBS if someone.post(address(filled, verb)).status_code != 403}
    rights = {"admin": set(VERBS), "operator": set(VERBS) - {"rotate"}, "viewer": set()}
    assert allowed == rights[role]
    assert (someone.post(f"{BASE}/replays/start").status_code == 403) == (role == "viewer")
    assert someone.post(f"{BASE}/deliveries/{filled.delivery_id}/verify", {"headers": "t=1,v1=a"}).status_code == 200


def test_another_organisations_endpoints_and_replays_are_not_found(owner: Client, filled: world.World) -> None:
    owner.post(f"{BASE}/replays/start", {"status": "failed"})
    job = Replay.objects.get()
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    assert stranger.get(address(filled)).status_code == 404
    assert stranger.get(f"{BASE}/replays/{job.id}").status_code == 404
    posts = [*(address(filled, verb) for verb in VERBS), f"{BASE}/replays/{job.id}/cancel"]
    for path in [*posts, f"{BASE}/deliveries/{filled.delivery_id}/verify"]:
        assert stranger.post(path).status_code == 404, path
        assert Client().post(path)["Location"].startswith("/dashboard/login"), path
    refused = stranger.post(f"{BASE}/replays/start", {"endpoint": filled.endpoint_id}, follow=True)
    assert b'class="notice bad"' in refused.content
    assert Replay.objects.count() == 1


# --- deliveries


def test_deliveries_are_found_by_type_and_time(owner: Client, filled: world.World) -> None:
    row = Delivery.objects.get(id=filled.delivery_id)
    zone = ZoneInfo(filled.organisation.timezone)
    local = row.created_at.astimezone(zone)
    before, after = (f"{local + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}" for minutes in (-2, 2))
    for query, there in (
        ("type=payment.received", True),
        ("type=case.escalated", False),
        (f"after={before}&before={after}&type=payment.received", True),
        (f"after={after}", False),
        (f"before={before}&type=payment.received", False),
    ):
        page = owner.get(f"{BASE}/deliveries?{query}").content
        assert (f"/deliveries/{row.id}".encode() in page) == there, query
    assert "This filter cannot be read" in shown(owner, f"{BASE}/deliveries?after=yesterday")
    assert "This filter cannot be read" in shown(owner, f"{BASE}/deliveries?before=0001-01-01T00:00")


def test_the_tail_is_off_until_asked_for_and_counts_what_came_since(owner: Client, filled: world.World) -> None:
    assert b"data-refresh" not in owner.get(f"{BASE}/deliveries").content
    first = owner.get(f"{BASE}/deliveries?tail=on").content.decode()
    assert "nothing new so far" in first
    again = unescape(re.search(r'hx-get="([^"]+)"', first)[1])  # type: ignore[index]
    assert "tail=on&since=whd_" in again
    operations.send_test(
        endpoint_id=filled.endpoint_id,
        organisation_id=filled.organisation.id,
        livemode=False,
        by="test",
        at=clock.now() + timedelta(days=-400),
    )
    page = shown(owner, again)
    assert "1 new delivery since you began to watch" in page
    assert "webhook.test" in page
    assert "nothing new so far" in shown(owner, again + "&status=failed")


@pytest.mark.parametrize("mark", ["", "whd_", "whd_0", "x", "zzz", "whd_zzzzzzzz"])
def test_a_mark_that_is_not_ours_begins_now(mark: str) -> None:
    at = clock.now()
    assert hooks.marked(mark, at) == hooks.since_mark(at)


def test_a_mark_is_kept_for_half_a_day() -> None:
    at = clock.now()
    mark = hooks.since_mark(at - timedelta(hours=11))
    assert hooks.marked(mark, at) == mark
    assert hooks.marked(mark, at + timedelta(hours=2)) == hooks.since_mark(at + timedelta(hours=2))


def test_an_attempt_shows_its_time_address_and_answer(owner: Client, filled: world.World) -> None:
    row = Delivery.objects.get(id=filled.delivery_id)
    Attempt.objects.create(
        organisation_id=row.organisation_id,
        livemode=False,
        delivery=row,
        number=5,
        request_headers={"X-Key": "••••"},
        response_body='{"a":{"b":"<script>"}}',
        address="203.0.113.7",
        timings={"connect_ms": 0.4, "first_byte_ms": 12.8, "total_ms": 13.1},
        created_at=clock.now(),
        recorded_at=clock.now(),
    )
    page = owner.get(f"{BASE}/deliveries/{filled.delivery_id}").content.decode()
    assert "<script>&quot;" not in page
    assert '{\n  "a": {\n    "b": "<script>"\n  }\n}' in unescape(page)
    text = seen(page.encode())
    for expected in (
        "Connected to 203.0.113.7",
        "put them in before you run it",
        "Waiting for the answer",
        "Total",
        "13 ms",
        "Signatures, computed again",
    ):
        assert expected in text, expected


def test_where_the_time_went() -> None:
    timings = {"dns_ms": 10.0, "connect_ms": 20.0, "tls_ms": 30.0, "first_byte_ms": 160.0, "total_ms": 200.0}
    found = [(part.label, part.ms, part.start, part.width) for part in hooks.parts(timings)]
    assert found == [
        ("Name look-up", 10.0, "0.00%", "5.00%"),
        ("Connect", 20.0, "5.00%", "10.00%"),
        ("TLS", 30.0, "15.00%", "15.00%"),
        ("Waiting for the answer", 100.0, "30.00%", "50.00%"),
        ("Reading it", 40.0, "80.00%", "20.00%"),
    ]
    assert [part.label for part in hooks.parts({"dns_ms": 5.0, "total_ms": 10_000.0})][-1] == "Waiting for the answer"
    assert hooks.parts({}) == []


# --- signatures


def test_the_form_verifies_and_never_signs(owner: Client, filled: world.World) -> None:
    row = Delivery.objects.select_related("endpoint").get(id=filled.delivery_id)
    (secret,) = endpoints.live(row.endpoint, clock.now())
    path = f"{BASE}/deliveries/{row.id}/verify"
    sent = sign([secret], row.event_id, b'{"forged":true}', 1_773_757_320)
    lines = "\n".join(f"{name}: {value}" for name, value in sent.items())
    good = owner.post(path, {"headers": lines, "body": '{"forged":true}'})
    assert seen(good.content).count("It fits the endpoint's secret.") == 2
    answer = owner.post(path, {"headers": "t=1773757320,v1=00", "body": '{"forged":true}'}).content.decode()
    assert sent["X-AgentCollect-Signature"].partition("v1=")[2] not in answer
    assert sent["webhook-signature"].removeprefix("v1,") not in answer
    assert secret not in answer
    empty = owner.post(path, {"headers": ""})
    assert "No signature header was pasted" in seen(empty.content)
    assert owner.get(path).status_code == 405


# --- replays


def test_a_replay_is_counted_confirmed_watched_and_cancelled(owner: Client, filled: world.World) -> None:
    asked = shown(owner, f"{BASE}/replays/new?status=failed&endpoint={filled.endpoint_id}&count=1")
    assert "1 delivery would be sent again" in asked
    assert Replay.objects.count() == 0
    answer = owner.post(f"{BASE}/replays/start", {"status": "failed", "endpoint": filled.endpoint_id, "rate": "10"})
    job = Replay.objects.get()
    assert answer["Location"] == f"{BASE}/replays/{job.id}"
    assert (job.total, job.rate, job.filters["statuses"]) == (1, 10, ["failed"])
    page = owner.get(answer["Location"]).content.decode()
    assert "data-refresh" in page
    assert "Cancel replay" in page
    cancelled = owner.post(f"{answer['Location']}/cancel", follow=True)
    assert "Cancelled" in seen(cancelled.content)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert "Cancel replay" not in seen(cancelled.content)
    assert job.id[-4:] in shown(owner, f"{BASE}/replays")


def test_what_still_fails_after_a_replay_can_be_sent_once_more(owner: Client, filled: world.World) -> None:
    owner.post(f"{BASE}/replays/start", {"q": filled.delivery_id, "status": "any"})
    job = Replay.objects.get()
    at = clock.now()
    for _ in range(5):
        operations.run_replays(at=at)
        at += timedelta(seconds=2)
    world.settle(
        Delivery.objects.get(id=filled.delivery_id), "failed", attempts=0, code=500, error="answered 500", at=at
    )
    page = owner.get(f"{BASE}/replays/{job.id}").content.decode()
    assert "data-refresh" not in page
    assert f'name="delivery" value="{filled.delivery_id}"' in page
    assert "Finished" in page
    only = owner.get(f"{BASE}/deliveries?replay={job.id}&status=failed").content.decode()
    assert f"/deliveries/{filled.delivery_id}" in only
    again = owner.post(
        f"{BASE}/replay", {"delivery": filled.delivery_id, "next": f"{BASE}/replays/{job.id}"}, follow=True
    )
    assert "1 delivery is being sent again" in seen(again.content)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("after=never", "no day and time that can be read"),
        ("status=lost", "cannot be chosen by the state"),
        ("q=evt_00000000000000&count=1", "Nothing to send again"),
    ],
)
def test_a_filter_that_finds_nothing_or_cannot_be_read(
    owner: Client, filled: world.World, query: str, says: str
) -> None:
    assert says in shown(owner, f"{BASE}/replays/new?{query}&count=1")
    if "count" not in query:
        refused = owner.post(f"{BASE}/replays/start", dict([query.split("=")]), follow=True)
        assert says in seen(refused.content)
        assert Replay.objects.count() == 0


def test_the_lists_are_empty_first(owner: Client) -> None:
    assert "No replay yet" in shown(owner, f"{BASE}/replays")
    assert "Nothing to send again" in shown(owner, f"{BASE}/replays/new?count=1")
    assert "Waiting for the next delivery" in shown(owner, f"{BASE}/deliveries?tail=on")
