"""Every page: it opens empty and full, asks for a login, and never shows another tenant's or mode's rows."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.access import ACT
from outreach.models import MailboxItem
from tests import factories
from tests.dashboard import world

LISTS = [
    "/dashboard",
    "/dashboard/needs-you",
    "/dashboard/needs-you?kind=call",
    "/dashboard/approvals",
    "/dashboard/next",
    "/dashboard/next?after=stp_nothing",
    "/dashboard/escalations",
    "/dashboard/escalations?cursor=nothing",
    "/dashboard/campaigns",
    "/dashboard/campaigns?status=paused",
    "/dashboard/debtors",
    "/dashboard/debtors?q=nobody",
    "/dashboard/payments",
    "/dashboard/payments?status=failed",
    "/dashboard/analytics",
    "/dashboard/analytics?from=2001-01-01&to=2001-01-02",
    "/dashboard/analytics/recovery",
    "/dashboard/analytics/aging?bucket=90%2B",
    "/dashboard/statements",
    "/dashboard/mailbox",
    "/dashboard/mailbox?to=nobody@example.com",
    "/dashboard/webhooks",
    "/dashboard/webhooks/deliveries",
    "/dashboard/webhooks/deliveries?status=failed&q=evt_00000000000000",
    "/dashboard/events",
    "/dashboard/events?type=payment.failed&before=1",
    "/dashboard/keys",
    "/dashboard/request-log",
    "/dashboard/request-log?status=4xx&q=/v1/nothing",
]


def details(filled: world.World) -> list[str]:
    mail = MailboxItem.objects.first()
    return [
        f"/dashboard/campaigns/{filled.campaign_id}",
        f"/dashboard/campaigns/{filled.campaign_id}?case_status=closed&before={filled.event_id}",
        f"/dashboard/campaigns/{filled.campaign_id}/news?after={filled.event_id}",
        f"/dashboard/debtors/{filled.debtor_id}",
        f"/dashboard/debtors/{filled.debtor_id}?before={filled.event_id}",
        f"/dashboard/cases/{filled.case_id}",
        f"/dashboard/cases/{filled.case_id}/news?after={filled.event_id}",
        f"/dashboard/webhooks/deliveries/{filled.delivery_id}",
        f"/dashboard/events/{filled.event_id}",
        f"/dashboard/mailbox/{mail.id}",
        f"/dashboard/mailbox/{mail.id}/html",
    ]


def actions(filled: world.World) -> list[str]:
    return [
        f"/dashboard/campaigns/{filled.campaign_id}/pause",
        f"/dashboard/campaigns/{filled.campaign_id}/resume",
        f"/dashboard/campaigns/{filled.campaign_id}/cancel",
        f"/dashboard/campaigns/{filled.campaign_id}/send-next",
        f"/dashboard/cases/{filled.case_id}/send-next",
        f"/dashboard/debtors/{filled.debtor_id}/hold",
        f"/dashboard/debtors/{filled.debtor_id}/release",
    ]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_opens_when_nothing_has_happened(owner: Client, path: str) -> None:
    answer = owner.get(path)
    assert answer.status_code == 200
    assert b'class="empty"' in answer.content or b"Nothing" in answer.content or b"No key" in answer.content


def test_every_page_opens_with_data(owner: Client, filled: world.World) -> None:
    for path in LISTS + details(filled):
        assert owner.get(path).status_code == 200, path


def test_every_page_asks_for_a_login(client: Client, filled: world.World) -> None:
    client.logout()
    for path in LISTS + details(filled):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/dashboard/login?next="), path
    for path in actions(filled):
        assert client.post(path)["Location"].startswith("/dashboard/login"), path


def test_another_organisations_rows_are_not_found(filled: world.World) -> None:
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    for path in details(filled):
        assert stranger.get(path).status_code == 404, path
    for path in actions(filled):
        assert stranger.post(path).status_code == 404, path
    assert stranger.post("/dashboard/webhooks/replay", {"delivery": filled.delivery_id}).status_code == 404
    for path in LISTS:
        assert b"Northwind" not in stranger.get(path).content, path


def test_the_other_modes_rows_are_not_found(owner: Client, filled: world.World) -> None:
    owner.post("/dashboard/mode", {"mode": "live"})
    for path in details(filled):
        assert owner.get(path).status_code == 404, path
    assert owner.get("/dashboard/mailbox").status_code == 404
    assert b"Test mode" not in owner.get("/dashboard").content
    assert filled.campaign_id.encode() not in owner.get("/dashboard/campaigns").content
    owner.post("/dashboard/mode", {"mode": "test"})
    assert b"Test mode" in owner.get("/dashboard").content


def test_a_user_of_no_organisation_is_told_so(client: Client, filled: world.World) -> None:
    from accounts.models import User

    client.force_login(User.objects.create_user("nobody@example.com", world.PASSWORD))
    assert client.get("/dashboard").status_code == 403
    assert client.get(f"/dashboard/cases/{filled.case_id}").status_code == 403


def test_the_organisation_switch_takes_only_ones_own(owner: Client, filled: world.World) -> None:
    second, foreign = factories.organisation("Second Ledger"), factories.organisation("Foreign")
    world.member(second, "viewer", email=filled.organisation.members.get().user.email)
    assert owner.post("/dashboard/organisation", {"organisation": foreign.id}).status_code == 404
    owner.post("/dashboard/organisation", {"organisation": second.id})
    assert b"Second Ledger" in owner.get("/dashboard").content
    assert owner.get(f"/dashboard/cases/{filled.case_id}").status_code == 404


@pytest.mark.parametrize("role", ["owner", "admin", "operator", "finance", "viewer", "auditor"])
def test_what_a_role_may_do(filled: world.World, role: str) -> None:
    someone = Client()
    someone.force_login(world.member(filled.organisation, role, email=f"{role}-2@example.com").user)
    acted = someone.post("/dashboard/webhooks/replay", {"delivery": filled.delivery_id}).status_code
    made = someone.post("/dashboard/keys/create", {"name": "x"}).status_code
    shown = someone.get(f"/dashboard/campaigns/{filled.campaign_id}").content
    assert acted == (302 if role in ACT else 403)
    assert made == (201 if role in {"owner", "admin"} else 403)
    assert (b"Send next step now" in shown) == (role in ACT)


def test_a_form_without_its_token_is_refused(filled: world.World) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(filled.organisation.members.get().user)
    for path in [*actions(filled), "/dashboard/webhooks/replay", "/dashboard/keys/create", "/dashboard/mode"]:
        assert careful.post(path).status_code == 403, path


def test_the_number_of_queries_does_not_grow_with_the_rows(owner: Client, filled: world.World) -> None:
    def counted(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert owner.get(path).status_code == 200
        return len(queries)

    paths = ["/dashboard", "/dashboard/campaigns", "/dashboard/payments", "/dashboard/webhooks/deliveries"]
    paths += ["/dashboard/debtors", "/dashboard/debtors?q=corp", f"/dashboard/debtors/{filled.debtor_id}"]
    paths += [f"/dashboard/campaigns/{filled.campaign_id}", "/dashboard/events", "/dashboard/mailbox"]
    before = {path: counted(path) for path in paths}
    more = tuple((f"Company {n}", f"company{n}.example.org", 100 + n, f"INV-{n}") for n in range(8))
    world.run(world.create_campaign(filled.organisation, more), sends=2)
    after = {path: counted(path) for path in paths}
    assert after == before
    assert max(after.values()) <= 22


def test_what_waits_costs_no_more_queries_when_more_waits(owner: Client, busy: world.Busy) -> None:
    def counted(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(path).status_code == 200
        return len(queries)

    paths = ["/dashboard/needs-you", "/dashboard/approvals", "/dashboard/next"]
    before = {path: counted(path) for path in paths}
    world.busy(busy.organisation, "C")
    assert {path: counted(path) for path in paths} == before
    assert max(before.values()) <= 14


def test_paging_goes_through_all_rows_once(owner: Client) -> None:
    made = {factories.campaign(owner.organisation).id for _ in range(30)}  # type: ignore[attr-defined]
    seen: list[str] = []
    path = "/dashboard/campaigns"
    while path:
        page = owner.get(path).content.decode()
        seen += re.findall(r'href="/dashboard/campaigns/(cmp_\w+)"', page)
        older = re.search(r'href="(\?[^"]*cursor=[^"]+)"', page)
        path = f"/dashboard/campaigns{older[1].replace('&amp;', '&')}" if older else ""
    assert sorted(seen) == sorted(made)
    assert owner.get("/dashboard/campaigns?cursor=forged").status_code == 200


def test_no_page_holds_an_inline_script_or_style() -> None:
    root = Path(__file__).parents[2]
    templates = sorted((root / "dashboard" / "templates").rglob("*.html"))
    assert templates
    for template in templates:
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), template
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), template


def test_pages_carry_the_strict_policy_and_load_nothing_foreign(owner: Client, filled: world.World) -> None:
    for path in ["/dashboard/login", *LISTS]:
        answer = owner.get(path) if path != "/dashboard/login" else Client().get(path)
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        assert not re.search(rb'(src|href)="(https?:)?//', answer.content), path


def test_a_mail_can_run_nothing(owner: Client, filled: world.World) -> None:
    answer = owner.get(f"/dashboard/mailbox/{MailboxItem.objects.first().id}/html")
    policy = answer["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_unknown_addresses_get_a_page(client: Client, db: None) -> None:
    answer = client.get("/dashboard/nothing")
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content
    assert client.get("/")["Location"] == "/dashboard"


def test_the_page_never_says_what_the_law_forbids() -> None:
    root = Path(__file__).parents[2]
    texts = [path.read_text() for path in (root / "dashboard" / "templates").rglob("*.html")]
    texts.append((root / "agentcollect" / "openapi.json").read_text())
    for text in texts:
        for claim in (
            "FDCPA compliant",
            "SOC 2",
            "99.9%",
            "99.9 %",
            "TLS 1.3",
            "never knows",
            "licensed attorney assigned",
        ):
            assert claim.lower() not in text.lower(), claim
