"""What a debtor objects to, from the first word to its outcome; and their word that they have paid.

Lock order: the case, then what is about it. While a dispute is open nothing is sent about its invoice (LAW.md, R-17).
"""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db, errors, money
from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Dispute, Hold, LedgerEntry, Task
from campaigns.operations import holds
from campaigns.operations.cases import close, post, record_case
from campaigns.operations.corrections import refuse_while_paying
from campaigns.operations.facts import amount, dispute_data
from campaigns.operations.tasks import end_tasks, open_task
from campaigns.operations.waiting import go_on, wait
from campaigns.rules import offers, transitions

errors.define("dispute_open", 409, "This invoice is disputed already; the dispute that is open comes first.")
errors.define("amount_above_dispute", 400, "A dispute is upheld in part by less than what is disputed.")

Status = Dispute.Status
OPEN = frozenset({Status.OPENED, Status.INFORMATION_REQUESTED, Status.ANSWERED})


def open_dispute(
    *,
    case_id: str,
    reason: str,
    text: str,
    amount_minor: int | None,
    source: str,
    evidence: dict[str, Any],
    by: str,
    at: datetime,
) -> Dispute:
    """Open a dispute about the whole invoice (`amount_minor` None) or a part of it: the whole invoice waits.

    A person is asked to answer it in time. Raises ApiError: dispute_open, illegal_transition, amount_above_balance.
    """
    with db.atomic():
        case = _lock_case(case_id)
        if Dispute.objects.filter(case=case, status__in=OPEN).exists():
            raise ApiError("dispute_open")
        transitions.check(transitions.CASE, case.status, Case.Status.DISPUTED)
        if amount_minor is not None and amount_minor > case.balance_minor:
            owed = money.display(case.balance_minor, case.currency)
            raise ApiError("amount_above_balance", f"Only {owed} is owed.", param="amount")
        dispute = Dispute(
            organisation_id=case.organisation_id,
            livemode=case.livemode,
            created_at=at,
            recorded_at=clock.now(),
            updated_at=at,
            case=case,
            debtor_id=case.debtor_id,
            status=Status.OPENED,
            reason=reason,
            text=text,
            source=source,
            amount_minor=amount_minor,
            currency=case.currency,
            evidence=evidence,
            answer_due_at=_answer_by(case, at),
            actor=by,
        )
        said = {"dispute_id": dispute.id, "reason": f"disputed: {reason.replace('_', ' ')}"}
        kind = Hold.Kind.DISPUTE
        dispute.hold_id = wait(case=case, status=Case.Status.DISPUTED, kind=kind, evidence=said, by=by, at=at).id
        dispute.save(force_insert=True)
        _ask(dispute, case, "Answer the debtor's dispute.", by=by, at=at)
        _record("dispute.opened", dispute, case, by=by, at=at)
        return dispute


def _lock_case(case_id: str) -> Case:
    rows = Case.objects.select_related("debtor", "campaign", "organisation").filter(id=case_id)
    return db.locked(rows).get()


def _lock(dispute_id: str) -> tuple[Dispute, Case]:
    """The dispute with its case, both locked, the case first."""
    case = _lock_case(Dispute.objects.values_list("case_id", flat=True).get(id=dispute_id))
    return db.locked(Dispute.objects.filter(id=dispute_id)).get(), case


def _answer_by(case: Case, at: datetime) -> datetime:
    organisation = case.organisation
    days = offers.policy(case.campaign.offer_policy, organisation.offer_policy).answer_days
    return offers.answer_by(at, days, zone=organisation.timezone, country=organisation.country)


def _ask(dispute: Dispute, case: Case, words: str, *, by: str, at: datetime) -> None:
    facts = {
        "dispute_id": dispute.id,
        "reason": dispute.reason,
        "text": dispute.text[:1000],
        "amount": amount(case, dispute.amount_minor) if dispute.amount_minor else None,
    }
    open_task(
        kind=Task.Kind.ANSWER_DISPUTE,
        debtor=case.debtor,
        case=case,
        cause=dispute.id,
        reason=words,
        facts=facts,
        due_at=dispute.answer_due_at or at,
        by=by,
        at=at,
    )


