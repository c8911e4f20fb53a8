"""A person's word before a message leaves: which drafts wait, and what approving, rejecting and editing do.

A draft reserves nothing and fills no cap. It is judged anew when it is approved, and sent only while the facts it was
written from still stand. Silence never sends: there is no time after which a draft goes by itself.
"""

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Organisation
from agentcollect.kit import db, errors
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Debtor, Hold, Step, Task
from campaigns.operations.facts import about, amount, case_data
from events.operations import record
from outreach import queries, rendering
from outreach.drafting import Draft
from outreach.models import Message
from outreach.operations import letters
from outreach.operations.claims import Claim
from outreach.operations.readiness import Rows
from outreach.rendering import Letter

errors.define("message_not_waiting", 409, "This message does not wait for anybody's word.")
errors.define("guards_object", 422, "The words would not pass the guards (`findings`).")

_POLICY = Campaign.Approval
# How soon a step looks again whether the message it waits behind was decided on; a decision wakes it at once.
_LOOK_AGAIN = timedelta(hours=1)
_BEHIND = "waits for your word on another message of this campaign"
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def policy(campaign: Campaign, organisation: Organisation) -> str:
    """Which drafts wait: the campaign's own word, else in live mode the organisation's; test mode waits for nobody."""
    return campaign.approval or (organisation.approval if campaign.livemode else _POLICY.NONE)


def must_wait(*, campaign: Campaign, organisation: Organisation, debtor: Debtor, step: Step) -> bool:
    """Whether what `step` would send waits for a person. Call with the debtor's row locked.

    A notice (a stop confirmed, a receipt) never waits: the law or the debtor asked for it. An answer waits where
    everything does. What was approved for this very step does not wait again.
    """
    asked = policy(campaign, organisation)
    if asked == _POLICY.NONE or step.kind == "notice" or step.channel != "email":
        return False
    if stands(step):
        return False
    if asked == _POLICY.ALWAYS:
        return True
    if step.kind != "outreach":
        return False
    return not _known(asked, campaign.id, debtor.id).exclude(step_id=step.id).exists()


def _known(asked: str, campaign_id: str, debtor_id: str) -> QuerySet[Message]:
    """The messages that make a further one of this campaign (or to this debtor) no first one."""
    seen = Message.objects.filter(Q(status__in=queries.LEFT) | Q(approved_at__isnull=False), kind="outreach")
    return (
        seen.filter(debtor_id=debtor_id) if asked == _POLICY.FIRST_PER_DEBTOR else seen.filter(campaign_id=campaign_id)
    )


# --- holding


def hold_draft(
    *,
    claim: Claim,
    campaign: Campaign,
    organisation: Organisation,
    debtor: Debtor,
    case: Case,
    step: Step,
    facts: dict[str, Any],
    at: datetime,
) -> Message | None:
    """Keep the message of the locked rows as a draft that waits; `facts` are its columns, as a reservation has them.

    None, and the step looks again later, where the campaign (or debtor) has another first draft waiting already: one
    question is enough for all of them. Also None when the claim was lost.
    """
    if _waits_behind_another(policy(campaign, organisation), step):
        claim.update(Step.Status.PLANNED, due_at=at + _LOOK_AGAIN, reason=_BEHIND)
        return None
    if not claim.update(Step.Status.PLANNED, status=Step.Status.NEEDS_HUMAN, reason="waits for your approval"):
        return None
    waiting = {"status": Message.Status.DRAFT, "approved_by": "", "approved_at": None, "handed_over_at": None}
    message, _ = Message.objects.update_or_create(
        organisation_id=step.organisation_id, livemode=step.livemode, step_id=step.id, defaults=facts | waiting
    )
    Case.objects.filter(id=case.id).update(next_contact_at=None, updated_at=at)
    task = _ask(message, debtor, case, step, at=at)
    _record("message.approval_requested", message, debtor, case, by="engine", at=at, task_id=task.id)
    return message


