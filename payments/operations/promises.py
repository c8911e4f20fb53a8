"""A debtor's word to pay: given within the creditor's policy, judged by the ledger alone at the end of its day.

Lock order: the case, then the promise. Whoever judges first decides; the second finds it judged.
"""

from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db.models import F, Q

from agentcollect.kit import clock, db, errors, money
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold
from campaigns.rules import offers, transitions
from payments.models import Promise
from payments.operations.cases import account, check_amount, lock, policy_of, tell
from payments.rules import plans as rules

errors.define("outside_policy", 400, "This is outside of what you grant debtors (`offer_policy`).")

log = structlog.get_logger()
Status = Promise.Status
_STANDING = (Status.PROPOSED, Status.OPEN)


def make_promise(
    *,
    case_id: str,
    amount_minor: int,
    due_on: date,
    source: str,
    evidence: dict[str, Any],
    cause: str = "",
    proposed: bool = False,
    by: str,
    at: datetime,
) -> Promise:
    """Take a promise down: outreach about the case waits until it is judged.

    `proposed`: it was read out of something and waits for a word (`confirm_promise`); nothing else waits for it. A
    proposed one that stands gives way. Raises ApiError: illegal_transition, amount_above_balance, outside_policy.
    """
    with db.atomic():
        case = lock(case_id)
        transitions.check(transitions.CASE, case.status, Case.Status.PROMISED)
        check_amount(case, amount_minor)
        check_day(case, due_on, at)
        for older in Promise.objects.filter(case=case, status=Status.PROPOSED):
            _end(older, case, Status.CANCELLED, 0, by=by, at=at)
        promise = Promise(
            organisation_id=case.organisation_id,
            livemode=case.livemode,
            clock_id=case.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            updated_at=at,
            case=case,
            debtor_id=case.debtor_id,
            status=Status.PROPOSED,
            source=source,
            amount_minor=amount_minor,
            currency=case.currency,
            due_on=due_on,
            judged_after=offers.end_of(due_on, case.organisation.timezone),
            evidence=evidence,
            cause=cause,
            actor=by,
        )
        if not proposed:
            _open(promise, case, by=by, at=at)
        promise.save(force_insert=True)
        return promise


def check_day(case: Case, due_on: date, at: datetime) -> None:
    """Today at the earliest, and not later than the policy grants, where the creditor is."""
    today = offers.today(case.organisation.timezone, at)
    latest = today + timedelta(days=policy_of(case).max_promise_days)
    if not today <= due_on <= latest:
        raise ApiError("outside_policy", f"due_on must lie between {today} and {latest}.", param="due_on")


def _open(promise: Promise, case: Case, *, by: str, at: datetime) -> None:
    transitions.check(transitions.PROMISE, promise.status, Status.OPEN)
    promise.status, promise.updated_at = Status.OPEN, at
    owed = money.display(promise.amount_minor, promise.currency)
    said = {"promise_id": promise.id, "reason": f"{owed} promised by {promise.due_on}"}
    kind = Hold.Kind.PROMISE
    promise.hold_id = campaigns.wait(case=case, status=Case.Status.PROMISED, kind=kind, evidence=said, by=by, at=at).id
    _record("promise.made", promise, case, by=by, at=at)


def _lock(promise_id: str) -> tuple[Promise, Case]:
    case = lock(Promise.objects.values_list("case_id", flat=True).get(id=promise_id))
    return db.locked(Promise.objects.filter(id=promise_id)).get(), case


def confirm_promise(*, promise_id: str, by: str, at: datetime) -> Promise:
    """A proposed promise is one from now on. Open already: nothing happens.

    Raises ApiError: illegal_transition, amount_above_balance, outside_policy (its day has passed).
    """
    with db.atomic():
        promise, case = _lock(promise_id)
        if promise.status == Status.OPEN:
            return promise
        transitions.check(transitions.PROMISE, promise.status, Status.OPEN)
        check_amount(case, promise.amount_minor)
        check_day(case, promise.due_on, at)
        # What counts towards it comes from now on.
        promise.created_at = at
        _open(promise, case, by=by, at=at)
        promise.save()
        return promise


def cancel_promise(*, promise_id: str, by: str, at: datetime) -> Promise:
    """It is waited for no more; the playbook goes on. Cancelled already: nothing.

    Raises ApiError(illegal_transition).
    """
    with db.atomic():
        promise, case = _lock(promise_id)
        if promise.status != Status.CANCELLED:
            _end(promise, case, Status.CANCELLED, promise.received_minor, by=by, at=at)
        return promise


def give_way(case: Case, *, by: str, at: datetime) -> None:
    """The locked case is agreed upon otherwise: a promise that stands is cancelled."""
    for promise in db.locked(Promise.objects.filter(case=case, status__in=_STANDING)):
        _end(promise, case, Status.CANCELLED, promise.received_minor, by=by, at=at)