def request_dispute_information(*, dispute_id: str, note: str, by: str, at: datetime) -> Dispute:
    """The creditor asks what is meant. Asked already: nothing happens. Raises ApiError(illegal_transition)."""
    with db.atomic():
        dispute, case = _lock(dispute_id)
        if dispute.status == Status.INFORMATION_REQUESTED:
            return dispute
        _move(dispute, Status.INFORMATION_REQUESTED, at=at)
        asked = {"at": clock.iso(at), "by": by, "asked": note}
        dispute.evidence = dispute.evidence | {"questions": [*dispute.evidence.get("questions", []), asked]}
        dispute.save(update_fields=["status", "evidence", "updated_at"])
        _changed(dispute, case, "more was asked about the dispute", note, by=by, at=at)
        return dispute


def answer_dispute(*, dispute_id: str, answer: str, by: str, at: datetime) -> Dispute:
    """The creditor answers. The invoice still waits: for the outcome. Raises ApiError(illegal_transition)."""
    with db.atomic():
        dispute, case = _lock(dispute_id)
        if dispute.status == Status.ANSWERED and dispute.answer == answer:
            return dispute
        _move(dispute, Status.ANSWERED, at=at)
        dispute.answer, dispute.answered_at, dispute.answer_due_at = answer, at, _answer_by(case, at)
        dispute.save(update_fields=["status", "answer", "answered_at", "answer_due_at", "updated_at"])
        end_tasks(cause=dispute.id, kind=Task.Kind.ANSWER_DISPUTE, status="done", outcome="answered", by=by, at=at)
        _ask(dispute, case, "The dispute is answered: say how it ended.", by=by, at=at)
        _changed(dispute, case, "the dispute was answered", answer, by=by, at=at)
        return dispute


def resolve_dispute(*, dispute_id: str, outcome: str, reduced_minor: int, note: str, by: str, at: datetime) -> Dispute:
    """How it ended: `upheld` (what is disputed goes off the principal), `partially_upheld` (`reduced_minor` of it does)
    or `rejected`. With nothing left to collect the case closes (`dispute_upheld`), else its playbook goes on.

    Resolved so already: nothing happens. Raises ApiError: illegal_transition, amount_above_dispute,
    payment_in_progress.
    """
    with db.atomic():
        dispute, case = _lock(dispute_id)
        if dispute.status == outcome:
            return dispute
        off = _off(dispute, case, outcome, reduced_minor)
        _end(dispute, case, outcome, off, by=by, at=at)
        if off:
            post(case=case, kind=LedgerEntry.Kind.ADJUSTMENT, amount_minor=-off, by=by, at=at, reason=_why(note))
            case.save(update_fields=["balance_minor", "updated_at"])
        _record("dispute.resolved", dispute, case, by=by, at=at, note=note or None)
        _after(dispute, case, by=by, at=at)
        return dispute


def _off(dispute: Dispute, case: Case, outcome: str, reduced_minor: int) -> int:
    """What the outcome takes off the principal, in minor units: never more than what is still owed."""
    if outcome not in (Status.UPHELD, Status.PARTIALLY_UPHELD):
        return 0
    disputed = min(dispute.amount_minor or case.balance_minor, case.balance_minor)
    if outcome == Status.UPHELD:
        return disputed
    if not 0 < reduced_minor < disputed:
        words = f"Less than {money.display(disputed, case.currency)}, what is disputed, or the outcome is upheld."
        raise ApiError("amount_above_dispute", words, param="amount")
    return reduced_minor


def _why(note: str) -> str:
    return f"dispute: {note}"[:300] if note else "dispute"


def withdraw_dispute(*, dispute_id: str, note: str = "", by: str, at: datetime) -> Dispute:
    """The debtor takes it back. Withdrawn already: nothing happens. Raises ApiError(illegal_transition)."""
    return resolve_dispute(dispute_id=dispute_id, outcome=Status.WITHDRAWN, reduced_minor=0, note=note, by=by, at=at)


def _move(dispute: Dispute, then: str, *, at: datetime) -> None:
    transitions.check(transitions.DISPUTE, dispute.status, then)
    dispute.status, dispute.updated_at = then, at


