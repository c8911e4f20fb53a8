"""Nobody reaches somebody else's rows: every route of `/v1`, taken from the URLconf, with every wrong credential.

A new route is tested without being named here. A new kind of id in a route fails until `objects` knows how to make
one; a route that must be open to strangers must be named in `OPEN`.
"""

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import DjangoDbBlocker

from accounts.models import ApiKey, Organisation
from agentcollect.kit import clock, ids
from agentcollect.kit.db import atomic
from campaigns.models import Case
from events.operations import About, record
from tests import factories, rows, settling
from tests.standing import taken_back
from webhooks.models import Delivery
from webhooks.operations import create_endpoint, start_replay

# Served to anybody; everything else answers 401 without a credential.
OPEN = {
    "v1/auth",
    "v1/openapi.json",
    "v1/oauth/token",
    "v1/oauth/revoke",
    "v1/oauth/introspect",
    "v1/secret_scanning",
}
METHODS = ("get", "post", "put", "patch", "delete")


class Route(NamedTuple):
    path: str
    method: str
    view: Any

    @property
    def names(self) -> list[str]:
        return re.findall(r"<(?:[^:>]+:)?([^>]+)>", self.path)

    def address(self, known: dict[str, str]) -> str:
        return "/" + re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: known[found[1]], self.path)


def routes() -> list[Route]:
    found = []
    for path, callback in _walk(get_resolver().url_patterns, ""):
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        methods = [m for m in METHODS if hasattr(view, m)] if view else ["get"]
        found += [Route(path, method.upper(), view) for method in methods]
    return found


