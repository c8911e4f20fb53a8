"""What waits for a person, in a real browser: on a phone and at a desk, in light and dark, empty and full."""

from playwright.sync_api import expect

from campaigns.models import Hold, Task
from outreach.models import Message
from payments.models import Promise
from tests.browser.conftest import Watched
from tests.browser.looking import come_in, look
from tests.dashboard import world


def test_much_waits_and_is_answered(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    busy, page, base = world.busy(filled.organisation), watched.page, live_server.url
    come_in(page, base)
    # By keyboard alone: the first thing after the message is to approve it.
    page.goto(f"{base}/dashboard/approvals")
    page.locator(".letter").first.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve the message to")).to_be_focused()
    # And by one letter each: no letter of a reason decides anything.
    for key in ("j", "r", "a", "k"):
        page.keyboard.press(key)
    expect(page.get_by_label("Why it may not go")).to_have_value("ak")
    page.get_by_role("button", name="Keys on").click()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.get_by_role("button", name="Keys off").click()
    expect(page.get_by_role("button", name="Keys on")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for your approval")).to_be_visible()
    assert Message.objects.get(id=busy.draft_id).approved_at

    page.goto(f"{base}/dashboard/needs-you?kind=contact_needed")
    card = page.locator(f"#{busy.contact_task_id}")
    card.get_by_label("Nobody").check()
    card.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Done: Nobody.")).to_be_visible()
    assert Task.objects.get(id=busy.contact_task_id).outcome == "nobody"

    page.goto(f"{base}/dashboard/cases/{busy.talking.id}")
    page.get_by_text("They promised to pay").click()
    look(page, "promise_form")
    page.get_by_role("button", name="Record the promise").click()
    expect(page.get_by_text("Choose the day.")).to_be_visible()
    look(page, "promise_form_fault")
    assert [said for said in watched.faults if "422 (Unprocessable" not in said] == []
    watched.faults.clear()
    assert not Promise.objects.filter(case=busy.talking).exists()

    page.get_by_role("link", name="Pause everything").click()
    page.get_by_role("button", name="Pause everything").click()
    expect(page.get_by_text("Everything is paused for this organisation")).to_be_visible()
    page.goto(f"{base}/dashboard/pause")
    look(page, "resume")
    page.get_by_role("button", name="Resume everything").click()
    page.goto(f"{base}/dashboard/next")
    page.locator("tr", has_text="Evergreen Supplies").get_by_role("button", name="Hold").click()
    expect(page.get_by_text("on hold: creditor pause")).to_be_visible()
    assert Hold.objects.filter(case=busy.talking, kind="creditor_pause", released_at=None).exists()
    look(page)