def _end(dispute: Dispute, case: Case, outcome: str, off: int, *, by: str, at: datetime) -> None:
    _move(dispute, outcome, at=at)
    if off and off == case.balance_minor:
        refuse_while_paying(case)
    dispute.resolved_at, dispute.resolved_by, dispute.reduced_minor = at, by, off
    dispute.save(update_fields=["status", "resolved_at", "resolved_by", "reduced_minor", "updated_at"])
    end_tasks(cause=dispute.id, status="done", outcome=outcome, by=by, at=at)


def _after(dispute: Dispute, case: Case, *, by: str, at: datetime) -> None:
    if case.closed_at is None and case.balance_minor == 0:
        close(case=case, reason=Case.CloseReason.DISPUTE_UPHELD, by=by, at=at, cause=dispute.id)
    else:
        go_on(case=case, waited=Case.Status.DISPUTED, hold_id=dispute.hold_id, cause=dispute.id, at=at)


def _changed(dispute: Dispute, case: Case, words: str, said: str, *, by: str, at: datetime) -> None:
    record_case(
        "case.updated",
        case,
        by=by,
        at=at,
        cause=dispute.id,
        change=words,
        status=case.status,
        changes={},
        reason=said[:300] or None,
    )


def _record(type: str, dispute: Dispute, case: Case, *, by: str, at: datetime, **more: Any) -> None:
    record_case(type, case, by=by, at=at, cause=dispute.id, **dispute_data(dispute, case), **more)


def ask_again(*, case: Case, by: str, at: datetime) -> None:
    """The locked case was taken up again in dispute: the dispute is owed an answer as before."""
    for dispute in Dispute.objects.filter(case=case, status__in=OPEN):
        _ask(dispute, case, "Answer the debtor's dispute.", by=by, at=at)


# --- "we have paid"


def claim_paid(*, case_id: str, source: str, evidence: dict[str, Any], by: str, at: datetime) -> Hold:
    """The debtor says that they have paid: asking stops, a person looks it up, and no ledger moves.

    Said already: nothing happens. Ended by the creditor's release, by the task's outcome, or by money that comes.
    Raises ApiError(illegal_transition) for a closed case.
    """
    with db.atomic():
        case = _lock_case(case_id)
        if case.closed_at:
            raise transitions.refused(case.status, "be claimed as paid", case.close_reason)
        said = {"reason": "the debtor says it is paid", "source": source} | evidence
        claimed = holds.hold(kind=Hold.Kind.PAID_CLAIM, on=case, by=by, at=at, evidence=said)
        open_task(
            kind=Task.Kind.CHECK_PAYMENT,
            debtor=case.debtor,
            case=case,
            cause=claimed.id,
            reason="The debtor says that this invoice is paid: look for the money.",
            facts=said | {"hold_id": claimed.id, "balance": amount(case, case.balance_minor)},
            due_at=_answer_by(case, at),
            by=by,
            at=at,
        )
        return claimed


def end_paid_claim(*, case_id: str, outcome: str, by: str, at: datetime) -> bool:
    """What was claimed is cleared up: the hold and the task end. False when nothing was claimed. The case is locked."""
    claims = list(Hold.objects.filter(case_id=case_id, kind=Hold.Kind.PAID_CLAIM, released_at=None))
    for claim in claims:
        end_tasks(cause=claim.id, kind=Task.Kind.CHECK_PAYMENT, status="done", outcome=outcome, by=by, at=at)
        holds.release(hold=claim, by=by, at=at)
    return bool(claims)


# --- what a task's outcome does (settings.TASK_OUTCOMES)


def dispute_task_done(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """`accepted`: the debtor is right; `answered`: the note is what the debtor is answered. Raises
    ApiError(note_required)."""
    if outcome == "accepted":
        resolve_dispute(dispute_id=task.cause, outcome=Status.UPHELD, reduced_minor=0, note=note, by=by, at=at)
    elif note.strip():
        answer_dispute(dispute_id=task.cause, answer=note, by=by, at=at)
    else:
        raise ApiError("note_required", "Write the answer into `note`.", param="note")


def claim_task_done(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """The money was looked for: whatever was found, the claim no longer holds the case."""
    end_paid_claim(case_id=task.case_id or "", outcome=outcome, by=by, at=at)
