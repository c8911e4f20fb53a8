"""A member's own notifications: chosen by themselves, in each mode apart; and what a link in a mail opens."""

import re

import pytest
from django.test import Client

from accounts.models import Member, Organisation
from agentcollect.kit import clock, db
from events.catalogue import TYPES
from events.models import Event
from events.operations import About, record
from tests import factories
from tests.dashboard import world
from webhooks import operations, rules
from webhooks.models import Delivery, Endpoint
from webhooks.wording import TOPICS

PAGE = "/dashboard/settings/notifications"


@pytest.fixture
def organisation(db: None) -> Organisation:
    return factories.organisation("Acme Tools")


def seated(member: Member, *, live: bool = False) -> Client:
    client = Client()
    client.force_login(member.user)
    client.member = member  # type: ignore[attr-defined]
    if live:
        client.post("/dashboard/mode", {"mode": "live"})
    return client


def mailbox(member: Member, livemode: bool = False) -> Endpoint:
    return Endpoint.objects.get(member_id=member.id, livemode=livemode)


def checked(page: str) -> dict[str, str]:
    """Field → the value that is chosen in the table."""
    return dict(re.findall(r'name="(tell-[\w-]+)" value="(\w+)" checked', page))


def form(page: str) -> dict[str, str]:
    found = re.search(r'name="mailbox" value="(\w+)"', page)
    assert found
    return checked(page) | {"mailbox": found[1]}


@pytest.mark.parametrize("role", [role.value for role in Member.Role])
def test_every_role_chooses_for_itself(organisation: Organisation, role: str) -> None:
    other = seated(world.member(organisation, email="other@example.com"))
    other.get(PAGE)
    client = seated(world.member(organisation, role=role, email="me@example.com"), live=True)
    page = client.get(PAGE).content.decode()
    assert "me@example.com" in page and "in live mode" in page
    assert checked(page) == {
        f"tell-{type.replace('.', '-')}": rules.default_cadence(True).get(type, "off") for type in TOPICS
    }
    chosen = form(page) | {
        "tell-case-held": "daily",
        "tell-payment-received": "instant",
        "tell-endpoint-disabled": "off",
    }
    assert "Saved." in client.post(f"{PAGE}/save", chosen, follow=True).content.decode()
    saved = mailbox(client.member, livemode=True).cadence  # type: ignore[attr-defined]
    assert (saved["case.held"], saved["payment.received"], saved.get("endpoint.disabled")) == ("daily", "instant", None)
    assert mailbox(other.member).cadence == rules.default_cadence(False)  # type: ignore[attr-defined]
    assert checked(client.get(PAGE).content.decode())["tell-payment-received"] == "instant"