def _waits_behind_another(asked: str, step: Step) -> bool:
    if asked == _POLICY.ALWAYS:
        return False
    same = {"debtor_id": step.debtor_id} if asked == _POLICY.FIRST_PER_DEBTOR else {"campaign_id": step.campaign_id}
    drafts = Message.objects.filter(status=Message.Status.DRAFT, kind="outreach", approved_at=None, **same)
    return drafts.exclude(step_id=step.id).exists()


def _ask(message: Message, debtor: Debtor, case: Case, step: Step, *, at: datetime) -> Task:
    """The hold that the case shows, and the task; an approval is due at once and never expires."""
    why = f"A message to {message.recipient} is written and waits for your word: {message.subject}"
    evidence = {"message_id": message.id, "reason": "a message waits for your approval"}
    campaigns.hold(kind=Hold.Kind.APPROVAL, on=case, by="engine", at=at, evidence=evidence)
    facts = {"message_id": message.id, "contact_id": message.contact_id, "intent": message.intent}
    return campaigns.open_task(
        kind=Task.Kind.APPROVE,
        debtor=debtor,
        case=case,
        cause=step.id,
        reason=why,
        facts=facts,
        due_at=at,
        by="engine",
        at=at,
    )


# --- deciding


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A draft with what it is about, locked in the order of kit.db.locked."""

    debtor: Debtor
    case: Case
    step: Step
    message: Message


def _locked(message_id: str) -> _Waiting:
    found = Message.objects.get(id=message_id)
    debtor = db.locked(Debtor.objects.filter(id=found.debtor_id)).get()
    case = db.locked(Case.objects.filter(id=found.case_id)).get()
    step = db.locked(Step.objects.filter(id=found.step_id)).first()
    message = db.locked(Message.objects.select_related("contact").filter(id=message_id)).get()
    if step is None or message.status != Message.Status.DRAFT:
        raise ApiError("message_not_waiting", f"It is {message.status}.", state=message.status)
    case.debtor = debtor
    return _Waiting(debtor, case, step, message)


def approve_message(*, message_id: str, by: str, at: datetime) -> Message:
    """Let a draft go: its step is due at once, and judged once more before anything leaves.

    Approved already: nothing happens. Raises ApiError: message_not_waiting (rejected, or no longer needed).
    """
    with db.atomic():
        waiting = _locked(message_id)
        message, step = waiting.message, waiting.step
        if message.approved_at:
            return message
        if step.status != Step.Status.NEEDS_HUMAN:
            raise ApiError("message_not_waiting", f"Its step is {step.status}.", state=step.status)
        message.approved_by, message.approved_at = by, at
        message.save(update_fields=["approved_by", "approved_at"])
        step.status, step.due_at, step.reason, step.lease_until = Step.Status.PLANNED, at, "approved", None
        step.save(update_fields=["status", "due_at", "reason", "lease_until"])
        _over(waiting, outcome="approve", by=by, at=at)
        Case.objects.filter(id=message.case_id).update(next_contact_at=at, updated_at=at)
        _record("message.approved", message, waiting.debtor, waiting.case, by=by, at=at)
        return message


def reject_message(*, message_id: str, reason: str, by: str, at: datetime) -> Message:
    """Drop a draft: it is never sent, its step is denied with the reason, and the playbook goes on.

    Approved, and not taken up by a worker yet: it is stopped all the same. Raises ApiError: message_not_waiting.
    """
    with db.atomic():
        waiting = _locked(message_id)
        message, step = waiting.message, waiting.step
        if step.status not in (Step.Status.NEEDS_HUMAN, Step.Status.PLANNED):
            raise ApiError("message_not_waiting", f"Its step is {step.status}.", state=step.status)
        message.status, message.error = Message.Status.REJECTED, reason[:300]
        message.approved_by, message.approved_at = "", None
        message.save(update_fields=["status", "error", "approved_by", "approved_at"])
        step.status, step.reason, step.resolved_at = Step.Status.DENIED, f"not approved: {reason}"[:300], at
        step.lease_token, step.lease_until = step.lease_token + 1, None
        step.save(update_fields=["status", "reason", "resolved_at", "lease_token", "lease_until"])
        _over(waiting, outcome="reject", by=by, at=at)
        _record("message.rejected", message, waiting.debtor, waiting.case, by=by, at=at, reason=reason)
        if step.kind == "outreach":
            campaigns.plan_next(case=waiting.case, at=at, after=step)
        return message


def _over(waiting: _Waiting, *, outcome: str, by: str, at: datetime) -> None:
    """The question is answered: its task ends, the case's hold too, and what waited behind it is looked at again."""
    campaigns.end_tasks(cause=waiting.step.id, kind="approve", status="done", outcome=outcome, by=by, at=at)
    _release(waiting.case, by=by, at=at)
    behind = Step.objects.filter(campaign_id=waiting.step.campaign_id, status=Step.Status.PLANNED, reason=_BEHIND)
    behind.filter(due_at__gt=at).update(due_at=at)


