"""A case with no next step always says why."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import Campaign, Case, Hold, Step, Task
from campaigns.rules import standing
from campaigns.rules.standing import Held

HELD = st.sampled_from([[], ["dispute"], [Held("promise")], ["approval"], ["approval", "cease"]])
REASONS = st.sampled_from(["", "too soon (R-12)", standing.READING, standing.STOPPED + "everything (drill)", "odd"])
STEPS = st.one_of(st.none(), st.tuples(st.sampled_from(Step.Status.values), REASONS))


@given(
    status=st.sampled_from(Case.Status.values),
    close_reason=st.sampled_from(["", *Case.CloseReason.values]),
    opened=st.booleans(),
    campaign_status=st.sampled_from(Campaign.Status.values),
    organisation_paused=st.booleans(),
    held_by=HELD,
    step=STEPS,
    carrier=st.sampled_from([None, "INV-1"]),
    tasks=st.sampled_from([[], *([kind] for kind in Task.Kind.values)]),
)
def test_there_is_always_a_reason(**facts: object) -> None:
    said = standing.why(**facts)  # type: ignore[arg-type]
    assert said.code and said.message.endswith(".")


def why(**facts: object) -> standing.Why:
    running = {"status": "active", "close_reason": "", "opened": True, "campaign_status": "active"}
    still = {"organisation_paused": False, "held_by": [], "step": None}
    return standing.why(**(running | still | facts))  # type: ignore[arg-type]


def test_each_reason_has_a_code_of_its_own() -> None:
    table = {
        "closed": why(status="closed", close_reason="paid"),
        "organisation_paused": why(organisation_paused=True),
        "campaign_paused": why(campaign_status="paused"),
        "promised": why(status="promised", held_by=["promise"]),
        "in_plan": why(status="in_plan"),
        "held": why(held_by=["cease"], step=("planned", "")),
        "waiting_for_approval": why(held_by=["approval"]),
        "carried": why(carrier="INV-1"),
        "needs_contact": why(status="needs_contact"),
        "waiting_for_call": why(tasks=["call"], step=("needs_human", "")),
        "needs_you": why(step=("denied", "this campaign never goes to an attorney; it needs you")),
        "reading_reply": why(step=("planned", standing.READING)),
        "stopped": why(step=("planned", "stopped: everything (drill)")),
        "blocked": why(step=("planned", "48 hours apart (R-12)")),
        "planned": why(step=("planned", "")),
        "sending": why(step=("handed_over", "")),
        "in_doubt": why(step=("unconfirmed", "")),
        "finished": why(step=("sent", "")),
    }
    assert {code: said.code for code, said in table.items()} == {code: code for code in table}


def test_the_invoice_that_speaks_and_the_end_of_a_hold_are_named() -> None:
    from datetime import date

    assert "INV-1" in why(carrier="INV-1").message
    assert "2026-04-01" in why(status="promised", held_by=[Held("promise", date(2026, 4, 1))]).message
    assert all(why(held_by=[kind]).message.count(kind) for kind in Hold.Kind.values if kind != "approval")
    assert len(list(itertools.chain(Task.Kind.values))) == len(standing._TASKS)
