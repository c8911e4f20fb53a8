"""What a debtor does on the page other than paying, in a real browser, on a phone and at a desk."""

from playwright.sync_api import expect

from agentcollect.kit import clock
from campaigns.models import Case
from payments.models import Plan, Promise
from payments.queries import pay_url
from tests.browser.conftest import Watched
from tests.browser.looking import look
from tests.dashboard import world


def test_a_debtor_promises_disputes_and_agrees(watched: Watched, live_server, filled: world.World) -> None:  # type: ignore[no-untyped-def]
    case, page = Case.objects.get(invoice_number="INV-2025-0851"), watched.page
    Case.objects.filter(id=case.id).update(status="active", closed_at=None)
    address = pay_url(case)
    page.goto(address)
    look(page, "open")
    for act in ("promise", "plan", "paid", "dispute", "not-me"):
        page.goto(f"{address}/{act}")
        look(page, act)
    page.goto(f"{address}/promise")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Nothing was sent")).to_be_visible()
    look(page, "promise_fault")
    # A refused form is a 400, which the browser's console mentions; nothing else may be there.
    assert [said for said in watched.faults if "400 (Bad Request)" not in said] == []
    watched.faults.clear()
    page.get_by_label("The day you will pay").fill(clock.now().date().isoformat())
    page.get_by_role("button", name="Continue").click()
    look(page, "promise_confirm")
    page.get_by_role("button", name="I will pay by then").click()
    expect(page.get_by_text("You promised")).to_be_visible()
    look(page, "promised")
    page.get_by_role("link", name="Pay in parts").click()
    page.get_by_role("button", name="Continue").click()
    look(page, "plan_confirm")
    page.get_by_role("button", name="Agree to this plan").click()
    expect(page.get_by_role("heading", name="Your payment plan")).to_be_visible()
    look(page, "in_plan")
    assert (Promise.objects.get().status, Plan.objects.get().status) == ("cancelled", "active")
    page.get_by_role("link", name="Something is wrong with this invoice").click()
    page.get_by_label("What we received was faulty").check()
    page.get_by_label("In your words").fill("Half of it was broken.")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send my objection").click()
    expect(page.get_by_text("Your objection to this invoice is being looked into")).to_be_visible()
    look(page, "disputed")