def _release(case: Case, *, by: str, at: datetime) -> None:
    """End the case's hold, unless another draft of it waits (the one just decided on does no more)."""
    others = Step.objects.filter(case_id=case.id, status=Step.Status.NEEDS_HUMAN, channel="email")
    if not others.exists():
        for standing in Hold.objects.filter(case_id=case.id, kind=Hold.Kind.APPROVAL, released_at=None):
            campaigns.release(hold=standing, by=by, at=at)
    case.refresh_from_db(fields=["next_contact_at"])


def decide_task(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """What the answer to a task `approve` does: about a draft, or about what an exclusion asks first for."""
    if task.cause.startswith("hld_"):
        standing = Hold.objects.select_related("contact").filter(id=task.cause, released_at=None).first()
        if standing and outcome == "approve":
            campaigns.release(hold=standing, by=by, at=at)
        return
    if "missing" in task.facts:
        _decide_unwritten(task, outcome, note, by=by, at=at)
        return
    message_id = task.facts["message_id"]
    if outcome == "approve":
        approve_message(message_id=message_id, by=by, at=at)
    else:
        reject_message(message_id=message_id, reason=note, by=by, at=at)


def _decide_unwritten(task: Task, outcome: str, note: str, *, by: str, at: datetime) -> None:
    """Words that lacked a fact: tried again, or given up; who wrote to us is then answered by a person."""
    with db.atomic():
        debtor = db.locked(Debtor.objects.filter(id=task.debtor_id)).get()
        case = db.locked(Case.objects.filter(id=task.case_id or "")).get()
        case.debtor = debtor
        step = db.locked(Step.objects.filter(id=task.cause, status=Step.Status.NEEDS_HUMAN)).first()
        if step is None:
            return
        again = outcome == "approve"
        step.status = Step.Status.PLANNED if again else Step.Status.DENIED
        step.reason = "approved" if again else f"not approved: {note}"[:300]
        step.due_at, step.resolved_at, step.lease_until = at, None if again else at, None
        step.save(update_fields=["status", "reason", "due_at", "resolved_at", "lease_until"])
        if not again and step.kind == "outreach":
            campaigns.plan_next(case=case, at=at, after=step)


def withdraw_task(*, task: Task, by: str, at: datetime) -> None:
    """The task is needed no more (the case was closed or promised, its step cancelled): so is its draft."""
    drafts = Message.objects.filter(step_id=task.cause, status=Message.Status.DRAFT)
    if drafts.update(status=Message.Status.CANCELLED, error="no longer needed") and task.case_id:
        case = Case.objects.select_related("debtor").get(id=task.case_id)
        if case.closed_at is None:
            _release(case, by=by, at=at)


# --- what was approved, as the sender takes it


def stands(step: Step) -> bool:
    """Whether a person approved the words of `step`: nothing new is written for it meanwhile."""
    return Message.objects.filter(step_id=step.id, approved_at__isnull=False).exists()


def approved(*, step: Step, facts_hash: str) -> tuple[Message, Draft] | None:
    """The words a person approved for `step`, as they stand in the draft; None when none were, or what they were
    written from has changed meanwhile: the approval is void then, and the next draft waits again."""
    message = Message.objects.filter(step_id=step.id, approved_at__isnull=False).first()
    if message is None:
        return None
    if message.facts_hash != facts_hash:
        Message.objects.filter(id=message.id).update(approved_by="", approved_at=None)
        return None
    return message, words_of(message)


def words_of(message: Message) -> Draft:
    """The paragraphs of a draft as words to render: a person answers for them now, whoever wrote them first."""
    return Draft(
        intent=message.intent,
        variant=message.variant,
        sentences=tuple(message.paragraphs),
        drafter="person",
        language=message.language,
        run_id=message.agent_run_id,
        whole=True,
    )


# --- editing


def edit_message(*, message_id: str, paragraphs: Sequence[str], by: str, at: datetime) -> Message:
    """Put other words between greeting and statement; the guards read the whole message again, as it will be sent.

    A placeholder such as `{amount}` is filled from the ledger. An edited draft still waits: whoever edits it after it
    was approved takes the approval back. Raises ApiError: message_not_waiting, guards_object, invalid_request.
    """
    with db.atomic():
        waiting = _locked(message_id)
        message, step = waiting.message, waiting.step
        if step.status != Step.Status.NEEDS_HUMAN:
            raise ApiError("message_not_waiting", f"Its step is {step.status}.", state=step.status)
        letter = _letter(message, step, at=at)
        draft = dataclasses.replace(words_of(message), sentences=_clean(paragraphs, letter), whole=False)
        rendered = rendering.render(letter, draft)
        if findings := rendering.check(letter, rendered):
            shown = [{"guard": one.guard, "reason": one.reason} for one in findings]
            raise ApiError("guards_object", findings[0].reason, findings=shown, param="paragraphs")
        message.subject, message.text, message.html = rendered.subject, rendered.text, rendered.html
        message.paragraphs, message.drafter = list(rendered.words), "person"
        message.facts_hash = letters.facts_hash(letter, message.recipient)
        message.save(update_fields=["subject", "text", "html", "paragraphs", "drafter", "facts_hash"])
        _record("message.edited", message, waiting.debtor, waiting.case, by=by, at=at)
        return message


def _letter(message: Message, step: Step, *, at: datetime) -> Letter:
    """The letter of a draft as the ledger has it now, to the person it was written to."""
    rows = Rows.read(step, at=at)
    return letters.letter(
        letters.stationery(rows.campaign, rows.organisation),
        case=rows.case,
        debtor=rows.debtor,
        contact=message.contact,
        organisation=rows.organisation,
        step=step,
        at=at,
        itemised=rows.itemised,
        others=rows.others,
        tone=rows.tone,
        facts=rows.own_facts,
    )


def _clean(paragraphs: Sequence[str], letter: Letter) -> tuple[str, ...]:
    """One line each, none empty, no placeholder that nobody could fill."""
    found = tuple(line for text in paragraphs if (line := " ".join(text.split())))
    if not found:
        raise ApiError("invalid_request", "A message needs at least one paragraph.", param="paragraphs")
    known = rendering.placeholders(letter)
    for name in (name for line in found for name in _PLACEHOLDER.findall(line)):
        if name not in known:
            words = f"There is no placeholder {{{name[:40]}}}; there are {', '.join(sorted(known))}."
            raise ApiError("invalid_request", words, param="paragraphs")
    return found


def _record(type: str, message: Message, debtor: Debtor, case: Case, *, by: str, at: datetime, **more: Any) -> None:
    facts = {name: getattr(message, name) for name in ("contact_id", "channel", "intent", "subject")}
    more |= {"balance": amount(case, case.balance_minor)}
    record(
        type=type,
        organisation_id=message.organisation_id,
        livemode=message.livemode,
        data=case_data(case, debtor.name, message_id=message.id, **facts, **more),
        by=by,
        at=at,
        about=about(case),
        cause=message.decision_id,
    )
