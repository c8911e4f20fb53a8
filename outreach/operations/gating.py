"""The law's answer, written down and acted on: wait, refuse, or go on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Organisation
from agentcollect.kit import clock, db, ids
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from campaigns.operations.facts import about, case_data
from campaigns.operations.people import stop_waiting
from compliance import gate
from compliance.facts import Carries
from compliance.guards import GuardFinding
from compliance.reading import Rendered
from compliance.rules import ABOUT_THE_ADDRESS
from events.operations import record
from outreach import queries, rendering
from outreach.drafting import Draft, Unwritable
from outreach.models import Decision
from outreach.operations.claims import Claim
from outreach.queries import desk
from outreach.queries.desk import File
from outreach.rendering import Letter
from outreach.rules import law

Proposal = tuple[Letter, Rendered, Draft, tuple[GuardFinding, ...]]

# Refusals that are about this one address: the step is resolved, the playbook goes on with the next.
# Every other refusal is about the debtor or the case (a hold, an unknown class): the step waits for a person's word,
# because a playbook used up in silence would end at an attorney.
_ABOUT_THE_ADDRESS = ABOUT_THE_ADDRESS
# How soon, at the earliest and at the latest, a step is judged again when nobody knows when its refusal ends.
_SOONEST, _LATEST = timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict, and the row it was written to."""

    verdict: gate.Decision
    row_id: str


def propose(letter: Letter, drafts: Iterable[Draft], checked: Mapping[str, Proposal] | None = None) -> Proposal | None:
    """The first of `drafts` that the guards pass; when none does, the last one with its findings; None without any.

    `checked`: variant → what came of looking at it before; it counts where it is this very letter's.
    Raises drafting.Unwritable where each of them needs a fact that is missing.
    """
    found: Proposal | None = None
    missing: Unwritable | None = None
    for draft in drafts:
        before = (checked or {}).get(draft.variant)
        if before is not None and before[0] is letter:
            found = (letter, before[1], draft, before[3])
            if not found[3]:
                break
            continue
        try:
            rendered = rendering.render(letter, draft)
        except Unwritable as without:
            missing = without
            continue
        found = (letter, rendered, draft, rendering.check(letter, rendered))
        if not found[3]:
            break
    if found is None and missing is not None:
        raise missing
    return found


def decide(
    *,
    debtor: Debtor,
    campaign: Campaign,
    organisation: Organisation,
    case: Case,
    step: Step,
    contact: Contact | None,
    opt_out: tuple[bool, bool],
    at: datetime,
    message: Carries | None = None,
    file: File | None = None,
) -> Judged:
    """Ask the gate and keep every rule's word, refusals too. Call with the debtor's row locked.

    `file`: the debtor's, read behind that lock; what the creditor's rules place now is read again.
    `message`: what the rendered message carries (outreach.rules.law.carried); None: only what the brand tells.
    """
    # What the creditor excluded at this very moment holds too, whether or not its holds have been placed.
    if file is None or file.ways.ruled:
        named = {"organisation_id": case.organisation_id, "livemode": case.livemode}
        if campaigns.enforce(**named, debtor_ids=[debtor.id], at=at):
            file = None
    file = file or desk.file_of(debtor, campaign.id, [case.id], steps=False)
    own = next((row.id for row in file.own_messages(step)), "")
    facts = queries.facts(
        debtor=debtor,
        campaign=campaign,
        organisation=organisation,
        contact=contact,
        at=at,
        opt_out=opt_out,
        without_message=own,
        case=case,
        channel=step.channel,
        message=message,
        file=file,
    )
    asked = {"kind": law.asked(step.kind), "confirms": step.facts.get("confirms")}
    verdict = gate.decide(facts, channel=step.channel, at=at, case_id=case.id, **asked)
    return Judged(verdict, _write(verdict, case, step, contact, at=at))


def _write(verdict: gate.Decision, case: Case, step: Step, contact: Contact | None, *, at: datetime) -> str:
    row = {
        "id": ids.new("dec"),
        "organisation_id": case.organisation_id,
        "livemode": case.livemode,
        "created_at": at,
        "recorded_at": clock.now(),
        "case_id": case.id,
        "debtor_id": case.debtor_id,
        "contact_id": contact.id if contact else "",
        "step_id": step.id,
        "channel": step.channel,
        "kind": law.asked(step.kind),
        "outcome": verdict.outcome,
        "rule": verdict.rule or "",
        "reason": verdict.reason[:300],
        "until": verdict.until,
        "verdicts": [one.as_json() for one in verdict.verdicts],
    }
    db.collect(_keep, row)
    return str(row["id"])


def _keep(rows: list[dict[str, Any]]) -> None:
    """Write the transaction's decisions, with the rest of what it records."""
    db.insert_rows(Decision, rows)


