"""Whoami says what is in the way; pausing everything, per mode; limits of one organisation."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts import operations
from accounts.models import Organisation, User
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from events.models import Event
from tests import factories

WHOAMI, PAUSE, RESUME = "/v1/organisation", "/v1/organisation/pause", "/v1/organisation/resume"


def codes(answer: Any) -> list[str]:
    return [entry["code"] for entry in answer.json()["blocking"]]


# --- whoami


def test_whoami_names_mode_key_scopes_and_limits(creditor: Organisation) -> None:
    operations.set_rate_limit(organisation_id=creditor.id, requests_per_minute=2500, by="ops:a", at=clock.now())
    key = factories.api_key(creditor, livemode=True, scopes=["payments:read"])
    said = factories.client(key).get(WHOAMI).json()
    assert (said["mode"], said["livemode"], said["name"]) == ("live", True, creditor.name)
    assert (said["scopes"], said["limits"]) == (["payments:read"], {"requests_per_minute": 2500})
    assert said["key_id"].startswith("key_")
    assert said["paused_at"] is None


def test_what_blocks_names_the_page_that_helps(db: None, settings: Any) -> None:
    settings.MAIL_FROM, settings.SMTP = "", settings.SMTP | {"host": ""}
    bare = factories.organisation(legal_name="", postal_address="", attested_class="", enabled_countries=[])
    test, live = factories.api_key(bare), factories.api_key(bare, livemode=True)
    missing = ["legal_name_missing", "postal_address_missing", "debt_class_not_attested", "no_country_enabled"]
    assert codes(factories.client(test).get(WHOAMI)) == missing
    # What only keeps live mail from leaving is said to live keys.
    assert codes(factories.client(live).get(WHOAMI)) == [*missing, "sender_missing", "mail_server_missing"]
    urls = {entry["code"]: entry["url"] for entry in factories.client(live).get(WHOAMI).json()["blocking"]}
    assert urls["legal_name_missing"] == f"{settings.PUBLIC_URL}/dashboard/settings"
    assert urls["sender_missing"] == f"{settings.DOCS_URL}/guides/authentication#sender_missing"
    settings.SMTP = settings.SMTP | {"host": "smtp.example.com"}
    Organisation.objects.update(brand={"from_email": "ar@example.com"})
    assert codes(factories.client(live).get(WHOAMI)) == missing


def test_every_reason_that_the_guide_explains_has_its_place_there(settings: Any) -> None:
    from accounts import rules
    from accounts.serializers import _ON_THE_PAGE

    every = rules.blocking(
        legal_name="",
        postal_address="",
        attested_class="",
        enabled_countries=[],
        live_approved=False,
        paused=True,
        has_sender=False,
        has_mail_server=False,
    )
    guide = (settings.BASE_DIR / "docs/guides/authentication.md").read_text()
    for code in {code for code, _ in every} - _ON_THE_PAGE:
        assert f"\n### {code}\n" in guide


# --- pause


def test_pausing_is_said_once_and_undone_once(creditor: Organisation) -> None:
    api = factories.client(factories.api_key(creditor))
    first, again = api.post(PAUSE), api.post(PAUSE, {})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["paused_at"] == again.json()["paused_at"] is not None
    assert codes(first) == ["organisation_paused"]
    for _ in range(2):
        resumed = api.post(RESUME)
        assert (resumed.status_code, resumed.json()["paused_at"], codes(resumed)) == (200, None, [])
    events = Event.objects.filter(type__startswith="organisation.").exclude(type="organisation.created")
    assert list(events.order_by("sequence").values_list("type", "livemode")) == [
        ("organisation.paused", False),
        ("organisation.resumed", False),
    ]
    assert events.first().data["organisation_id"] == creditor.id
    assert None not in events.values_list("sequence", flat=True)


def test_the_modes_pause_apart(creditor: Organisation) -> None:
    test, live = (factories.client(factories.api_key(creditor, mode)) for mode in (False, True))
    test.post(PAUSE)
    assert (test.get(WHOAMI).json()["paused_at"] is None, live.get(WHOAMI).json()["paused_at"]) == (False, None)
    creditor.refresh_from_db()
    assert (creditor.paused_since(True), creditor.paused_since(False) is None) == (None, False)
    live.post(PAUSE)
    test.post(RESUME)
    creditor.refresh_from_db()
    assert (creditor.paused_since(False), creditor.paused_since(True) is None) == (None, False)


def test_a_platform_pauses_the_child_it_names(creditor: Organisation) -> None:
    child = factories.organisation(name="Child", parent_id=creditor.id)
    api = factories.client(factories.api_key(creditor))
    assert api.post(PAUSE, AgentCollect_Account=child.id).json()["id"] == child.id
    assert (
        api.get(WHOAMI).json()["paused_at"],
        Event.objects.get(type="organisation.paused").acting_organisation_id,
    ) == (
        None,
        creditor.id,
    )


def test_who_may_pause_and_with_what(creditor: Organisation) -> None:
    reader = factories.client(factories.api_key(creditor, scopes=["organisation:read", "campaigns:write"]))
    answer = reader.post(PAUSE)
    assert (answer.status_code, answer.json()["error"]) == (403, "missing_scope")
    writer = factories.client(factories.api_key(creditor, scopes=["organisation:write"]))
    assert writer.post(PAUSE, {"until": "tomorrow"}).json()["error"] == "unknown_field"
    assert factories.client().post(PAUSE).status_code == 401
    assert not Event.objects.filter(type="organisation.paused").exists()


# --- limits


def test_a_limit_counts_at_once_and_is_written_down(creditor: Organisation) -> None:
    key = factories.api_key(creditor)
    assert factories.client(key).get(WHOAMI).headers["X-RateLimit-Limit"] == "1000"
    about = {"organisation_id": creditor.id, "by": "ops:a", "at": clock.now()}
    assert operations.set_rate_limit(requests_per_minute=5, **about) == 0
    assert factories.client(key).get(WHOAMI).headers["X-RateLimit-Limit"] == "5"
    operations.set_rate_limit(requests_per_minute=5, **about)
    event = Event.objects.get(type="organisation.rate_limit_set")
    assert event.data == {"before": None, "requests_per_minute": 5}
    assert (event.actor, event.livemode) == ("ops:a", True)
    operations.set_rate_limit(requests_per_minute=None, **about)
    assert factories.client(key).get(WHOAMI).headers["X-RateLimit-Limit"] == "1000"


@pytest.mark.parametrize("limit", [0, -1, 1_000_001])
def test_limits_have_bounds(creditor: Organisation, limit: int) -> None:
    with pytest.raises(ApiError, match="between 1 and"):
        operations.set_rate_limit(organisation_id=creditor.id, requests_per_minute=limit, by="ops:a", at=clock.now())


@pytest.mark.parametrize(
    ("typed", "limit"),
    [("2500", 2500), ("", None), ("many", 7), ("-5", 7), ("0", 7), ("9" * 50, 7)],
    ids=["number", "empty", "words", "negative", "none", "huge"],
)
def test_operations_set_a_limit_in_the_admin(db: None, rf: RequestFactory, typed: str, limit: int | None) -> None:
    creditor, said = factories.organisation(rate_limit=7), []
    request: Any = rf.post("/admin", {"requests_per_minute": typed})
    request.user = User.objects.create_superuser("ops@example.com", "x" * 12)
    request._messages = type("Heard", (), {"add": lambda _, level, message, tags: said.append(message)})()
    admin.site.get_model_admin(Organisation).set_rate_limit(request, Organisation.objects.all())
    creditor.refresh_from_db()
    assert creditor.rate_limit == limit
    assert len(said) == 1
    by_ops = Event.objects.filter(type="organisation.rate_limit_set", actor="ops:ops@example.com")
    assert by_ops.exists() == (limit != 7)
