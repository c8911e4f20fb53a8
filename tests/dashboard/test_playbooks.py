"""The playbook pages: a plain form, whose every button keeps what was typed."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Campaign, Playbook
from tests import factories, rows
from tests.dashboard import world

STEPS = [(0, "email", "first_reminder", 1), (5, "call", "first_call", 1), (10, "email", "last_before_next_steps", 2)]


def form(press: str, steps: list[tuple[Any, ...]] = STEPS, **more: str) -> dict[str, Any]:
    names = ("day", "channel", "intent", "level")
    columns = {name: [str(step[n]) for step in steps] for n, name in enumerate(names)}
    return columns | {"name": "gentle", "title": "", "press": press} | more


def test_a_playbook_is_checked_tried_and_saved(owner: Client) -> None:
    organisation = owner.organisation  # type: ignore[attr-defined]
    case = factories.case(organisation)
    assert b"default" in owner.get("/dashboard/playbooks").content
    assert b"first_call" in owner.get("/dashboard/playbooks/default").content
    assert b"This is a playbook" in owner.post("/dashboard/playbooks/edit", form("check")).content
    tried = owner.post("/dashboard/playbooks/edit", form("try", campaign=case.campaign_id, posture="firm")).content
    assert b"1 debtor looked at" in tried and b"no phone number of this debtor is known" in tried
    assert not Playbook.objects.exists()
    assert owner.post("/dashboard/playbooks/edit", form("save"))["Location"] == "/dashboard/playbooks/gentle"
    assert owner.post("/dashboard/playbooks/edit", form("save", STEPS[:2])).status_code == 302
    assert sorted(Playbook.objects.values_list("version", flat=True)) == [1, 2]
    assert b"version 1" in owner.get("/dashboard/playbooks/gentle?version=1").content


def test_rows_come_and_go_and_faults_keep_what_was_typed(owner: Client) -> None:
    more = owner.post("/dashboard/playbooks/edit", form("add")).content.decode()
    assert more.count('name="day"') == 4 and 'value="13"' in more
    less = owner.post("/dashboard/playbooks/edit", form("remove-1")).content.decode()
    assert less.count('name="day"') == 2 and 'value="5"' not in less
    wrong = owner.post("/dashboard/playbooks/edit", form("save", [*STEPS[:2], ("soon", *STEPS[2][1:])]))
    assert wrong.status_code == 422 and b'value="soon"' in wrong.content and b"A day is a whole number" in wrong.content
    assert owner.post("/dashboard/playbooks/edit", form("save", name="default")).status_code == 422
    assert not Playbook.objects.exists()


def test_others_playbooks_and_campaigns_are_not_there(owner: Client) -> None:
    stranger = factories.organisation("Other")
    theirs = rows.playbook(stranger)
    assert owner.get(f"/dashboard/playbooks/{theirs.name}").status_code == 404
    case = factories.case(stranger)
    assert Campaign.objects.filter(id=case.campaign_id).exists()
    assert owner.post("/dashboard/playbooks/edit", form("try", campaign=case.campaign_id)).status_code == 404


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 302)])
def test_who_may_save(client: Client, db: None, role: str, status: int) -> None:
    organisation = factories.organisation()
    client.force_login(world.member(organisation, role).user)
    assert client.get("/dashboard/playbooks/default").status_code == 200
    assert client.post("/dashboard/playbooks/edit", form("save")).status_code == status
