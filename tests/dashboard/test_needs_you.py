"""What waits for a person, drafts to approve, the next 24 hours, pausing everything: shown, and acted on."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns.models import Case, Dispute, Hold, Step, Task
from compliance.guards import GUARDS
from dashboard import words
from dashboard.access import ACT
from outreach import drafting
from outreach.models import Message, Reply
from outreach.rules.replies import LABELS
from payments.models import Instalment, Plan, Promise
from tests import factories
from tests.dashboard import world

NEEDS, APPROVALS, NEXT = "/dashboard/needs-you", "/dashboard/approvals", "/dashboard/next"


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


# --- needs you


def test_late_ones_stand_first_and_the_count_is_everywhere(owner: Client, busy: world.Busy) -> None:
    page = text(owner, NEEDS)
    assert page.index("Replies to read") < page.index("Contacts to add")
    assert "1 overdue" in page and page.count("Overdue since") == 1
    assert "we sent the third pallet back" in page
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page
    count = Task.objects.filter(status="open").count()
    assert f'<span class="count">{count}<' in text(owner, "/dashboard/payments")
    assert "Left to a person" in text(owner, "/dashboard")


def test_one_kind_alone(owner: Client, busy: world.Busy) -> None:
    page = text(owner, f"{NEEDS}?kind=contact_needed")
    assert busy.contact_task_id in page and busy.reply_task_id not in page
    assert "Nothing waits for a person" in text(owner, f"{NEEDS}?kind=call")


def test_a_task_is_taken_on_given_back_and_done(owner: Client, busy: world.Busy) -> None:
    path = f"{NEEDS}/{busy.reply_task_id}"
    owner.post(f"{path}/claim")
    task = Task.objects.get(id=busy.reply_task_id)
    assert task.status == "claimed" and task.claimed_by.startswith("member:mem_")
    assert "taken on by" in text(owner, NEEDS)

    other = Client()
    other.force_login(world.member(task.organisation, "operator").user)
    refused = other.post(f"{path}/complete", {"outcome": "handled"}, follow=True).content.decode()
    assert "has taken this on" in refused and "mem_" not in refused
    other.post(f"{path}/unclaim")
    answer = other.post(f"{path}/complete", {"outcome": "handled", "note": "Called them."}, follow=True)
    task.refresh_from_db()
    assert (task.status, task.outcome, task.note) == ("done", "handled", "Called them.")
    assert b"Done: " in answer.content


@pytest.mark.parametrize(
    ("label", "hold", "status", "asked"),
    [("cease", "cease", "needs_human", "decide_cease"), ("hostile", "", "handled", "")],
)
def test_a_person_says_what_a_reply_is(
    owner: Client, busy: world.Busy, label: str, hold: str, status: str, asked: str
) -> None:
    """ "No more contact" closes every channel at once; what only angers closes nothing. Neither asks twice."""
    task = Task.objects.get(id=busy.reply_task_id)
    assert "<blockquote" in (page := text(owner, NEEDS)) and "They want no more contact" in page
    owner.post(f"{NEEDS}/{task.id}/read", {"label": label, "note": "Read it."}, follow=True)
    heard = Reply.objects.get(id=task.cause)
    assert (heard.status, heard.label) == (status, label) and "Read it." in heard.outcome
    standing = Hold.objects.filter(debtor_id=task.debtor_id, released_at=None).values_list("kind", flat=True)
    assert (hold in standing) if hold else not standing
    left = Task.objects.filter(cause=heard.id, status__in=["open", "claimed"])
    assert [one.kind for one in left] == ([asked] if asked else [])


def test_a_reply_somebody_has_taken_on_or_read_is_not_read_again(owner: Client, busy: world.Busy) -> None:
    path = f"{NEEDS}/{busy.reply_task_id}"
    assert b"Choose what it is." in owner.post(f"{path}/read", {"label": "fly"}, follow=True).content
    other = Client()
    other.force_login(world.member(busy.organisation, "operator").user)
    other.post(f"{path}/claim")
    assert b"has taken this on" in owner.post(f"{path}/read", {"label": "other"}, follow=True).content
    other.post(f"{path}/read", {"label": "other"})
    assert b"The task is done" in other.post(f"{path}/read", {"label": "cease"}, follow=True).content
    assert not Hold.objects.filter(kind="cease").exists()


def test_every_label_of_a_reply_can_be_chosen() -> None:
    shown = [label for _, means in words.REPLY_MEANS for label in means]
    assert sorted(shown) == sorted(LABELS) and set(LABELS) == set(words.REPLY_LABEL)


def test_a_wrong_outcome_changes_nothing(owner: Client, busy: world.Busy) -> None:
    answer = owner.post(f"{NEEDS}/{busy.contact_task_id}/complete", {"outcome": "fly"}, follow=True)
    assert b'class="notice bad"' in answer.content
    assert Task.objects.get(id=busy.contact_task_id).status == "open"


def test_a_draft_is_decided_where_it_can_be_read(owner: Client, busy: world.Busy) -> None:
    page = text(owner, f"{NEEDS}?kind=approve")
    assert f"{APPROVALS}/{busy.draft_id}" in page and "/complete" not in page


def test_what_an_exclusion_asks_is_answered_here_and_refusing_needs_a_reason(owner: Client, busy: world.Busy) -> None:
    task = factories.task(busy.talking, kind="approve", cause="hld_1", reason="Excluded: may it go on?")
    path = f"{NEEDS}/{task.id}/complete"
    assert path in text(owner, f"{NEEDS}?kind=approve")
    assert b"Say why, in the note." in owner.post(path, {"outcome": "reject"}, follow=True).content
    owner.post(path, {"outcome": "reject", "note": "A partner of ours."})
    task.refresh_from_db()
    assert (task.status, task.outcome) == ("done", "reject")


def test_every_kind_state_and_reason_has_words() -> None:
    assert set(Task.Kind.values) <= set(words.TASK)
    for family, values in {
        "step": Step.Status,
        "promise": Promise.Status,
        "plan": Plan.Status,
        "instalment": Instalment.Status,
        "dispute": Dispute.Status,
        "reply": Reply.Status,
        "identity": Reply.Identity,
    }.items():
        assert set(values.values) == set(words.FAMILIES[family]), family
    assert set(Dispute.Reason.values) == set(words.DISPUTE_REASON)
    assert set(Hold.Kind.values) <= set(words.HOLD)
    assert set(GUARDS) == set(words.GUARD)
    assert set(drafting.INTENTS) <= set(words.INTENT)


# --- approvals


def test_a_draft_stands_beside_its_facts(owner: Client, busy: world.Busy) -> None:
    draft = Message.objects.get(id=busy.draft_id)
    for path in (APPROVALS, f"{APPROVALS}/{draft.id}"):
        page = text(owner, path)
        for shown in (
            "Acme Tools",
            "B-0",
            "$900.00",
            draft.recipient,
            "the first contact",
            draft.subject.split("—")[0],
        ):
            assert shown.strip().replace("'", "&#x27;") in page, (path, shown)


def test_approve(owner: Client, busy: world.Busy) -> None:
    answer = owner.post(f"{APPROVALS}/{busy.draft_id}/approve", follow=True)
    assert b"Nothing waits for your approval" in answer.content
    draft = Message.objects.get(id=busy.draft_id)
    assert draft.approved_by.startswith("member:mem_") and draft.approved_at
    assert Step.objects.get(id=draft.step_id).status == "planned"
    assert owner.get(f"{APPROVALS}/{draft.id}")["Location"] == f"/dashboard/cases/{draft.case_id}"


def test_reject_asks_for_a_reason(owner: Client, busy: world.Busy) -> None:
    path = f"{APPROVALS}/{busy.draft_id}"
    assert b"Say why it may not go" in owner.post(f"{path}/reject", {"reason": " "}, follow=True).content
    assert Message.objects.get(id=busy.draft_id).status == "draft"
    owner.post(f"{path}/reject", {"reason": "Too soon."})
    draft = Message.objects.get(id=busy.draft_id)
    assert (draft.status, draft.error) == ("rejected", "Too soon.")


def test_words_are_changed_and_still_wait(owner: Client, busy: world.Busy) -> None:
    path = f"{APPROVALS}/{busy.draft_id}"
    typed = ["Our records show {amount} for {the_invoice}.", "", "Please tell us if anything is unclear."]
    answer = owner.post(f"{path}/save", {"paragraph": typed}, follow=True)
    assert b"still waits for your approval" in answer.content
    draft = Message.objects.get(id=busy.draft_id)
    assert (draft.status, draft.drafter, len(draft.paragraphs)) == ("draft", "person", 2)
    assert "$900.00" in draft.paragraphs[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["Pay today or you will be arrested.", "A second paragraph."], "It may not threaten ("),
        (["The open balance is $5."], "Only amounts of this account may stand in it ("),
        (["Write to {nobody}."], "There is no placeholder {nobody}"),
        (["x" * 2001], "at most 2000 characters"),
        (["", " "], "at least one paragraph"),
    ],
)
def test_what_the_guards_object_to_is_said_and_nothing_is_lost(
    owner: Client, busy: world.Busy, typed: list[str], said: str
) -> None:
    before = Message.objects.get(id=busy.draft_id).text
    answer = owner.post(f"{APPROVALS}/{busy.draft_id}/save", {"paragraph": typed})
    page = answer.content.decode()
    assert answer.status_code == 422 and "Not saved" in page and said in page
    assert all(line.strip() in page for line in typed)
    assert Message.objects.get(id=busy.draft_id).text == before


# --- the next 24 hours, and pausing


def test_the_next_day_and_its_hold(owner: Client, busy: world.Busy) -> None:
    Step.objects.filter(case=busy.talking, status="planned").update(due_at=clock.now() + timedelta(hours=2))
    page = text(owner, NEXT)
    assert "Evergreen Supplies" in page and f"/dashboard/cases/{busy.talking.id}/hold" in page
    answer = owner.post(f"/dashboard/cases/{busy.talking.id}/hold", {"next": NEXT}, follow=True)
    assert answer.redirect_chain == [(NEXT, 302)]
    assert b"on hold: creditor pause" in answer.content
    held = Hold.objects.get(case=busy.talking, kind="creditor_pause", released_at=None)
    assert f"/holds/{held.id}/release" in text(owner, f"/dashboard/cases/{busy.talking.id}")
    owner.post(f"/dashboard/cases/{busy.talking.id}/holds/{held.id}/release")
    held.refresh_from_db()
    assert held.released_at


def test_the_next_day_is_paged(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.queries.waiting.CONTACTS", 2)
    world.run(world.create_campaign(owner.organisation), sends=0)  # type: ignore[attr-defined]
    Step.objects.update(due_at=clock.now())
    seen: list[str] = []
    path = NEXT
    while path:
        page = text(owner, path)
        seen += [case.id for case in Case.objects.all() if f'"/dashboard/cases/{case.id}"' in page]
        more = page.partition('href="?after=')[2].partition('"')[0]
        path = f"{NEXT}?after={more}" if more else ""
    assert sorted(seen) == sorted(case.id for case in Case.objects.all())


def test_pause_everything_asks_first_and_resumes(owner: Client, busy: world.Busy) -> None:
    assert "/dashboard/pause" in text(owner, NEXT)
    assert "Pause everything?" in text(owner, "/dashboard/pause")
    assert Organisation.objects.get(id=busy.organisation.id).test_paused_at is None
    answer = owner.post("/dashboard/pause/set", {"on": "yes"}, follow=True)
    assert b"Everything is paused" in answer.content
    paused = Organisation.objects.get(id=busy.organisation.id)
    assert paused.test_paused_at and not paused.paused_at  # live mode goes on
    assert "Resume everything?" in text(owner, "/dashboard/pause")
    assert "Everything is paused" in text(owner, NEXT)
    owner.post("/dashboard/pause/set", {"on": "no"})
    assert Organisation.objects.get(id=busy.organisation.id).test_paused_at is None


# --- who may


def acts(busy: world.Busy) -> list[tuple[str, dict[str, str]]]:
    return [
        (f"{NEEDS}/{busy.contact_task_id}/claim", {}),
        (f"{NEEDS}/{busy.contact_task_id}/unclaim", {}),
        (f"{NEEDS}/{busy.contact_task_id}/complete", {"outcome": "nobody"}),
        (f"{APPROVALS}/{busy.draft_id}/save", {"paragraph": "Other words."}),
        (f"{APPROVALS}/{busy.draft_id}/reject", {"reason": "No."}),
        (f"{APPROVALS}/{busy.draft_id}/approve", {}),
        (f"/dashboard/cases/{busy.talking.id}/hold", {}),
    ]


@pytest.mark.parametrize("role", ["owner", "operator", "finance", "viewer", "auditor"])
def test_what_a_role_may_do(busy: world.Busy, role: str) -> None:
    someone = Client()
    someone.force_login(world.member(busy.organisation, role, email=f"{role}-2@example.com").user)
    may = role in ACT
    for path in (NEEDS, APPROVALS, f"{APPROVALS}/{busy.draft_id}", f"/dashboard/cases/{busy.disputed.id}", NEXT):
        page = text(someone, path)
        forms = page.count("<form") - page.count("dashboard/organisation") - page.count("dashboard/mode")
        forms -= page.count('id="payment-form"')  # whose matter money is: tests/dashboard/test_payment_pages.py
        assert (forms > 1) == may, (path, forms)
        assert ('aria-label="Pause everything"' in page) == may
    for path, data in [*acts(busy), ("/dashboard/pause/set", {"on": "yes"})]:
        assert (someone.post(path, data).status_code in {302, 422}) == may, path


def test_another_organisations_are_not_found(busy: world.Busy) -> None:
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    for path, data in acts(busy):
        assert stranger.post(path, data).status_code == 404, path
    assert stranger.get(f"{APPROVALS}/{busy.draft_id}").status_code == 404
    for path in (NEEDS, APPROVALS, NEXT):
        page = text(stranger, path)
        assert "Acme" not in page and "Evergreen" not in page, path
    assert Task.objects.get(id=busy.contact_task_id).status == "open"
    assert Message.objects.get(id=busy.draft_id).approved_at is None
