"""Registering an endpoint, changing it and deleting it on the pages: by whom, with which faults said where."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from agentcollect.kit import clock
from dashboard.queries import endpoints
from events.models import Event
from tests import factories
from tests.dashboard import world
from tests.dashboard.test_webhook_pages import BASE, address, seen, status
from webhooks import vault
from webhooks.models import Delivery, Endpoint

GIVEN: dict[str, Any] = {
    "url": "https://yourapp.com/new",
    "description": "ledger",
    "scope": "some",
    "events": ["payment.received", "case.closed"],
    "headers": "Authorization: Bearer very-secret-token-1234\r\n\r\nX-Team: billing:eu",
    "rate_limit": "1,000",
    "long_tail": "on",
}


@pytest.fixture
def filled(owner: Client) -> world.World:
    """Without the mails: nothing here is about them, and each costs a tenth of a second."""
    return world.fill(owner.organisation, sends=0)  # type: ignore[attr-defined]


def test_registered_as_given_and_its_secret_shown_once(owner: Client) -> None:
    assert "Register an endpoint" in seen(owner.get(BASE).content)
    assert 'name="headers"' in owner.get(f"{BASE}/endpoints/new").content.decode()
    answer = owner.post(f"{BASE}/endpoints/create", GIVEN)
    assert answer.status_code == 201
    row = Endpoint.objects.get()
    assert (row.url, row.description, row.status) == ("https://yourapp.com/new", "ledger", "active")
    assert (sorted(row.events), row.rate_limit, row.long_tail) == (["case.closed", "payment.received"], 1000, True)
    assert vault.headers(row.headers) == {"Authorization": "Bearer very-secret-token-1234", "X-Team": "billing:eu"}
    (secret,) = endpoints.live(row, clock.now())
    assert secret in answer.content.decode()
    assert "Copy its signing secret now" in seen(answer.content)
    assert secret not in owner.get(f"{BASE}/endpoints/{row.id}").content.decode()
    made = Event.objects.get(type="endpoint.created")
    assert made.actor == row.created_by and made.actor.startswith("member:")


def test_all_events_win_over_ticks_and_the_rest_has_defaults(owner: Client) -> None:
    owner.post(f"{BASE}/endpoints/create", {"url": GIVEN["url"], "scope": "all", "events": ["case.closed"]})
    row = Endpoint.objects.get()
    assert (row.events, row.headers, row.rate_limit, row.long_tail) == (["*"], "", None, False)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"url": ""}, "id_url", "Write the address"),
        ({"url": "yourapp.com"}, "id_url", "not a full URL"),
        ({"url": "https://10.0.0.1/"}, "id_url", "private or reserved network"),
        ({"url": "https://a.example.com/" + "x" * 2048}, "id_url", "longer than"),
        ({"description": "x" * 201}, "id_description", "at most 200"),
        ({"events": []}, "events", "Choose at least one type"),
        ({"events": ["no.such"]}, "events", "no.such"),
        ({"scope": "none"}, "events", "Select a valid choice"),
        ({"headers": "just words"}, "id_headers", "“just words” is not a name, a colon and a value."),
        ({"headers": "Host: x"}, "id_headers", "Host is set by us."),
        ({"headers": "X-A: 1\nX-A: 2"}, "id_headers", "X-A is given twice."),
        ({"headers": "X-A: ••••1234"}, "id_headers", "X-A is masked: write its whole value."),
        ({"rate_limit": "0"}, "id_rate_limit", "from 1 to 1,000"),
        ({"rate_limit": "²"}, "id_rate_limit", "from 1 to 1,000"),
    ],
)
def test_a_fault_stands_beside_its_field(owner: Client, change: dict[str, Any], field: str, words: str) -> None:
    answer = owner.post(f"{BASE}/endpoints/create", GIVEN | change)
    page = unescape(answer.content.decode())
    assert answer.status_code == 200
    beside = page[page.index(f'id="{field}_error"') :].partition("</span>")[0]
    assert words in beside
    assert "Nothing was saved." in page
    if "description" not in change:
        assert 'value="ledger"' in page  # nothing has to be written again
    assert not Endpoint.objects.exists()


def test_what_belongs_to_no_field_stands_above(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.operations.endpoints.MAX_ENDPOINTS", 0)
    answer = owner.post(f"{BASE}/endpoints/create", GIVEN)
    assert "An organisation has at most 100 webhook endpoints in a mode. Nothing was saved." in seen(answer.content)


def test_an_edit_keeps_what_a_mask_stands_for(owner: Client, filled: world.World) -> None:
    kept = {"Authorization": "Bearer very-secret-token-1234", "X-Team": "billing"}
    Endpoint.objects.filter(id=filled.endpoint_id).update(headers=vault.seal(kept), events=["payment.received"])
    page = unescape(owner.get(address(filled, "edit")).content.decode())
    assert "very-secret" not in page
    assert 'value="payment.received" checked' in page and page.count('name="events"') == page.count("mono small")
    row = Endpoint.objects.get(id=filled.endpoint_id)
    shown = f"Authorization: ••••1234\nX-Team: {'ledger'}"
    said = {"url": row.url, "scope": "some", "events": ["case.closed"], "headers": shown}
    assert owner.post(address(filled, "save"), said)["Location"] == address(filled)
    row.refresh_from_db()
    assert vault.headers(row.headers) == kept | {"X-Team": "ledger"}
    assert row.events == ["case.closed"]
    wrong = owner.post(address(filled, "save"), said | {"headers": "X-Other: ••••1234"})
    assert "X-Other is masked" in seen(wrong.content)
    owner.post(address(filled, "save"), said | {"headers": ""})
    row.refresh_from_db()
    assert row.headers == ""


def test_an_edit_that_changes_nothing_records_nothing(owner: Client, filled: world.World) -> None:
    sealed = vault.seal({"X-Team": "billing"})
    Endpoint.objects.filter(id=filled.endpoint_id).update(headers=sealed)
    row = Endpoint.objects.get(id=filled.endpoint_id)
    said = {"url": row.url, "description": row.description, "headers": "X-Team: billing\r\n", "scope": "some"}
    owner.post(address(filled, "save"), said | {"events": row.events})
    assert not Event.objects.filter(type="endpoint.updated").exists()
    assert Endpoint.objects.get(id=filled.endpoint_id).headers == sealed


def test_headers_that_no_key_opens_can_be_replaced(owner: Client, filled: world.World) -> None:
    Endpoint.objects.filter(id=filled.endpoint_id).update(headers="not ours")
    assert owner.get(address(filled, "edit")).status_code == 200
    said = {"url": "https://yourapp.com/hooks", "scope": "all", "headers": "X-Team: billing"}
    owner.post(address(filled, "save"), said)
    assert vault.headers(Endpoint.objects.get(id=filled.endpoint_id).headers) == {"X-Team": "billing"}


def test_a_new_address_of_one_that_must_prove_itself(owner: Client, filled: world.World) -> None:
    filled.organisation.verify_webhooks = True
    filled.organisation.save(update_fields=["verify_webhooks"])
    answer = owner.post(address(filled, "save"), {"url": "https://other.example.com/h", "scope": "all"}, follow=True)
    assert "asked for a challenge first" in seen(answer.content)
    assert status(filled) == "unverified"
    made = owner.post(f"{BASE}/endpoints/create", GIVEN)
    assert "Prove that the address is yours" in seen(made.content)
    assert Delivery.objects.filter(event_type="endpoint.verification", status="pending").count() == 2


def test_deleting_asks_first_and_leaves_the_history(owner: Client, filled: world.World) -> None:
    page = owner.get(address(filled)).content.decode()
    assert f'action="{address(filled, "delete")}"' in page and "This cannot be undone." in page
    assert owner.get(address(filled, "delete")).status_code == 405
    done = owner.post(address(filled, "delete"), follow=True)
    assert "stays readable under Deliveries" in seen(done.content)
    assert status(filled) == "deleted"
    assert owner.get(address(filled)).status_code == 404
    assert owner.get(f"{BASE}/deliveries/{filled.delivery_id}").status_code == 200


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
def test_where_events_go_is_for_owners_and_admins(filled: world.World, role: str) -> None:
    someone = Client()
    someone.force_login(world.member(filled.organisation, role, email=f"{role}-4@example.com").user)
    codes = {
        someone.get(f"{BASE}/endpoints/new").status_code,
        someone.get(address(filled, "edit")).status_code,
        someone.post(f"{BASE}/endpoints/create", {}).status_code,
        someone.post(address(filled, "save"), {}).status_code,
    }
    assert codes == ({200} if role == "admin" else {403})
    page = someone.get(address(filled)).content.decode() + someone.get(BASE).content.decode()
    assert ("/edit" in page, "/delete" in page, "/endpoints/new" in page) == ((role == "admin"),) * 3
    assert (someone.post(address(filled, "delete")).status_code == 403) == (role != "admin")
    assert (status(filled) == "deleted") == (role == "admin")


def test_nobody_elses_endpoint_is_changed(filled: world.World) -> None:
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    assert stranger.get(address(filled, "edit")).status_code == 404
    for verb in ("save", "delete"):
        assert stranger.post(address(filled, verb), GIVEN).status_code == 404
        assert Client().post(address(filled, verb))["Location"].startswith("/dashboard/login")
    assert status(filled) == "active"


def test_in_live_mode_the_person_proves_again_who_it_is(owner: Client, settings: Any) -> None:
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    owner.post("/dashboard/mode", {"mode": "live"})
    for answer in (owner.get(f"{BASE}/endpoints/new"), owner.post(f"{BASE}/endpoints/create", GIVEN)):
        assert answer.status_code == 302 and answer["Location"].startswith("/account/confirm?")
    assert not Endpoint.objects.exists()
