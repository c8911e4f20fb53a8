"""The team: who may invite, change and remove whom; there is always an owner; and the way to live mode."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts import operations
from accounts.models import Invitation, Member, Organisation, User
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from events.models import Event
from tests import factories
from tests.dashboard import world
from tests.dashboard.entrance import PASSWORD, confirm

pytestmark = pytest.mark.usefixtures("empty_redis")


@pytest.fixture(autouse=True)
def _quick(settings: Any, db: None) -> None:
    settings.SYSTEM_MAIL, settings.PUBLIC_URL = "smtp", "https://app.example.com"


@pytest.fixture
def organisation() -> Organisation:
    return factories.organisation("Acme Tools")


@pytest.fixture
def boss(organisation: Organisation) -> Client:
    """Its owner, signed in and confirmed."""
    return seat(world.member(organisation, email="boss@example.com"))


def seat(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    client.member = member  # type: ignore[attr-defined]
    confirm(client, world.PASSWORD)
    return client


def link() -> str:
    found = re.search(r"https://app\.example\.com(/invitations/\w+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def test_an_invited_person_comes_in_without_a_code(boss: Client, organisation: Organisation) -> None:
    boss.post("/dashboard/team/invite", {"email": "New@Example.com", "role": "operator"})
    assert mail.outbox[-1].to == ["new@example.com"]
    assert mail.outbox[-1].subject == "Acme Tools invites you to AgentCollect"
    path, guest = link(), Client()
    assert b"Join Acme Tools" in guest.get(path).content
    assert b'value="new@example.com"' in guest.get(f"/signup?next={path}").content
    form = {"name": "New", "email": "new@example.com", "password1": PASSWORD, "next": path}
    assert guest.post("/signup", form)["Location"] == path, "the link is the proof: no code"
    assert guest.post(path)["Location"] == "/dashboard"
    assert b"Acme Tools" in guest.get("/dashboard").content
    member = Member.objects.get(user__email="new@example.com")
    assert (member.role, member.organisation_id) == ("operator", organisation.id)
    assert Client().get(path).status_code == 404, "used up"
    page = boss.get("/dashboard/team").content.decode()
    assert "new@example.com invited as operator" in page
    assert "new@example.com added as operator" in page


def test_an_invitation_is_for_its_address(boss: Client, organisation: Organisation) -> None:
    boss.post("/dashboard/team/invite", {"email": "new@example.com", "role": "admin"})
    path = link()
    other = Client()
    other.force_login(world.member(factories.organisation("Other"), email="other@example.com").user)
    refused = other.post(path, follow=True)
    assert b"This invitation is for new@example.com" in refused.content
    assert organisation.members.count() == 1
    assert Client().get(path[:-1] + ("a" if path[-1] != "a" else "b")).status_code == 404


@pytest.mark.parametrize("how", ["revoked", "expired", "replaced"])
def test_an_invitation_that_is_over(boss: Client, organisation: Organisation, how: str) -> None:
    boss.post("/dashboard/team/invite", {"email": "new@example.com", "role": "viewer"})
    path, row = link(), Invitation.objects.get()
    if how == "revoked":
        boss.post(f"/dashboard/team/invitations/{row.id}/revoke")
        boss.post(f"/dashboard/team/invitations/{row.id}/revoke")
        assert Event.objects.filter(type="member.invitation_revoked").count() == 1
    elif how == "expired":
        Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    else:
        boss.post("/dashboard/team/invite", {"email": "new@example.com", "role": "viewer"})
        assert link() != path
    user = User.objects.create_user("new@example.com", PASSWORD)
    operations.vouch(user=user)
    guest = Client()
    guest.force_login(user)
    assert guest.get(path).status_code == guest.post(path).status_code == 404
    with pytest.raises(ApiError, match="no longer open"):
        operations.accept_invitation(invitation_id=row.id, user=user, at=clock.now())
    assert organisation.members.count() == 1


def test_accepting_twice_is_once_and_not_after_removal(boss: Client, organisation: Organisation) -> None:
    row = operations.invite(manager=boss.member, email="new@example.com", role="viewer", at=clock.now())  # type: ignore[attr-defined]
    user = User.objects.create_user("new@example.com", PASSWORD)
    with pytest.raises(ApiError, match="Sign in with that address"):
        operations.accept_invitation(invitation_id=row.id, user=user, at=clock.now())
    operations.vouch(user=user)
    first = operations.accept_invitation(invitation_id=row.id, user=user, at=clock.now())
    assert operations.accept_invitation(invitation_id=row.id, user=user, at=clock.now()) == first
    operations.remove_member(manager=boss.member, member_id=first.id, at=clock.now())  # type: ignore[attr-defined]
    with pytest.raises(ApiError, match="was used"):
        operations.accept_invitation(invitation_id=row.id, user=user, at=clock.now())


def test_the_last_owner_stays(boss: Client, organisation: Organisation) -> None:
    own = boss.member.id  # type: ignore[attr-defined]
    for path, form in ((f"{own}/role", {"role": "admin"}), (f"{own}/remove", {})):
        answer = boss.post(f"/dashboard/team/{path}", form, follow=True)
        assert b"keeps at least one owner" in answer.content
    second = world.member(organisation, email="second@example.com", role="admin")
    boss.post(f"/dashboard/team/{second.id}/role", {"role": "owner"})
    assert boss.post(f"/dashboard/team/{own}/remove")["Location"] == "/dashboard"
    assert [member.id for member in organisation.members.all()] == [second.id]
    assert boss.get("/dashboard").status_code == 403
    events = Event.objects.filter(type__in=["member.role_changed", "member.removed"]).order_by("created_at")
    assert [event.actor for event in events] == [f"member:{own}"] * 2
    assert events[1].data == {"member_id": own, "email": "boss@example.com", "role": "owner"}


@pytest.mark.parametrize(
    ("role", "target", "new", "done"),
    [
        ("owner", "owner", "owner", "invited removed"),
        ("admin", "viewer", "operator", "changed invited removed"),
        ("admin", "viewer", "owner", "removed"),
        ("admin", "owner", "viewer", "invited"),
        ("operator", "viewer", "admin", ""),
        ("auditor", "viewer", "admin", ""),
    ],
    ids=["owner", "admin and viewer", "admin makes no owner", "admin touches no owner", "operator", "auditor"],
)
def test_who_may_do_what_to_whom(organisation: Organisation, role: str, target: str, new: str, done: str) -> None:
    manager = seat(world.member(organisation, role, email="manager@example.com"))
    world.member(organisation, email="first@example.com")
    victim = world.member(organisation, target, email="victim@example.com")
    manager.post(f"/dashboard/team/{victim.id}/role", {"role": new})
    manager.post("/dashboard/team/invite", {"email": "x@example.com", "role": new})
    victim.refresh_from_db()
    assert victim.role == (new if "changed" in done else target)
    assert Invitation.objects.exists() == ("invited" in done)
    manager.post(f"/dashboard/team/{victim.id}/remove")
    assert Member.objects.filter(id=victim.id).exists() != ("removed" in done)


def test_another_organisations_people_are_not_found(boss: Client) -> None:
    foreign = world.member(factories.organisation("Foreign"), email="foreign@example.com")
    invited = operations.invite(manager=foreign, email="guest@example.com", role="viewer", at=clock.now())
    assert boss.post(f"/dashboard/team/{foreign.id}/role", {"role": "viewer"}).status_code == 404
    assert boss.post(f"/dashboard/team/{foreign.id}/remove").status_code == 404
    boss.post(f"/dashboard/team/invitations/{invited.id}/revoke")
    invited.refresh_from_db()
    assert invited.revoked_at is None
    assert b"foreign@example.com" not in boss.get("/dashboard/team").content


def test_it_asks_again_who_you_are(organisation: Organisation) -> None:
    member = world.member(organisation, email="boss@example.com")
    client = Client()
    client.force_login(member.user)
    form = {"email": "new@example.com", "role": "viewer"}
    asked = client.post("/dashboard/team/invite", form)
    assert asked["Location"].startswith("/account/confirm?next=")
    assert not Invitation.objects.exists()
    confirmed = client.post(asked["Location"], {"password": world.PASSWORD})
    assert confirmed["Location"] == "/dashboard/team", "and then does what was asked"
    assert Invitation.objects.get().email == "new@example.com"


@pytest.mark.parametrize("email", ["", "no address", "a@b\0.example", "boss@example.com"])
def test_addresses_that_cannot_be_invited(boss: Client, email: str) -> None:
    answer = boss.post("/dashboard/team/invite", {"email": email, "role": "viewer"}, follow=True)
    assert b'class="notice bad"' in answer.content or email == "a@b\0.example"
    assert not Invitation.objects.exclude(email="a@b.example").exists()


# --- live access


def test_live_mode_is_asked_for_and_opened_by_operations(boss: Client, organisation: Organisation) -> None:
    Organisation.objects.update(live_approved=False)
    page = boss.get("/dashboard/settings").content.decode()
    assert "Ask for live access" in page
    assert "Still missing" not in page
    for _ in range(2):
        boss.post("/dashboard/settings/live")
    organisation.refresh_from_db()
    assert organisation.live_requested_at
    assert not organisation.live_approved, "nobody opens it for themselves"
    assert Event.objects.filter(type="organisation.live_requested").count() == 1
    assert b"Asked" in boss.get("/dashboard/settings").content
    operations.approve_live(organisation_id=organisation.id, by="ops:test", at=clock.now())
    assert b"make a live key" in boss.get("/dashboard/settings").content


def test_what_is_missing_is_said_and_given(boss: Client, organisation: Organisation) -> None:
    Organisation.objects.update(live_approved=False, legal_name="", attested_class="", attested_at=None)
    page = boss.get("/dashboard/settings").content.decode()
    assert "No legal name" in page
    assert "Nobody has attested" in page
    boss.post("/dashboard/settings/live")
    assert not Event.objects.filter(type="organisation.live_requested").exists()
    form = {"legal_name": "Acme Tools Inc.", "postal_address": "1 Main St", "timezone": "America/Chicago"}
    assert b"Without it nobody may be contacted" in boss.post("/dashboard/settings/save", form).content
    boss.post("/dashboard/settings/save", form | {"attested": "on"})
    organisation.refresh_from_db()
    assert (organisation.legal_name, organisation.attested_class) == ("Acme Tools Inc.", "commercial")
    assert organisation.attested_by == f"member:{boss.member.id}"  # type: ignore[attr-defined]
    changed = Event.objects.get(type="organisation.updated")
    assert changed.data["fields"] == "legal_name, postal_address, timezone"
    boss.post("/dashboard/settings/save", form)
    assert Event.objects.filter(type="organisation.updated").count() == 1, "what did not change is not recorded"
    assert Event.objects.filter(type="organisation.attested").count() == 1


@pytest.mark.parametrize("role", ["operator", "finance", "viewer", "auditor"])
def test_the_others_only_look(organisation: Organisation, role: str) -> None:
    Organisation.objects.update(live_approved=False)
    client = seat(world.member(organisation, role, email="some@example.com"))
    assert client.get("/dashboard/settings").status_code == client.get("/dashboard/team").status_code == 200
    assert client.post("/dashboard/settings/live").status_code == 403
    assert client.post("/dashboard/settings/save", {"legal_name": "x"}).status_code == 403
    assert client.post("/dashboard/team/invite", {"email": "x@example.com", "role": "viewer"}).status_code == 403