def judge_promises(*, at: datetime, limit: int = 200, clock_id: str = "") -> int:
    """Judge the promises whose day is over, or whose case changed since they were looked at; returns how many ended.

    Safe to run anywhere, any number of times: a day that was missed is judged once, by the ledger as it stood then.
    """
    ended = 0
    for promise_id in _to_judge(at, clock_id)[:limit]:
        try:
            ended += judge_promise(promise_id=promise_id, at=at)
        except Exception:
            # Logged and met again at the next run; the others go on.
            log.exception("promise_not_judged", promise=promise_id)
    return ended


def _to_judge(at: datetime, clock_id: str) -> list[str]:
    recalled = Q(case__close_reason=Case.CloseReason.RECALLED)
    moved = Q(case__updated_at__gt=F("updated_at")) | (~Q(case__status=Case.Status.PROMISED) & ~recalled)
    due = Promise.objects.filter(status__in=_STANDING, judged_after__lte=at, clock_id=clock_id)
    changed = Promise.objects.filter(moved, status=Status.OPEN, judged_after__gt=at, clock_id=clock_id)
    return [*due.order_by("judged_after").values_list("id", flat=True), *changed.values_list("id", flat=True)]


def judge_promise(*, promise_id: str, at: datetime) -> int:
    """Look at one standing promise; 1 when that ended it."""
    with db.atomic():
        promise, case = _lock(promise_id)
        if promise.status not in _STANDING:
            return 0  # another worker was first
        return judge(promise, case, by="engine", at=at)


def judge(promise: Promise, case: Case, *, by: str, at: datetime) -> int:
    """Look at a standing promise of a locked case; 1 when that ended it."""
    if promise.status == Status.PROPOSED:
        _end(promise, case, Status.CANCELLED, 0, by=by, at=at)  # nobody confirmed it in time
        return 1
    then = account(case, since=promise.created_at, until=promise.judged_after)
    outcome = _outcome(promise, case, then.received_minor, then.balance_minor, at=at)
    if outcome:
        _end(promise, case, outcome, then.received_minor, by=by, at=at)
        return 1
    promise.received_minor, promise.updated_at = then.received_minor, max(at, case.updated_at)
    promise.save(update_fields=["received_minor", "updated_at"])
    return 0


def _outcome(promise: Promise, case: Case, received_minor: int, balance_minor: int, *, at: datetime) -> str:
    """What became of it; empty while it stands. A case that the creditor took back may yet be taken up again."""
    over = at >= promise.judged_after
    recalled = case.close_reason == Case.CloseReason.RECALLED
    found = rules.kept(
        amount_minor=promise.amount_minor, received_minor=received_minor, balance_minor=balance_minor, over=over
    )
    if case.closed_at and not recalled and case.close_reason not in (Case.CloseReason.PAID, Case.CloseReason.SETTLED):
        return Status.CANCELLED
    if found == "kept" or case.status == Case.Status.PROMISED:
        return found
    if recalled and not over:
        return ""
    return found if found and not recalled and case.closed_at else Status.CANCELLED


_TOLD = {
    Status.KEPT: "promise.kept",
    Status.PARTIALLY_KEPT: "promise.broken",
    Status.BROKEN: "promise.broken",
}


def _end(promise: Promise, case: Case, outcome: str, received_minor: int, *, by: str, at: datetime) -> None:
    """End a standing promise of the locked case: told first, then the case goes on."""
    transitions.check(transitions.PROMISE, promise.status, outcome)
    was, promise.status = promise.status, outcome
    promise.received_minor = received_minor
    promise.ended_at, promise.ended_by, promise.updated_at = at, by, at
    promise.save(update_fields=["status", "received_minor", "ended_at", "ended_by", "updated_at"])
    if outcome in _TOLD:
        _record(_TOLD[Status(outcome)], promise, case, by=by, at=at)
    else:
        words = {"change": "the promise is waited for no more", "status": case.status}
        tell("case.updated", case, by=by, at=at, cause=promise.id, **words, changes={}, reason=None)
    if was == Status.OPEN:
        waited = {"waited": Case.Status.PROMISED, "hold_id": promise.hold_id, "cause": promise.id}
        campaigns.go_on(case=case, **waited, at=at)


def _record(type: str, promise: Promise, case: Case, *, by: str, at: datetime) -> None:
    tell(
        type,
        case,
        by=by,
        at=at,
        cause=promise.id,
        promise_id=promise.id,
        promise=promise.status,
        amount=money.to_json(promise.amount_minor, promise.currency),
        due_on=promise.due_on.isoformat(),
        received=money.to_json(promise.received_minor, promise.currency),
        balance=money.to_json(case.balance_minor, case.currency),
        source=promise.source,
    )