def test_a_form_of_the_other_mode_is_not_saved_here(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    stale = form(client.get(PAGE).content.decode()) | {"tell-case-held": "instant"}
    assert client.post("/dashboard/mode", {"mode": "live", "next": PAGE}).headers["Location"] == PAGE
    assert "Nothing was saved." in client.post(f"{PAGE}/save", stale, follow=True).content.decode()
    assert mailbox(client.member, True).cadence == rules.default_cadence(True)  # type: ignore[attr-defined]
    assert mailbox(client.member, False).cadence == rules.default_cadence(False)  # type: ignore[attr-defined]


def test_values_nobody_offered_mean_off(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    sent = {
        "mailbox": form(client.get(PAGE).content.decode())["mailbox"],
        "tell-case-held": "hourly",
        "tell-x": "daily",
    }
    client.post(f"{PAGE}/save", sent)
    assert mailbox(client.member).cadence == {}  # type: ignore[attr-defined]
    assert "Everything is off" in client.get(PAGE).content.decode()


def test_a_change_stands_in_the_audit_and_no_change_does_not(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    given = form(client.get(PAGE).content.decode()) | {"tell-case-held": "daily", "tell-endpoint-disabled": "off"}
    own = mailbox(client.member)  # type: ignore[attr-defined]
    Endpoint.objects.filter(id=own.id).update(cadence={"endpoint.disabled": "instant"})
    for _ in range(2):
        client.post(f"{PAGE}/save", given)
    noted = Event.objects.get(type="member.notifications_changed")
    assert (noted.actor, noted.sequence, noted.livemode) == (f"member:{own.member_id}", None, False)
    assert noted.data["changed"] == {"case.held": "daily", "endpoint.disabled": "off"}
    assert TYPES[noted.type].says(noted.data).endswith("case.held daily, endpoint.disabled off")
    operations.stop(endpoint_id=own.id, at=clock.now())
    last = Event.objects.filter(type="member.notifications_changed").latest("id")
    assert (last.actor, last.data["changed"]) == (noted.actor, {"case.held": "off"})


def test_the_page_is_found_and_works_without_script(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    for address in ("/dashboard", "/dashboard/settings"):
        assert f'href="{PAGE}"' in client.get(address).content.decode()
    page = client.get(PAGE).content.decode()
    table = page[page.index("<table") : page.index("</table>")]
    assert "hx-" not in table and "data-" not in table
    assert table.count('type="radio"') == 3 * len(TOPICS) == table.count('class="vh"')
    assert client.get(f"{PAGE}/save").status_code == 405
    assert Client().get(PAGE).status_code == 302


def test_a_mailbox_is_no_webhook_endpoint(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    client.get(PAGE)
    own = mailbox(client.member)  # type: ignore[attr-defined]
    api = factories.client(factories.api_key(organisation))
    assert api.get("/v1/webhooks").json()["data"] == []
    assert api.get(f"/v1/webhooks/{own.id}").status_code == 404
    assert own.id not in client.get("/dashboard/webhooks").content.decode()
    assert client.get(f"/dashboard/webhooks/{own.id}").status_code == 404


def test_what_a_member_is_owed_is_no_delivery_of_the_organisation(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    client.get(PAGE)
    Endpoint.objects.filter(id=mailbox(client.member).id).update(  # type: ignore[attr-defined]
        cadence={"endpoint.disabled": "instant"}
    )
    fact(organisation, False, type="endpoint.disabled")
    owed = Delivery.objects.get(endpoint=mailbox(client.member))  # type: ignore[attr-defined]
    api = factories.client(factories.api_key(organisation))
    for address in ("/v1/webhooks/deliveries", f"/v1/webhooks/deliveries/{owed.id}"):
        assert owed.id not in api.get(address).content.decode()
    assert owed.id not in client.get("/dashboard/webhooks/deliveries").content.decode()
    assert client.get(f"/dashboard/webhooks/deliveries/{owed.id}").status_code == 404


# --- what a link in a mail opens


def fact(organisation: Organisation, livemode: bool, type: str = "payment.received", **about: str) -> str:
    with db.atomic():
        return record(
            type=type,
            organisation_id=organisation.id,
            livemode=livemode,
            data={},
            by="test",
            at=clock.now(),
            about=About(**about),
        )


@pytest.mark.parametrize(
    ("type", "about", "address"),
    [
        ("case.held", {"case_id": "cas_1", "campaign_id": "cmp_1"}, "/dashboard/cases/cas_1"),
        ("campaign.completed", {"campaign_id": "cmp_1"}, "/dashboard/campaigns/cmp_1"),
        ("endpoint.disabled", {}, "/dashboard/webhooks"),
        ("organisation.paused", {}, "/dashboard/events/{}"),
    ],
)
def test_a_link_leads_to_the_page_about_it(
    organisation: Organisation, type: str, about: dict[str, str], address: str
) -> None:
    event_id = fact(organisation, False, type=type, **about)
    answer = seated(world.member(organisation)).get(f"/dashboard/open/{event_id}")
    assert answer.headers["Location"] == address.format(event_id)


def test_a_link_into_the_other_mode_asks_before_it_switches(organisation: Organisation) -> None:
    client = seated(world.member(organisation))
    link = f"/dashboard/open/{fact(organisation, True, case_id='cas_1')}"
    assert b"This page is in Acme Tools, live mode" in client.get(link).content
    assert not client.session.get("livemode")
    assert client.post(link).headers["Location"] == "/dashboard/cases/cas_1"
    assert client.session["livemode"] is True
    assert client.get(link).status_code == 302


def test_a_link_to_ones_own_notifications(organisation: Organisation) -> None:
    mine, theirs = world.member(organisation), world.member(organisation, email="other@example.com")
    ids = [
        operations.mailbox(
            member_id=member.id, organisation_id=organisation.id, livemode=False, by="test", at=clock.now()
        ).id
        for member in (mine, theirs)
    ]
    client = seated(mine)
    assert client.get(f"/dashboard/open/{ids[0]}").headers["Location"] == PAGE
    assert client.get(f"/dashboard/open/{ids[1]}").status_code == 404


@pytest.mark.parametrize("whose", ["a stranger's", "internal", "nobody's"])
def test_what_is_not_theirs_to_open_is_not_found(organisation: Organisation, whose: str) -> None:
    link = "evt_0"
    if whose == "a stranger's":
        link = fact(factories.organisation("Globex"), False)
    if whose == "internal":
        link = fact(organisation, False, type="key.created")
    client = seated(world.member(organisation))
    assert client.get(f"/dashboard/open/{link}").status_code == 404
    assert client.post(f"/dashboard/open/{link}").status_code == 404
