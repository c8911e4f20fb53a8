"""The page of payment page addresses: what must be set, who may change it, and that everybody sees their own."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Member
from payments.models import PayDomain
from tests import factories
from tests.dashboard import world

PAGE = "/dashboard/domains"


def test_adding_one_shows_its_records(owner: Client, settings: Any) -> None:
    settings.PAY_TARGET = "app.agentcollect.example"
    assert "No address of your own" in owner.get(PAGE).content.decode()
    assert owner.post(f"{PAGE}/add", {"host": "pay.harborpine.example"})["Location"] == PAGE
    row = PayDomain.objects.get()
    assert (row.livemode, row.actor.partition(":")[0], row.status) == (False, "member", "pending")
    html = owner.get(PAGE).content.decode()
    for shown in (
        row.host,
        f"_agentcollect.{row.host}",
        row.token,
        "app.agentcollect.example",
        "Waits for its records",
    ):
        assert shown in html
    assert html.count("data-copy=") == 4


def test_what_cannot_be_one_is_said_beside_it(owner: Client) -> None:
    page = owner.post(f"{PAGE}/add", {"host": "https://pay.harborpine.example/"})
    html = page.content.decode()
    assert page.status_code == 400
    assert "must be a host name alone" in html and 'value="https://pay.harborpine.example/"' in html
    assert not PayDomain.objects.exists()


@pytest.mark.parametrize(("status", "words"), [("verified", "Proven"), ("broken", "Broken")])
def test_each_status_says_what_it_means(owner: Client, status: str, words: str) -> None:
    factories.domain(owner.organisation, status=status, fault="it leads elsewhere.")  # type: ignore[attr-defined]
    html = owner.get(PAGE).content.decode()
    assert words in html and "it leads elsewhere." in html


def test_verify_and_remove(owner: Client) -> None:
    row = factories.domain(owner.organisation)  # type: ignore[attr-defined]
    before = row.check_at
    owner.post(f"{PAGE}/{row.id}/verify")
    row.refresh_from_db()
    assert row.check_at < before
    owner.post(f"{PAGE}/{row.id}/remove")
    row.refresh_from_db()
    assert row.status == "removed"
    owner.get(PAGE)  # with what was just done, in words
    assert row.host not in owner.get(PAGE).content.decode()
    assert owner.post(f"{PAGE}/{row.id}/verify").status_code == 404


@pytest.mark.parametrize("role", ["operator", "finance", "viewer", "auditor"])
def test_only_owners_and_admins_change_them(role: str, db: None) -> None:
    organisation = factories.organisation()
    row = factories.domain(organisation)
    client = Client()
    client.force_login(world.member(organisation, role=Member.Role(role)).user)
    html = client.get(PAGE).content.decode()
    assert row.token in html and "Verify now" not in html and "Add an address" not in html
    for path in ("add", f"{row.id}/verify", f"{row.id}/remove"):
        assert client.post(f"{PAGE}/{path}", {"host": "pay.x.example"}).status_code == 403
    assert list(PayDomain.objects.values_list("status", flat=True)) == ["pending"]


@pytest.mark.parametrize("live", [False, True])
def test_nobody_elses_are_seen(owner: Client, live: bool) -> None:
    theirs = factories.domain(owner.organisation if live else factories.organisation("Else"), live)  # type: ignore[attr-defined]
    assert theirs.host not in owner.get(PAGE).content.decode()
    for act in ("verify", "remove"):
        assert owner.post(f"{PAGE}/{theirs.id}/{act}").status_code == 404
