"""`manage.py bootstrap`: one command, the same answer, nothing in clear text in the database."""

import io
import json
import stat
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from accounts import operations, queries
from accounts.models import ApiKey, Member, Organisation, User
from agentcollect import embedded
from agentcollect.kit import clock
from outreach.models import Attorney
from tests import factories


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(embedded, "VAR", tmp_path)


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("bootstrap", "--json", *arguments, stdout=out)
    assert out.getvalue().count("\n") == 1
    return json.loads(out.getvalue())


def counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_twice_is_once() -> None:
    first = run()
    before = counts()
    assert run() == first
    assert counts() == before
    assert list(first) == ["base_url", "api_key", "dashboard"]
    assert first["api_key"].startswith("sk_test_")


def test_what_it_prints_works_and_nothing_blocks() -> None:
    made = run()
    seen = factories.client(made["api_key"]).get("/v1/organisation").json()
    assert (seen["name"], seen["livemode"], seen["blocking"]) == ("Your Company Inc.", False, [])
    user = User.objects.get(email=made["dashboard"]["email"])
    assert user.check_password(made["dashboard"]["password"])
    assert not user.is_staff
    assert Member.objects.get(user=user).role == "owner"
    row = Organisation.objects.get()
    assert row.brand["from_email"] == "ar@yourcompany.com"
    assert row.brand["colors"] == {"primary": "#1E40AF", "accent": "#10B981"}
    assert (row.attested_class, row.enabled_countries, row.live_approved) == ("commercial", ["US"], True)
    assert Attorney.objects.filter(sandbox=True).values("bar_state").distinct().count() == 51


def test_clear_text_is_in_the_private_file_only(tmp_path: Any) -> None:
    made = run()
    path = tmp_path / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made["api_key"] in path.read_text()
    for model in apps.get_models():
        for values in model._base_manager.values_list():
            assert made["api_key"][12:-4] not in repr(values)
            assert made["dashboard"]["password"] not in repr(values)


def test_another_organisation_has_its_own() -> None:
    first, other = run(), run("--organisation", "Ácme & Söhne")
    assert other["api_key"] != first["api_key"]
    assert other["dashboard"]["email"] != first["dashboard"]["email"]
    assert run("--organisation", "Ácme & Söhne") == other
    assert run() == first
    assert Organisation.objects.count() == 2
    assert run("--organisation", "東京")["dashboard"]["email"].startswith("owner@organisation-")


def test_a_revoked_key_is_replaced() -> None:
    first = run()
    key = queries.key_by_text(first["api_key"])
    assert key
    operations.revoke_key(key_id=key.id, organisation_id=key.organisation_id, by="test", at=clock.now())
    second = run()
    assert second["api_key"] != first["api_key"]
    assert second["dashboard"] == first["dashboard"]
    assert run() == second


def test_a_wiped_database_gets_new_credentials(tmp_path: Any) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"Your Company Inc.": {"api_key": "sk_test_x", "password": "old"}}))
    made = run()
    assert made["dashboard"]["password"] != "old"
    assert factories.client(made["api_key"]).get("/v1/organisation").status_code == 200


def test_a_lost_file_gets_new_credentials_that_work(tmp_path: Any) -> None:
    first = run()
    (tmp_path / "demo.json").write_text("{half")
    second = run()
    assert second["api_key"] != first["api_key"]
    assert User.objects.get().check_password(second["dashboard"]["password"])
    assert (Organisation.objects.count(), ApiKey.objects.count()) == (1, 2)


def test_the_ops_login_looks_and_presses_but_makes_no_users() -> None:
    made = run("--ops")
    user = User.objects.get(email=made["ops"]["email"])
    assert user.check_password(made["ops"]["password"])
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert user.has_perm("accounts.view_organisation")
    assert user.has_perm("webhooks.view_delivery")
    assert not user.has_perm("accounts.change_user")
    assert not any(user.has_perm(f"accounts.{verb}_organisation") for verb in ("add", "delete"))
    assert run("--ops") == made


def test_for_a_person_it_says_the_same() -> None:
    made, out = run("--ops"), io.StringIO()
    call_command("bootstrap", "--ops", stdout=out)
    for text in (made["api_key"], made["dashboard"]["password"], made["ops"]["password"], made["base_url"]):
        assert text in out.getvalue()
