"""The pages of test mode: clocks, scenarios, mail and calls of both, starting over; and story time on all others."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, Organisation, TestClock
from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, Suppression, Task
from events.models import Event
from outreach.models import Call, MailboxItem, Message
from sandbox import clocks, driver, erasing, resetting
from tests import factories
from tests.dashboard import world
from webhooks.models import Endpoint

pytestmark = pytest.mark.django_db
# A Tuesday morning in New York, in a year that is not the wall's.
START = datetime(2031, 3, 4, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# What exists only in test mode.
PAGES = ("mailbox", "clocks", "scenarios", "start-over")


def made(owner: Client, at: datetime = START, name: str = "Far off") -> TestClock:
    mine = {"organisation_id": owner.organisation.id, "livemode": False}  # type: ignore[attr-defined]
    return clocks.create(**mine, frozen_time=at, name=name, by="member:test", at=clock.now())


def on_clock(owner: Client, persona: str = "pays", *, phone: str = "") -> tuple[TestClock, Campaign]:
    """A scenario on a clock in 2031, its invoices opened."""
    row = made(owner)
    start(owner, persona=persona, where=row.id, phone=phone)
    drive(row)
    return row, Campaign.objects.get(clock_id=row.id)


def start(owner: Client, **typed: str) -> Any:
    token = re.search(r'name="token" value="([\w-]{22})"', text(owner, "/dashboard/scenarios"))
    assert token is not None
    given = {"persona": "pays", "amount": "1250.00", "where": "new", "phone": "", "token": token[1]} | typed
    return owner.post("/dashboard/scenarios/start", given)


def drive(row: TestClock) -> TestClock:
    for _ in range(20):
        driver.drive(wall=clock.now(), clock_id=row.id)
        row.refresh_from_db()
        if row.status != TestClock.Status.ADVANCING:
            return row
    raise AssertionError("it does not arrive")


def text(owner: Client, address: str) -> str:
    answer = owner.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def moved(owner: Client, row: TestClock, **typed: str) -> TestClock:
    assert owner.post(f"/dashboard/clocks/{row.id}/advance", typed).status_code == 302
    return drive(row)


# --- clocks


def test_a_clock_is_made_in_the_organisations_own_time(owner: Client) -> None:
    assert "No clock yet" in text(owner, "/dashboard/clocks")
    owner.post("/dashboard/clocks/create", {"name": "Spring", "frozen_time": "2031-03-04T10:00"})
    row = TestClock.objects.get()
    assert (row.name, row.frozen_time) == ("Spring", START)
    page = text(owner, f"/dashboard/clocks/{row.id}")
    assert f'"test_clock": "{row.id}"'.replace('"', "&quot;") in page and "4 Mar 2031, 10:00" in page
    for wrong in ("", "soon", "1999-01-01T00:00", "9999-12-31T23:59"):
        answer = owner.post("/dashboard/clocks/create", {"name": "", "frozen_time": wrong})
        assert answer.status_code == 422, wrong
    assert TestClock.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ({"by": "day"}, START + DAY),
        # Over the night in which New York's clocks change: the same hour of the day there.
        ({"by": "week"}, datetime(2031, 3, 11, 14, 0, tzinfo=UTC)),
        ({"by": "month"}, datetime(2031, 4, 4, 14, 0, tzinfo=UTC)),
        ({"to": "2031-03-10T09:30"}, datetime(2031, 3, 10, 13, 30, tzinfo=UTC)),
    ],
)
def test_it_goes_as_far_as_it_is_told(owner: Client, typed: dict[str, str], until: datetime) -> None:
    row = made(owner)
    owner.post(f"/dashboard/clocks/{row.id}/advance", typed)
    row.refresh_from_db()
    assert (row.status, row.target) == ("advancing", until)
    page = text(owner, f"/dashboard/clocks/{row.id}")
    assert '<noscript><meta http-equiv="refresh"' in page and "<progress" in page and 'data-refresh="on"' in page
    assert drive(row).frozen_time == until
    assert '<meta http-equiv="refresh"' not in text(owner, f"/dashboard/clocks/{row.id}")


@pytest.mark.parametrize("typed", [{}, {"by": "year"}, {"to": "yesterday"}, {"to": "2030-01-01T00:00"}])
def test_what_cannot_be_is_said(owner: Client, typed: dict[str, str]) -> None:
    row = made(owner)
    answer = owner.post(f"/dashboard/clocks/{row.id}/advance", typed, follow=True)
    assert "notice bad" in answer.content.decode()
    row.refresh_from_db()
    assert (row.status, row.frozen_time) == ("ready", START)


def test_its_page_tells_the_story_and_what_is_due_next(owner: Client) -> None:
    row, campaign = on_clock(owner, "promises_keeps")
    page = text(owner, f"/dashboard/clocks/{row.id}")
    assert "First reminder" in page and campaign.name in page
    moved(owner, row, by="day")
    page = text(owner, f"/dashboard/clocks/{row.id}")
    assert "A promise is judged" in page or "The debtor does something" in page
    told = page[page.index('id="timeline"') : page.index('id="clock-acts"')]
    assert told.index("promise.made") < told.rindex("message.sent") < told.index("campaign.started")


def test_one_that_stopped_says_why_and_goes_on(owner: Client) -> None:
    row = made(owner)
    TestClock.objects.update(status="failed", target=START + DAY, began_from=START, error="step stp_1: ValueError: no")
    page = text(owner, f"/dashboard/clocks/{row.id}")
    assert "step stp_1: ValueError: no" in page and "Go on from where it stopped" in page
    target = re.search(r'name="to" value="([^"]+)"><button class="button primary', page)
    assert target is not None
    assert moved(owner, row, to=target[1]).frozen_time == START + DAY


def test_it_goes_with_everything_on_it(owner: Client) -> None:
    row, campaign = on_clock(owner)
    owner.post(f"/dashboard/clocks/{row.id}/delete")
    assert owner.get(f"/dashboard/clocks/{row.id}")["Location"] == "/dashboard/clocks"
    assert "Being deleted" in text(owner, "/dashboard/clocks")
    refused = owner.post(f"/dashboard/campaigns/{campaign.id}/pause", follow=True)
    assert "being deleted" in refused.content.decode() and Campaign.objects.get().status == "active"
    driver.drive(wall=clock.now(), clock_id=row.id)
    assert not TestClock.objects.exists() and not Campaign.objects.exists()


# --- scenarios


def test_a_scenario_is_the_apis_own_campaign_with_a_clock_of_its_own(owner: Client) -> None:
    answer = start(owner, persona="pays_half", amount="$2,000.50", phone="5550101")
    campaign, row = Campaign.objects.get(), TestClock.objects.get()
    assert answer["Location"] == f"/dashboard/scenarios/{campaign.id}"
    assert (campaign.clock_id, campaign.total_minor, row.name) == (row.id, 200_050, "Scenario: pays half")
    assert Event.objects.filter(type="campaign.started", campaign_id=campaign.id).count() == 1
    drive(row)
    assert Contact.objects.get(email__startswith="pays_half@").phone.endswith("5550101")
    moved(owner, row, by="week")
    page = text(owner, f"/dashboard/scenarios/{campaign.id}")
    assert "Pays half of every invoice" in page and "$1,000.25" in page and f"debtor={Debtor.objects.get().id}" in page


def test_a_mixed_dozen_on_the_wall_twice_meets_nobody_again(owner: Client) -> None:
    for _ in range(2):
        assert start(owner, persona="dozen", where="wall").status_code == 302
    assert (Campaign.objects.count(), Debtor.objects.values("identity").distinct().count()) == (2, 24)
    assert Debtor.objects.values("name").distinct().count() == 24 and not TestClock.objects.exists()


def test_a_second_press_finds_the_first_ones(owner: Client) -> None:
    token = "t" * 22
    first, second = (start(owner, where="new", token=token)["Location"] for _ in range(2))
    assert first == second and (Campaign.objects.count(), TestClock.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "much"}, "Enter an amount in figures"),
        ({"persona": "nobody"}, "Select a valid choice"),
        ({"where": "clk_000000000000000000000000"}, "Select a valid choice"),
        ({"amount": "0"}, "Nothing was made"),
    ],
)
def test_a_wrong_one_makes_nothing(owner: Client, typed: dict[str, str], said: str) -> None:
    answer = start(owner, **typed)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Campaign.objects.exists() and not TestClock.objects.exists()


# --- mail and calls


def test_mail_leads_to_its_case_and_its_pay_page_and_is_found_by_debtor_and_clock(owner: Client) -> None:
    row, campaign = on_clock(owner)
    moved(owner, row, by="week")
    world.run(world.create_campaign(owner.organisation, world.DEBTORS[:1]), sends=1)  # type: ignore[attr-defined]
    case, item = Case.objects.get(campaign=campaign), MailboxItem.objects.earliest("id")
    page = text(owner, f"/dashboard/mailbox/{item.id}")
    assert f"/dashboard/cases/{case.id}" in page and "Payment page" in page and "on clock Far off" in page
    assert "Message-ID" in page and 'sandbox="allow-popups' in page
    for query in (f"clock={row.id}", f"debtor={case.debtor_id}", f"to={item.recipient.upper()}"):
        found = text(owner, f"/dashboard/mailbox?{query}")
        assert f"/dashboard/mailbox/{item.id}" in found and "Acme Corp" not in found, query
    assert "No such mail" in text(owner, "/dashboard/mailbox?debtor=dbt_nobody")


def test_a_mail_brings_nothing_that_runs_or_calls_out(owner: Client) -> None:
    row, _ = on_clock(owner)
    moved(owner, row, by="week")
    answer = owner.get(f"/dashboard/mailbox/{MailboxItem.objects.earliest('id').id}/html")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "https:" not in policy


def test_calls_show_what_was_said(owner: Client) -> None:
    row, _ = on_clock(owner, "silent", phone="5550101")
    for _ in range(2):
        moved(owner, row, by="month")
    call = Call.objects.filter(outcome="voicemail").earliest("created_at")
    listed = text(owner, f"/dashboard/phone-calls?clock={row.id}&outcome=voicemail")
    assert f"/dashboard/phone-calls/{call.id}" in listed and "Message left" in listed
    page = text(owner, f"/dashboard/phone-calls/{call.id}")
    assert call.transcript and call.transcript[0]["text"][:40] in page and "on clock Far off" in page
    assert "No such call" in text(owner, "/dashboard/phone-calls?outcome=busy")


# --- story time


def test_pages_and_acts_live_by_the_clock_of_what_they_show(owner: Client) -> None:
    row, campaign = on_clock(owner, "silent")
    moved(owner, row, by="day")
    case = Case.objects.get()
    for address in (f"campaigns/{campaign.id}", f"cases/{case.id}", f"debtors/{case.debtor_id}"):
        page = text(owner, f"/dashboard/{address}")
        assert "on clock Far off" in page and "Now, in the story" in page and "Today, 4 March" not in page, address
    owner.post(f"/dashboard/cases/{case.id}/hold")
    owner.post(f"/dashboard/campaigns/{campaign.id}/pause")
    assert Hold.objects.get(case=case).created_at == row.frozen_time
    assert Campaign.objects.get().updated_at == row.frozen_time
    assert "No contact in the next 24 hours" in text(owner, "/dashboard/next")


def test_a_draft_on_a_clock_is_approved_at_its_moment(owner: Client) -> None:
    row, _ = on_clock(owner, "silent")
    Campaign.objects.update(approval="always")
    moved(owner, row, by="day")
    draft = Message.objects.get(status="draft")
    assert "on Far off" in text(owner, "/dashboard/approvals")
    owner.post(f"/dashboard/approvals/{draft.id}/approve")
    draft.refresh_from_db()
    assert draft.approved_at == row.frozen_time


def test_a_question_is_late_by_its_own_clock(owner: Client) -> None:
    row, _ = on_clock(owner, "silent")
    task = factories.task(Case.objects.get(), due_at=START + 2 * DAY)
    Task.objects.update(clock_id=row.id)
    assert "Overdue since" not in text(owner, "/dashboard/needs-you")
    TestClock.objects.update(frozen_time=START + 3 * DAY)
    page = text(owner, "/dashboard/needs-you")
    assert "Overdue since" in page and task.id in page and "on Far off" in page


# --- starting over


def begin(client: Client, organisation: Organisation) -> str:
    return client.post("/dashboard/start-over/begin", {"name": organisation.name}, follow=True).content.decode()


def test_everything_of_test_mode_goes_and_the_rest_stays(owner: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(erasing, "BATCH", 2)
    organisation = owner.organisation  # type: ignore[attr-defined]
    world.fill(organisation)
    row, _ = on_clock(owner)
    someone = Contact.objects.filter(clock_id="").earliest("id")
    campaigns.suppress(contact=someone, channel="email", reason="opt_out", by="debtor", at=clock.now())
    other = world.create_campaign(factories.organisation(name="Somebody else"), world.DEBTORS[:1])
    told, keys = Event.objects.count(), ApiKey.objects.count()
    wrong = owner.post("/dashboard/start-over/begin", {"name": "x"}, follow=True)
    assert "not the organisation" in wrong.content.decode()
    assert Campaign.objects.count() == 3
    assert "Everything is being deleted" in begin(owner, organisation)
    assert "being deleted" in begin(owner, organisation)  # asked for twice: the second is refused
    assert resetting.go_on(wall=clock.now(), seconds=0) == 0
    organisation.refresh_from_db()
    assert (resetting.progress(organisation), organisation.test_paused_at) == (0, organisation.test_reset_at)
    assert "being deleted" in start(owner).content.decode()
    # A worker dies after one batch; the next run goes on, and waits for the clock.
    assert resetting._some(organisation.id, clock.now()) and 0 < resetting.progress(organisation) < 100
    assert resetting.go_on(wall=clock.now()) == 2
    assert Organisation.objects.get(id=organisation.id).test_reset_at is not None
    driver.drive(wall=clock.now(), clock_id=row.id)
    resetting.go_on(wall=clock.now())
    organisation.refresh_from_db()
    assert (organisation.test_reset_at, organisation.test_paused_at) == (None, None)
    mine = {"organisation_id": organisation.id}
    assert not any(model.objects.filter(**mine).exists() for model in (Debtor, Case, Message, MailboxItem, Suppression))
    assert Campaign.objects.get().id == other and not TestClock.objects.exists()
    assert (ApiKey.objects.count(), Endpoint.objects.count()) == (keys, 1) and Event.objects.count() > told
    done = Event.objects.get(type="test_data.reset")
    assert done.data["debtors"] == 6 and done.actor.startswith("member:")
    assert "nothing to delete" in text(owner, "/dashboard/start-over") and start(owner).status_code == 302


def test_a_pause_of_ones_own_outlives_it(owner: Client) -> None:
    organisation = owner.organisation  # type: ignore[attr-defined]
    before = clock.now() - DAY
    Organisation.objects.filter(id=organisation.id).update(test_paused_at=before)
    begin(owner, organisation)
    resetting.go_on(wall=clock.now())
    assert Organisation.objects.values_list("test_reset_at", "test_paused_at").get(id=organisation.id) == (None, before)


# --- who may


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_owners_and_admins_start_over_and_only_some_act(client: Client, role: str) -> None:
    organisation = factories.organisation()
    client.force_login(world.member(organisation, role).user)
    client.organisation = organisation  # type: ignore[attr-defined]
    row = made(client)
    for page in PAGES:
        assert client.get(f"/dashboard/{page}").status_code == 200
    assert client.post("/dashboard/start-over/begin", {"name": organisation.name}).status_code == 403
    may = role == "operator"
    assert client.post(f"/dashboard/clocks/{row.id}/advance", {"by": "day"}).status_code == (302 if may else 403)
    assert (start(client).status_code == 302) is may


def test_live_mode_and_others_see_none_of_it(owner: Client) -> None:
    row, campaign = on_clock(owner)
    stranger = factories.organisation(name="Somebody else")
    other = Client()
    other.force_login(world.member(stranger).user)
    addresses = [f"clocks/{row.id}", f"scenarios/{campaign.id}"]
    acts = [f"clocks/{row.id}/advance", f"clocks/{row.id}/delete"]
    assert {other.get(f"/dashboard/{one}").status_code for one in addresses} == {404}
    assert {other.post(f"/dashboard/{one}", {"by": "day"}).status_code for one in acts} == {404}
    owner.post("/dashboard/mode", {"mode": "live"})
    assert {owner.get(f"/dashboard/{one}").status_code for one in [*addresses, *PAGES]} == {404}
    live = [*acts, "clocks/create", "scenarios/start", "start-over/begin"]
    assert {owner.post(f"/dashboard/{one}").status_code for one in live} == {404}
    assert "Sandbox mailbox" not in text(owner, "/dashboard/phone-calls")