def refuse(claim: Claim, case: Case, debtor: Debtor, step: Step, judged: Judged, *, at: datetime) -> None:
    """Act on anything but an allow: wait until the moment the law names, wait for a person, or give this step up."""
    verdict = judged.verdict
    words = f"{verdict.reason[:285]} ({verdict.rule})" if verdict.rule else verdict.reason
    ends = _known_end(verdict)
    # An answer that came too late is no answer: it is not kept for a better day.
    over = law.asked(step.kind) != "outreach" and ends is None
    if verdict.outcome == "defer" and verdict.until is not None:
        wait(claim, case, debtor, step, words, until=verdict.until, at=at, cause=judged.row_id)
    elif verdict.rule in _ABOUT_THE_ADDRESS or verdict.outcome == "require" or over:
        deny(claim, case, debtor, step, verdict.reason, at=at, cause=judged.row_id, rule=verdict.rule or "")
    else:
        wait(
            claim,
            case,
            debtor,
            step,
            words,
            until=ends or _look_again(step, at=at),
            at=at,
            cause=judged.row_id,
            shown=bool(ends),
        )


def _look_again(step: Step, *, at: datetime) -> datetime:
    """The longer it has waited, the rarer: what waits for a person may do so for months. The end of a hold, or a
    correction of the debtor or its people, wakes it at once (campaigns.operations.holds.look_again)."""
    return at + min(max((at - step.created_at) / 2, _SOONEST), _LATEST)


def _known_end(verdict: gate.Decision) -> datetime | None:
    """When the last of the refusals ends, if each of them names its end."""
    ends = [one.until for one in verdict.verdicts if one.outcome == "deny"]
    return None if None in ends else max(ends, default=None)  # type: ignore[type-var]


def refuse_words(
    claim: Claim,
    case: Case,
    debtor: Debtor,
    step: Step,
    judged: Judged,
    findings: Sequence[GuardFinding],
    message_id: str,
    *,
    at: datetime,
) -> None:
    """No wording passed the guards, repaired and approved ones included: a person puts it right, or drops it."""
    reason = f"the {findings[0].guard} guard objects: {findings[0].reason}"
    changes = {"status": Step.Status.NEEDS_HUMAN, "reason": reason[:300], "decision_id": judged.row_id}
    if not claim.update(Step.Status.PLANNED, **changes):
        return
    _record("contact.waited", case, debtor, step, reason, at=at, cause=judged.row_id, rule="guards")
    _ask_a_person(case, debtor, step, reason, {"message_id": message_id}, at=at)


def refuse_unwritable(
    claim: Claim, case: Case, debtor: Debtor, step: Step, missing: Unwritable, *, at: datetime
) -> None:
    """Words need what nobody knows: a person is told what is missing, once; nothing tries again before they answer."""
    reason = f"It cannot be written: {missing.why}."[:300]
    if not claim.update(Step.Status.PLANNED, status=Step.Status.NEEDS_HUMAN, reason=reason):
        return
    _record("contact.waited", case, debtor, step, reason, at=at, cause=step.cause, rule="words")
    asked = f"{reason} Approve it to try again once it is known, or reject it and answer yourself."
    _ask_a_person(case, debtor, step, asked, {"missing": missing.args[0]}, at=at)


def _ask_a_person(case: Case, debtor: Debtor, step: Step, reason: str, facts: dict[str, Any], *, at: datetime) -> None:
    """The step stands until somebody has decided; nothing else of the case is announced meanwhile."""
    if step.kind == "outreach":
        Case.objects.filter(id=case.id).update(next_contact_at=None, updated_at=at)
    campaigns.open_task(
        kind="approve",
        debtor=debtor,
        case=case,
        cause=step.id,
        reason=reason[:300],
        facts=facts | {"contact_id": step.contact_id, "intent": step.intent},
        due_at=at,
        by="engine",
        at=at,
    )


def wait(
    claim: Claim,
    case: Case,
    debtor: Debtor,
    step: Step,
    reason: str,
    *,
    until: datetime,
    at: datetime,
    cause: str = "",
    shown: bool = True,
) -> None:
    """Leave the step planned for `until`. Said once per reason, however often it is judged again.

    `shown` False: `until` is only when we look again, so the case promises no next contact.
    """
    reason = reason[:300]
    if not claim.update(Step.Status.PLANNED, due_at=until, reason=reason):
        return
    if step.kind == "outreach":
        Case.objects.filter(id=case.id).update(next_contact_at=until if shown else None, updated_at=at)
    if reason != step.reason:
        _record("contact.waited", case, debtor, step, reason, at=at, cause=cause)


def deny(
    claim: Claim, case: Case, debtor: Debtor, step: Step, reason: str, *, at: datetime, cause: str, rule: str
) -> None:
    """Resolve the step without a message, and let the playbook go on, or say that nobody is left to write to."""
    resolved = {"status": Step.Status.DENIED, "reason": reason[:300], "decision_id": cause, "resolved_at": at}
    if not claim.update(Step.Status.PLANNED, **resolved):
        return
    _record("contact.denied", case, debtor, step, reason, at=at, cause=cause, rule=rule)
    step.refresh_from_db()
    if step.kind != "outreach":
        return
    if queries.reachable(debtor):
        campaigns.plan_next(case=case, at=at, after=step)
    else:
        stop_waiting(debtor, at=at)


def _record(
    type: str, case: Case, debtor: Debtor, step: Step, reason: str, *, at: datetime, cause: str, rule: str = ""
) -> None:
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, debtor.name, channel=step.channel, intent=step.intent, reason=reason, rule=rule),
        by="engine",
        at=at,
        about=about(case),
        cause=cause,
    )