def _walk(patterns: list[Any], before: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and path.startswith("v1"):
            yield path, pattern.callback


class Owned(NamedTuple):
    """An organisation with one of everything in one mode, and a key for it."""

    organisation: Organisation
    key: str
    ids: dict[str, str]


def owned(organisation: Organisation, livemode: bool) -> Owned:
    ladder = [{"min_age_days": 0, "max_discount_percent": 50}]
    policy = {"min_instalment_minor": 1, "settlement": ladder}
    campaign = factories.campaign(organisation, livemode, debtors_enrolled=1, offer_policy=policy)
    case = factories.case(organisation, livemode, amount_minor=5_000, campaign=campaign)
    at = clock.now()
    endpoint, _ = create_endpoint(
        organisation_id=organisation.id,
        livemode=livemode,
        url="https://hooks.example.com/ac",
        by="test",
        at=at,
    )
    with atomic():
        event_id = record(
            type="case.opened",
            organisation_id=organisation.id,
            livemode=livemode,
            data={"case_id": case.id},
            by="test",
            at=at,
            about=About(case.campaign_id, case.id, case.debtor_id),
        )
    tenant = {"organisation_id": organisation.id, "livemode": livemode, "by": "test", "at": at}
    replay = start_replay(filters={"webhook_ids": [endpoint.id]}, rate=None, **tenant)
    known = objects(case) | {
        "replay_id": replay.id,
        "event_id": event_id,
        "webhook_id": endpoint.id,
        "delivery_id": Delivery.objects.get(event_id=event_id).id,
    }
    return Owned(organisation, factories.api_key(organisation, livemode), known)


_SHOWN = datetime(2031, 3, 4, 15, tzinfo=UTC)


def objects(case: Case) -> dict[str, str]:
    """Route argument → id of a real object."""
    agreed = factories.case(case.organisation, case.livemode, campaign=case.campaign)
    return {
        "promise_id": settling.promise(agreed).id,
        "plan_id": settling.plan(agreed).id,
        "offer_id": settling.offer(agreed).id,
        "dispute_id": settling.dispute(agreed).id,
        "campaign_id": case.campaign_id,
        "case_id": case.id,
        "debtor_id": case.debtor_id,
        "payment_id": settling.payment(case).id,
        "message_id": factories.message(case).id,
        "log_id": factories.logged_call(case.organisation, case.livemode).id,
        "contact_id": factories.contact(case.debtor, email="cfo@acmecorp.com").id,
        "exclusion_id": factories.exclusion(case.organisation, case.livemode).id,
        "domain_id": factories.domain(case.organisation, case.livemode).id,
        "document_id": factories.document(case).id,
        "payout_id": rows.payout(case.organisation, case.livemode).id,
        "statement_id": rows.statement(case.organisation, case.livemode).id,
        "export_id": factories.export(case.organisation, case.livemode).id,
        "task_id": factories.task(case).id,
        "reply_id": factories.reply(case).id,
        "call_id": rows.call(case).id,
        "referral_id": rows.referral(case, status="declined", attorney=None).id,
        # A live organisation has none; nobody's id is as good.
        "clock_id": ids.new("clk") if case.livemode else factories.test_clock(case.organisation, _SHOWN).id,
        "name": rows.playbook(case.organisation, case.livemode).name,
    }


def body(route: Route, known: dict[str, str]) -> dict[str, Any]:
    """What somebody would send who knows the ids and wants to do harm with them."""
    bodies = {
        "v1/payments": {"case_id": known["case_id"], "amount": 1, "method": "bank_transfer"},
        "v1/payments/<str:payment_id>/refunds": {"amount": 1, "reason": "harm"},
        "v1/payments/<str:payment_id>/apply": {"case_id": known["case_id"], "amount": 1},
        "v1/sandbox/payments": {"case_id": known["case_id"]},
        "v1/sandbox/calls": {"case_id": known["case_id"], "outcome": "busy"},
        "v1/playbooks": {"name": "mine", "steps": [_FIRST_STEP]},
        "v1/playbooks/dry_run": {"name": "default", "campaign_id": known["campaign_id"]},
        "v1/sandbox/replies": {"case_id": known["case_id"], "template": "opt_out"},
        "v1/sandbox/bounces": {"message_id": known["message_id"]},
        "v1/sandbox/opt_outs": {"contact_id": known["contact_id"]},
        "v1/organisation/offer_policy": {"max_instalments": 9},
        "v1/organisation/reply_path": {"kind": "mailbox", "address": "me@evil.com", "host": "imap.evil.com"}
        | {"user": "me", "secret": "mine"},
        "v1/replies/<str:reply_id>/resolve": {"label": "bankruptcy"},
        "v1/webhooks/<str:webhook_id>": {"description": "mine now"},
        "v1/webhooks/replays": {"webhook_ids": [known["webhook_id"]], "statuses": ["pending"], "missed": True},
        "v1/contacts": {"debtor_id": known["debtor_id"], "email": "mine@acmecorp.com"},
        "v1/contacts/<str:contact_id>": {"name": "mine now"},
        "v1/debtors/<str:debtor_id>": {"name": "Mine Now", "do_not_contact": True},
        "v1/domains": {"host": "pay.mine-now.example"},
        "v1/documents/<str:document_id>": {"share_with_debtor": True},
        "v1/campaigns/<str:campaign_id>": {"name": "mine now", "brand": {"from_email": "me@evil.com"}},
        "v1/campaigns/<str:campaign_id>/debtors": {"debtors": [{"company_name": "Mine Inc", "invoice_amount": 5}]},
        "v1/cases/<str:case_id>": {"invoice_amount": 1, "notes": "mine now", "reason": "harm"},
        "v1/cases/<str:case_id>/hold": {"kind": "creditor_pause", "reason": "harm"},
        "v1/cases/<str:case_id>/release": {"kind": "creditor_pause"},
        "v1/cases/<str:case_id>/close": {"reason": "recalled"},
        "v1/cases/<str:case_id>/credits": {"amount": 1, "reason": "harm"},
        "v1/cases/<str:case_id>/promise": {"due_on": _soon()},
        "v1/cases/<str:case_id>/plan": {"instalments": 2, "first_on": _soon(), "agreed": True},
        "v1/cases/<str:case_id>/offers": {"amount": 45},
        "v1/cases/<str:case_id>/dispute": {"reason": "other", "text": "harm"},
        "v1/disputes/<str:dispute_id>/request_information": {"text": "harm"},
        "v1/disputes/<str:dispute_id>/answer": {"text": "harm"},
        "v1/disputes/<str:dispute_id>/resolve": {"outcome": "upheld"},
        "v1/sandbox/disputes": {"case_id": known["case_id"], "reason": "other"},
        "v1/sandbox/clocks": {"frozen_time": "2031-03-04T15:00:00Z"},
        "v1/sandbox/clocks/<str:clock_id>/advance": {"frozen_time": "2031-03-05T15:00:00Z"},
        "v1/tasks/<str:task_id>/complete": {"outcome": "nobody"},
        "v1/messages/<str:message_id>/reject": {"reason": "harm"},
        "v1/messages/<str:message_id>/edit": {"paragraphs": ["mine now"]},
    }
    return bodies.get(route.path, {})


_FIRST_STEP = {"day": 0, "channel": "email", "intent": "first_reminder", "level": 1}


def _soon() -> str:
    return (clock.now() + timedelta(days=3)).date().isoformat()


def send(route: Route, key: str, known: dict[str, str], **headers: str) -> Any:
    api, address = factories.client(key), route.address(known)
    if route.method == "GET":
        return api.get(address, **headers)
    return api.send(route.method, address, body(route, known), **headers)


def snapshot(organisation: Organisation, livemode: bool | None = None) -> dict[str, list[str]]:
    """Every row of the organisation, but for its keys (which remember when they were used); of one mode, if named."""
    found = {}
    with connection.cursor() as cursor:  # rows as they are: a Python value of each column would cost ten times as much
        for table, has_mode in _tables():
            mode = livemode is not None and has_mode
            where = "organisation_id = %s" + (" AND livemode = %s" if mode else "")
            cursor.execute(f'SELECT * FROM "{table}" WHERE {where}', [organisation.id, *[livemode] * mode])
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


@functools.cache
def _tables() -> list[tuple[str, bool]]:
    """Of each model that knows its organisation, whether it knows its mode too."""
    known = {model._meta.db_table: {field.column for field in model._meta.fields} for model in apps.get_models()}
    del known[ApiKey._meta.db_table]
    return [(table, "livemode" in columns) for table, columns in known.items() if "organisation_id" in columns]


ROUTES = routes()
every_route = pytest.mark.parametrize(
    ("route", "livemode"),
    [(route, livemode) for route in ROUTES for livemode in (False, True)],
    ids=[f"{route.method} {route.path} {mode}" for route in ROUTES for mode in ("test", "live")],
)


class Worlds(NamedTuple):
    """A platform, and of each mode a victim below it with all its rows as they were made."""

    platform: Organisation
    victims: dict[bool, Owned]


@pytest.fixture(scope="module")
def _worlds(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Worlds]:
    with django_db_blocker.unblock(), taken_back():
        platform = factories.organisation(name="Platform")
        children = {mode: factories.organisation(name="Victim", parent_id=platform.id) for mode in (False, True)}
        yield Worlds(platform, {mode: owned(child, mode) for mode, child in children.items()})


@pytest.fixture
def db(_worlds: Worlds) -> Iterator[None]:
    with taken_back():
        yield


@pytest.fixture
def platform(_worlds: Worlds, db: None, empty_redis: None) -> Organisation:
    return _worlds.platform


@pytest.fixture
def victim(_worlds: Worlds, platform: Organisation, livemode: bool) -> Owned:
    return _worlds.victims[livemode]


def test_the_urlconf_is_really_read() -> None:
    paths = {route.path for route in ROUTES}
    assert {"v1/auth", "v1/organisation"} <= paths
    assert not [path for path in paths if "(?P" in path or path.endswith("/")], "write routes with path(), no slash"


@every_route
def test_every_argument_is_known(route: Route, livemode: bool, victim: Owned) -> None:
    """The tests below are only worth something with the id of a real object, so the owner must reach it."""
    unknown = set(route.names) - victim.ids.keys()
    assert not unknown, f"{route.path}: teach tests/test_isolation.py to make a real object for {unknown}"
    if route.path not in OPEN:
        status = send(route, victim.key, victim.ids).status_code
        expected = _shown_to(route, livemode)
        assert status == expected if route.method == "GET" else status not in {401, 403, 404}


@every_route
def test_without_a_credential(route: Route, victim: Owned) -> None:
    before = snapshot(victim.organisation)
    answer = send(route, "", victim.ids)
    if route.path in OPEN:
        assert answer.status_code < 500
    else:
        assert (answer.status_code, answer.json()["error"]) == (401, "missing_credentials")
    assert snapshot(victim.organisation) == before


@every_route
def test_with_another_organisations_key(route: Route, livemode: bool, victim: Owned) -> None:
    stranger = owned(factories.organisation(name="Stranger"), livemode)
    _refused(route, stranger.key, victim)


@every_route
def test_with_the_other_modes_key(route: Route, livemode: bool, victim: Owned) -> None:
    # What the other mode's key does in its own mode is its own affair.
    _refused(route, factories.api_key(victim.organisation, not livemode), victim, livemode)


@every_route
def test_with_the_platforms_key_when_it_names_nobody(
    route: Route, livemode: bool, victim: Owned, platform: Organisation
) -> None:
    """Rows belong to the child: without naming it, its parent does not see them."""
    _refused(route, factories.api_key(platform, livemode), victim)


@every_route
def test_acting_for_an_organisation_that_is_not_linked(route: Route, livemode: bool, victim: Owned) -> None:
    stranger = factories.organisation(name="Another platform")
    before = snapshot(victim.organisation)
    answer = send(route, factories.api_key(stranger, livemode), victim.ids, AgentCollect_Account=victim.organisation.id)
    if route.path in OPEN:
        assert answer.status_code < 500
    else:
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert snapshot(victim.organisation) == before


@every_route
def test_the_platform_reaches_its_child_by_name(
    route: Route, livemode: bool, victim: Owned, platform: Organisation
) -> None:
    if route.method == "GET" and route.path not in OPEN:
        key = factories.api_key(platform, livemode)
        answer = send(route, key, victim.ids, AgentCollect_Account=victim.organisation.id)
        assert answer.status_code == _shown_to(route, livemode)


def _shown_to(route: Route, livemode: bool) -> int:
    """What a GET answers to who may: the sandbox is for test keys."""
    return 422 if livemode and route.path.startswith("v1/sandbox/") else 200


def _refused(route: Route, key: str, victim: Owned, livemode: bool | None = None) -> None:
    """No 2xx on the victim's object, none of its ids in an answer (filters included), no change, no 5xx."""
    before = snapshot(victim.organisation, livemode)
    answer = send(route, key, victim.ids)
    assert answer.status_code < 500
    if route.names:
        sandbox = key.startswith("sk_live_") and route.path.startswith("v1/sandbox/")
        assert answer.status_code == (422 if sandbox else 404), answer.content
    elif answer.status_code < 300:
        _shows_nothing(answer, victim)
    for name in _filters(route):
        filtered = factories.client(key).get(route.address(victim.ids), {name: victim.ids[name]})
        assert filtered.status_code < 500
        if filtered.status_code < 300:
            _shows_nothing(filtered, victim)
    assert snapshot(victim.organisation, livemode) == before


def _filters(route: Route) -> list[str]:
    known = getattr(route.view, "parameters", {}).get("GET", frozenset())
    named = "campaign_id case_id debtor_id payment_id event_id webhook_id endpoint_id replay_id message_id contact_id"
    usable = set(named.split()) & set(known)
    return sorted(usable) if route.method == "GET" and not route.names else []


def _shows_nothing(answer: Any, victim: Owned) -> None:
    shown = answer.content.decode()
    assert not [value for value in victim.ids.values() if value in shown]
