"""The law's answer, written down and acted on: wait, refuse, or go on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Organisation
from agentcollect.kit import clock, ids
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from campaigns.operations.facts import about, case_data
from campaigns.operations.people import stop_waiting
from compliance import gate
from compliance.facts import Carries
from compliance.guards import GuardFinding
from compliance.rules import ABOUT_THE_ADDRESS
from events.operations import record
from outreach import queries, rendering
from outreach.models import Decision, Message
from outreach.operations.claims import Claim
from outreach.rendering import Draft, Letter, Rendered

Proposal = tuple[Letter, Rendered, Draft, tuple[GuardFinding, ...]]

# Refusals that are about this one address: the step is resolved, the playbook goes on with the next.
# Every other refusal is about the debtor or the case (a hold, an unknown class): the step waits for a person's word,
# because a playbook used up in silence would end at an attorney.
_ABOUT_THE_ADDRESS = ABOUT_THE_ADDRESS
# How soon a step is judged again when nobody knows when its refusal ends.
_LOOK_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict, and the row it was written to."""

    verdict: gate.Decision
    row_id: str


def propose(letter: Letter, drafts: Iterable[Draft]) -> Proposal | None:
    """The first of `drafts` that the guards pass; when none does, the last one with its findings; None without any."""
    found: Proposal | None = None
    for draft in drafts:
        rendered = rendering.render(letter, draft)
        found = (letter, rendered, draft, rendering.check(letter, rendered))
        if not found[3]:
            break
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
) -> Judged:
    """Ask the gate and keep every rule's word, refusals too. Call with the debtor's row locked.

    `message`: what the rendered message carries (outreach.rules.law.carried); None: only what the brand tells.
    """
    # What the creditor excluded at this very moment holds too, whether or not its holds have been placed.
    named = {"organisation_id": case.organisation_id, "livemode": case.livemode}
    campaigns.enforce(**named, debtor_ids=[debtor.id], at=at)
    own = Message.objects.filter(step_id=step.id).values_list("id", flat=True).first() or ""
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
    )
    verdict = gate.decide(
        facts, channel=step.channel, kind=step.kind, at=at, case_id=case.id, confirms=step.facts.get("confirms")
    )
    return Judged(verdict, _write(verdict, case, step, contact, at=at))


def _write(verdict: gate.Decision, case: Case, step: Step, contact: Contact | None, *, at: datetime) -> str:
    return Decision.objects.create(
        id=ids.new("dec"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        created_at=at,
        recorded_at=clock.now(),
        case=case,
        debtor_id=case.debtor_id,
        contact_id=contact.id if contact else "",
        step_id=step.id,
        channel=step.channel,
        kind=step.kind,
        outcome=verdict.outcome,
        rule=verdict.rule or "",
        reason=verdict.reason[:300],
        until=verdict.until,
        verdicts=[one.as_json() for one in verdict.verdicts],
    ).id


def refuse(claim: Claim, case: Case, debtor: Debtor, step: Step, judged: Judged, *, at: datetime) -> None:
    """Act on anything but an allow: wait until the moment the law names, wait for a person, or give this step up."""
    verdict = judged.verdict
    words = f"{verdict.reason[:285]} ({verdict.rule})" if verdict.rule else verdict.reason
    ends = _known_end(verdict)
    # An answer that came too late is no answer: it is not kept for a better day.
    over = step.kind != "outreach" and ends is None
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
            until=ends or at + _LOOK_AGAIN,
            at=at,
            cause=judged.row_id,
            shown=bool(ends),
        )


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
    if step.kind == "outreach":
        Case.objects.filter(id=case.id).update(next_contact_at=None, updated_at=at)
    campaigns.open_task(
        kind="approve",
        debtor=debtor,
        case=case,
        cause=step.id,
        reason=reason[:300],
        facts={"message_id": message_id, "contact_id": step.contact_id, "intent": step.intent},
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
