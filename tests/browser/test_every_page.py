"""Every page of the dashboard, empty and full, on a phone and at a desk, in light and in dark. A new page: a path."""

from collections.abc import Iterable
from typing import Any

from agentcollect.kit import clock
from outreach.models import MailboxItem
from tests import factories
from tests.browser import money_world
from tests.browser.conftest import Watched
from tests.browser.looking import come_in, look
from tests.dashboard import world
from webhooks import operations as webhooks
from webhooks.models import Endpoint

# Pages that stand alone; each is looked at with nothing in it, and with something of everything.
ALONE = ("", "needs-you", "approvals", "next", "escalations", "campaigns", "debtors", "playbooks", "payments")
MONEY = ("bank", "bank/lines", "payouts", "reconciliation?month=2026-03", "statements", "analytics", "settings/money")
TOOLS = ("phone-calls", "mailbox", "scenarios", "clocks", "start-over", "webhooks", "webhooks/deliveries")
TOOLS += ("webhooks/replays", "events", "request-log", "keys", "team", "domains", "settings", "settings/notifications")
LISTS = (*ALONE, *MONEY, *TOOLS, "pause", "start")


def see(watched: Watched, paths: Iterable[tuple[str, str]]) -> None:
    """Open each of `paths`, as (what its picture is called, path), and look at it."""
    for name, path in paths:
        answer = watched.page.goto(f"{watched.site}/dashboard/{path.removeprefix('/')}".removesuffix("/"))
        assert answer is not None and answer.ok, path
        look(watched.page, name)


def named(paths: Iterable[str], suffix: str) -> list[tuple[str, str]]:
    return [(f"{path.partition('?')[0].replace('/', '_') or 'home'}_{suffix}", path) for path in paths]


def test_nothing_in_it(watched: Watched, transactional_db: None) -> None:
    world.member(factories.organisation(), email="owner@example.com")
    come_in(watched.page, watched.site)
    see(watched, named(LISTS, "empty"))


def test_lists_with_something_of_everything(watched: Watched, filled: world.World) -> None:
    busy, money = world.busy(filled.organisation), money_world.fill(filled.organisation)
    come_in(watched.page, watched.site)
    one = {name: f"cases/{getattr(busy, name).id}" for name in ("in_plan", "disputed", "talking")}
    one |= {"approval": f"approvals/{busy.draft_id}", "debtor": f"debtors/{busy.talking.debtor_id}"}
    see(watched, named(LISTS, "full"))
    see(watched, (one | money).items())


def test_what_lists_lead_to(watched: Watched, filled: world.World) -> None:
    come_in(watched.page, watched.site)
    mail = MailboxItem.objects.latest("id").id
    log = factories.logged_call(filled.organisation, status=404).id
    paths = [f"campaigns/{filled.campaign_id}", f"cases/{filled.case_id}", f"mailbox/{mail}", f"request-log/{log}"]
    paths += [f"events/{filled.event_id}", f"webhooks/deliveries/{filled.delivery_id}"]
    see(watched, named(paths + _webhooks(filled), "full"))
    watched.page.goto(f"{watched.site}/docs/events/payment.received")
    look(watched.page)


def _webhooks(filled: world.World) -> list[str]:
    """Endpoints in every state, a replay before and after it began, deliveries narrowed down."""
    about: dict[str, Any] = {"organisation_id": filled.organisation.id, "livemode": False, "by": "test"}
    about["at"] = clock.now()
    job = webhooks.start_replay(filters={"statuses": ["failed"]}, rate=None, **about)
    away, _ = webhooks.create_endpoint(url="https://hooks.example.com/a/long/address/for/agentcollect", **about)
    webhooks.change_endpoint(endpoint_id=away.id, changes={"status": "paused"}, **about)
    fresh, _ = webhooks.create_endpoint(url="https://new.example.com/hooks", **about)
    Endpoint.objects.filter(id=fresh.id).update(status="unverified", challenge="c")
    found = [f"webhooks/endpoints/{one}" for one in (filled.endpoint_id, away.id, fresh.id)]
    found += [f"webhooks/deliveries?{query}" for query in ("type=payment.received", "after=x", "q=evt_1", "tail=on")]
    return [*found, "webhooks/replays", "webhooks/replays/new?count=1&status=any", f"webhooks/replays/{job.id}"]
