"""The playbook editor in a real browser: on a phone and a desk, by its buttons alone."""

from playwright.sync_api import expect

from campaigns.models import Playbook
from tests.browser.conftest import Watched
from tests.browser.looking import come_in, fits, look, no_violations
from tests.dashboard import world


def test_a_playbook_is_edited_tried_and_saved(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    page = watched.page
    come_in(page, live_server.url)
    page.goto(f"{live_server.url}/dashboard/playbooks")
    page.get_by_role("link", name="default").click()
    look(page)
    page.get_by_label("Name").fill("ours")
    page.get_by_role("button", name="Remove step 7").click()
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("heading", name="had it begun now")).to_be_visible()
    fits(page)
    no_violations(page)
    page.get_by_role("button", name="Save as the next version").click()
    expect(page.get_by_role("heading", name="ours, version 1")).to_be_visible()
    assert len(Playbook.objects.get().steps) == 7
    assert watched.faults == []
