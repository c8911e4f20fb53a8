"""The documentation pages say what the code does; and every model can be looked at in the admin."""

import json
import re
from html import unescape

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client

from accounts.models import Collector, User
from agentcollect.kit import errors, integrity
from agentcollect.kit.errors import REGISTRY
from agentcollect.kit.openapi import webhooks
from dashboard import prose
from events.catalogue import PUBLIC, TYPES
from outreach.models import Attorney, KillSwitch
from payments.models import FeeSchedule

PAGES = ["/docs", "/docs/print", "/docs/guides", "/docs/errors", "/docs/events"]


def text_of(page: str) -> str:
    """What a reader sees of `page`."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


@pytest.mark.django_db
def test_each_code_has_its_place_with_cause_and_cure(client: Client) -> None:
    page = client.get("/docs/errors").content.decode()
    seen = text_of(page)
    for code, definition in REGISTRY.items():
        assert f'id="{code}"' in page
        for words in (definition.message, *errors.explanations()[code]):
            plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", words).replace("`", "")
            assert plain.split("<")[0].strip() in seen, code


@pytest.mark.django_db
def test_a_doc_url_leads_to_its_code(client: Client) -> None:
    told = client.get("/v1/nothing").json()
    path, _, anchor = told["doc_url"].removeprefix(settings.PUBLIC_URL).partition("#")
    assert anchor == "not_found"
    assert f'id="{anchor}"' in client.get(path).content.decode()


@pytest.mark.django_db
def test_each_event_has_its_place_with_example_and_schema(client: Client) -> None:
    page = client.get("/docs/events").content.decode()
    for name in PUBLIC:
        assert f'id="{name}"' in page
        assert TYPES[name].description in unescape(page), name
        found = re.search(rf'<pre id="{name}-body"[^>]*>(.*?)</pre>', page, re.DOTALL)
        assert found
        assert json.loads(unescape(found[1])) == webhooks.body(TYPES[name])
        found = re.search(rf'<pre id="{name}-schema"[^>]*>(.*?)</pre>', page, re.DOTALL)
        assert found
        assert json.loads(unescape(found[1]))["properties"]["event"]["const"] == name


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*PAGES, *(f"/docs/guides/{name}" for name in prose.guides())])
def test_every_page_leads_to_the_others_and_nowhere_else(client: Client, path: str) -> None:
    answer = client.get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)", page), "no inline script"
    assert not re.search(r"\son\w+=|<style|\sstyle=", page), "nothing that a strict policy forbids"
    strict = "unsafe" not in answer["Content-Security-Policy"]
    assert strict == (path not in {"/docs", "/docs/print"})
    for link in set(re.findall(r'(?:href|src)="([^"#]+)', page)):
        if link.startswith("/static/"):
            continue
        assert link.startswith(("/", "https://www.standardwebhooks.com")), link
        if link.startswith("/"):
            assert client.get(link.split("?")[0]).status_code in {200, 302}, link


@pytest.mark.django_db
def test_anchors_within_the_docs_exist(client: Client) -> None:
    for name in prose.guides():
        page = client.get(f"/docs/guides/{name}").content.decode()
        for path, anchor in re.findall(r'href="(/docs/[^"#]+)#([^"]+)"', page):
            assert f'id="{anchor}"' in client.get(path).content.decode(), (name, path, anchor)
        for anchor in re.findall(r'href="#([^"]+)"', page):
            assert f'id="{anchor}"' in page, (name, anchor)


@pytest.mark.django_db
def test_code_can_be_copied(client: Client) -> None:
    page = client.get("/docs/guides/quickstart").content.decode()
    ids = re.findall(r'data-copy="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 3
    for one in ids:
        assert f'<pre id="{one}"' in page
    assert "app.js" in page
    assert settings.PUBLIC_URL in page
    assert "api.agentcollect.com" not in page


@pytest.mark.django_db
def test_each_page_of_text_is_there_as_markdown(client: Client) -> None:
    for name, guide in prose.guides().items():
        answer = client.get(f"/docs/guides/{name}.md")
        assert answer["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.content.decode().startswith(f"# {guide.title}\n")
    assert client.get("/docs/errors.md").content.decode().startswith("# Error codes")
    for path in ("/docs/guides/nothing", "/docs/guides/nothing.md", "/docs/guides/..%2Ferrors.md"):
        assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_the_index_for_language_models(client: Client) -> None:
    """https://llmstxt.org: a title, a quoted summary, then sections that are lists of links with notes."""
    answer = client.get("/llms.txt")
    text = answer.content.decode()
    assert text.startswith("# AgentCollect\n\n> ")
    assert "<" not in text
    sections = text.split("\n## ")[1:]
    assert [section.splitlines()[0] for section in sections] == ["Guides", "Reference", "Optional"]
    lines = [line for section in sections for line in section.splitlines()[1:] if line]
    for line in lines:
        found = re.fullmatch(r"- \[[^]]+\]\((\S+)\): .+", line)
        assert found, line
        assert client.get(found[1].removeprefix(settings.PUBLIC_URL)).status_code == 200
    assert len(lines) >= len(prose.guides()) + 4


def test_the_guides_are_all_there() -> None:
    wanted = {"quickstart", "authentication", "errors", "pagination", "idempotency", "webhooks", "sandbox"}
    assert wanted <= set(prose.guides())
    for guide in prose.guides().values():
        assert guide.lead.endswith("."), guide.name
        assert 200 < len(guide.text.split()) < 1200, f"{guide.name}: five minutes"


def test_vendored_scripts_are_whole_and_licensed() -> None:
    """What a browser runs for us asks nobody else: no CDN, no telemetry, no source map."""
    folder = settings.BASE_DIR / "dashboard" / "static" / "dashboard" / "vendor"
    told = (folder / "README.md").read_text()
    for script in folder.glob("*/*.js"):
        text = script.read_text()
        assert f"`{script.parent.name}/{script.name}`" in told
        assert (script.parent / "LICENSE").is_file()
        assert "cdn.redoc.ly" not in text
        assert "otel.cloud" not in text
        assert script.stat().st_size < 4_500_000


def test_every_model_is_in_the_admin() -> None:
    registered = set(admin.site._registry)
    assert {model for model in integrity.declared() if model._meta.app_label != "admin"} <= registered
    from django.apps import apps

    rooms = ("accounts", "events", "campaigns", "payments", "outreach", "webhooks", "sandbox")
    missing = [model for room in rooms for model in apps.get_app_config(room).get_models() if model not in registered]
    assert missing == []


@pytest.mark.django_db
def test_staff_may_look_and_never_type(client: Client, rf) -> None:
    user = User.objects.create_superuser("ops@example.com", "correct horse battery")
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    request = rf.get("/admin/")
    request.user = user
    for model, options in admin.site._registry.items():
        # Attorneys and collectors of record are kept by hand; a kill switch is set by one, and fees are agreed on by
        # one. Nothing else is typed.
        if model not in (Attorney, Collector):
            assert not options.has_change_permission(request), model
            assert not options.has_add_permission(request) or model in (FeeSchedule, KillSwitch), model
            assert not options.has_delete_permission(request), model
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert client.get(address).status_code == 200, address


@pytest.mark.django_db
def test_the_admin_is_closed_to_members(client: Client) -> None:
    client.force_login(User.objects.create_user("member@example.com", "correct horse battery"))
    assert client.get("/admin/").status_code == 302
