"""A balance paid in instalments, within the creditor's policy; its instalments follow the ledger, oldest first.

Lock order: the case, then the plan, then its instalments.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db.models import Exists, F, OuterRef, Q

from agentcollect.kit import clock, db, errors, ids, money
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold
from campaigns.rules import offers, transitions
from payments.models import Instalment, Plan
from payments.operations.cases import account, check_amount, lock, policy_of, tell
from payments.operations.promises import give_way
from payments.rules import plans as rules

errors.define("plans_not_offered", 409, "You grant no instalments here (`offer_policy.plans`).")
errors.define("plan_expired", 409, "The offer of this plan has ended; offer it anew.")
errors.define("plan_outdated", 409, "The balance has changed since this plan was offered; offer it anew.")

log = structlog.get_logger()
Status = Plan.Status
Parts = Sequence[tuple[date, int]]
# How long an offer stands, where its first instalment leaves it as long.
OFFER_STANDS = timedelta(days=14)


def offer_plan(
    *, case_id: str, schedule: Parts, source: str, evidence: dict[str, Any], cause: str = "", by: str, at: datetime
) -> Plan:
    """Offer to pay the balance in these instalments; an older offer gives way. Nothing waits until it is accepted.

    Raises ApiError: illegal_transition, plans_not_offered, outside_policy, amount_above_balance (nothing is owed).
    """
    with db.atomic():
        case = lock(case_id)
        return _create(case, schedule, source=source, evidence=evidence, cause=cause, by=by, at=at)


def start_plan(
    *, case_id: str, schedule: Parts, source: str, evidence: dict[str, Any], cause: str = "", by: str, at: datetime
) -> Plan:
    """Agree on these instalments at once: outreach about the case waits while they come. Raises as `offer_plan`."""
    with db.atomic():
        case = lock(case_id)
        plan = _create(case, schedule, source=source, evidence=evidence, cause=cause, by=by, at=at)
        _start(plan, case, by=by, at=at)
        return plan


def accept_plan(*, plan_id: str, by: str, at: datetime) -> Plan:
    """An offered plan is agreed. Active already: nothing happens. Raises ApiError: illegal_transition, plan_expired,
    plan_outdated."""
    with db.atomic():
        plan, case = _lock(plan_id)
        if plan.status == Status.ACTIVE:
            return plan
        transitions.check(transitions.PLAN, plan.status, Status.ACTIVE)
        if plan.expires_at and at >= plan.expires_at:
            raise ApiError("plan_expired")
        if plan.total_minor != case.balance_minor:
            raise ApiError("plan_outdated")
        _start(plan, case, by=by, at=at)
        return plan


def cancel_plan(*, plan_id: str, by: str, at: datetime) -> Plan:
    """It is waited for no more; the playbook goes on. Cancelled already: nothing.

    Raises ApiError(illegal_transition).
    """
    with db.atomic():
        plan, case = _lock(plan_id)
        if plan.status != Status.CANCELLED:
            _end(plan, case, Status.CANCELLED, by=by, at=at)
        return plan


def bounds_of(case: Case) -> rules.Bounds:
    """What a schedule of this case (campaign and organisation loaded) must keep to."""
    policy = policy_of(case)
    return rules.Bounds(policy.max_instalments, policy.min_instalment_minor, policy.max_months)


def _lock(plan_id: str) -> tuple[Plan, Case]:
    case = lock(Plan.objects.values_list("case_id", flat=True).get(id=plan_id))
    return db.locked(Plan.objects.filter(id=plan_id)).get(), case


def _create(
    case: Case, parts: Parts, *, source: str, evidence: dict[str, Any], cause: str, by: str, at: datetime
) -> Plan:
    if case.status not in (Case.Status.ACTIVE, Case.Status.PROMISED):
        raise transitions.refused(case.status, "be paid in instalments", case.close_reason)
    _check(case, parts, at)
    for older in Plan.objects.filter(case=case, status=Status.OFFERED):
        _end(older, case, Status.CANCELLED, by=by, at=at)
    zone, policy = case.organisation.timezone, policy_of(case)
    plan = Plan.objects.create(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        case=case,
        debtor_id=case.debtor_id,
        status=Status.OFFERED,
        source=source,
        total_minor=case.balance_minor,
        currency=case.currency,
        terms=policy._asdict(),
        evidence=evidence,
        cause=cause,
        expires_at=min(at + OFFER_STANDS, offers.end_of(parts[0][0], zone)),
        actor=by,
    )
    Instalment.objects.bulk_create(
        _instalment(plan, number, day, minor, zone, policy.grace_days, at)
        for number, (day, minor) in enumerate(parts, start=1)
    )
    return plan


def _instalment(plan: Plan, number: int, day: date, minor: int, zone: str, grace: int, at: datetime) -> Instalment:
    return Instalment(
        id=ids.new("ins"),
        organisation_id=plan.organisation_id,
        livemode=plan.livemode,
        clock_id=plan.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        plan=plan,
        number=number,
        due_on=day,
        judged_after=offers.end_of(day + timedelta(days=grace), zone),
        amount_minor=minor,
    )


def _check(case: Case, parts: Parts, at: datetime) -> None:
    if not policy_of(case).plans:
        raise ApiError("plans_not_offered")
    check_amount(case, case.balance_minor)
    today = offers.today(case.organisation.timezone, at)
    param, words = rules.refusal(parts, case.balance_minor, bounds_of(case), today=today)
    if words:
        raise ApiError("outside_policy", f"{param} {words}.", param=param)


def _start(plan: Plan, case: Case, *, by: str, at: datetime) -> None:
    """The locked plan is agreed: a promise that stands gives way to it."""
    transitions.check(transitions.PLAN, plan.status, Status.ACTIVE)
    give_way(case, by=by, at=at)
    plan.status, plan.started_at, plan.updated_at = Status.ACTIVE, at, at
    said = {"plan_id": plan.id, "reason": f"{money.display(plan.total_minor, plan.currency)} in instalments"}
    kind = Hold.Kind.PLAN
    plan.hold_id = campaigns.wait(case=case, status=Case.Status.IN_PLAN, kind=kind, evidence=said, by=by, at=at).id
    plan.save(update_fields=["status", "started_at", "hold_id", "updated_at"])
    _record("plan.started", plan, case, by=by, at=at)


def judge_plans(*, at: datetime, limit: int = 200, clock_id: str = "") -> int:
    """Judge the plans with an instalment that should have come by now, those whose case changed, and offers that have
    run out; returns how many ended. Safe to run anywhere, any number of times."""
    ended = 0
    for plan_id in _to_judge(at, clock_id)[:limit]:
        try:
            ended += judge_plan(plan_id=plan_id, at=at)
        except Exception:
            # Logged and met again at the next run; the others go on.
            log.exception("plan_not_judged", plan=plan_id)
    return ended


def _to_judge(at: datetime, clock_id: str) -> list[str]:
    late = Instalment.objects.filter(plan_id=OuterRef("id"), status=Instalment.Status.DUE, judged_after__lte=at)
    recalled = Q(case__close_reason=Case.CloseReason.RECALLED)
    moved = Q(case__updated_at__gt=F("updated_at")) | (~Q(case__status=Case.Status.IN_PLAN) & ~recalled)
    active = Plan.objects.filter(Q(Exists(late)) | moved, status=Status.ACTIVE, clock_id=clock_id)
    gone = Q(expires_at__lte=at) | Q(case__status=Case.Status.CLOSED)
    offered = Plan.objects.filter(gone, status=Status.OFFERED, clock_id=clock_id)
    return [*active.values_list("id", flat=True), *offered.values_list("id", flat=True)]


def judge_plan(*, plan_id: str, at: datetime) -> int:
    """Look at one standing plan; 1 when that ended it."""
    with db.atomic():
        plan, case = _lock(plan_id)
        if plan.status not in (Status.OFFERED, Status.ACTIVE):
            return 0  # another worker was first
        return judge(plan, case, by="engine", at=at)


def judge(plan: Plan, case: Case, *, by: str, at: datetime) -> int:
    """Look at a standing plan of a locked case; 1 when that ended it."""
    if plan.status == Status.OFFERED:
        gone = case.closed_at or (plan.expires_at and at >= plan.expires_at)
        if gone:
            _end(plan, case, Status.CANCELLED, by=by, at=at)
        return int(bool(gone))
    parts = list(plan.instalments.order_by("number"))
    now = account(case, since=plan.started_at or plan.created_at)
    covered = rules.covered(
        total_minor=plan.total_minor, received_minor=now.received_minor, balance_minor=case.balance_minor
    )
    _share(parts, covered, at=at)
    outcome = _outcome(plan, case, parts, covered, at=at)
    if outcome:
        _end(plan, case, outcome, by=by, at=at)
        return 1
    plan.updated_at = max(at, case.updated_at)
    plan.save(update_fields=["updated_at"])
    return 0


def _share(parts: list[Instalment], covered_minor: int, *, at: datetime) -> None:
    """Write down what of each instalment the ledger has covered; a payment that went back uncovers it again."""
    for part, paid in zip(parts, rules.spread(covered_minor, [one.amount_minor for one in parts]), strict=True):
        status = Instalment.Status.PAID if paid == part.amount_minor else Instalment.Status.DUE
        if (part.paid_minor, part.status) != (paid, status):
            part.paid_minor, part.status, part.updated_at = paid, status, at
            part.save(update_fields=["paid_minor", "status", "updated_at"])


def _outcome(plan: Plan, case: Case, parts: list[Instalment], covered_minor: int, *, at: datetime) -> str:
    """What became of it; empty while it stands. A case that the creditor took back may yet be taken up again."""
    recalled = case.close_reason == Case.CloseReason.RECALLED
    late = any(part.status == Instalment.Status.DUE and at >= part.judged_after for part in parts)
    if case.closed_at and not recalled and case.close_reason not in (Case.CloseReason.PAID, Case.CloseReason.SETTLED):
        return Status.CANCELLED
    if covered_minor >= plan.total_minor:
        return Status.FINISHED
    if case.status == Case.Status.IN_PLAN:
        return Status.DEFAULTED if late else ""
    return "" if recalled and not late else Status.CANCELLED


_TOLD = {Status.FINISHED: "plan.finished", Status.DEFAULTED: "plan.defaulted"}


def _end(plan: Plan, case: Case, outcome: str, *, by: str, at: datetime) -> None:
    """End a standing plan of the locked case: told first, then the case goes on."""
    transitions.check(transitions.PLAN, plan.status, outcome)
    was, plan.status = plan.status, outcome
    plan.ended_at, plan.ended_by, plan.updated_at = at, by, at
    plan.save(update_fields=["status", "ended_at", "ended_by", "updated_at"])
    left = Instalment.objects.filter(plan=plan, status=Instalment.Status.DUE)
    if outcome == Status.DEFAULTED:
        left.filter(judged_after__lte=at).update(status=Instalment.Status.MISSED, updated_at=at)
    left.update(status=Instalment.Status.CANCELLED, updated_at=at)
    if outcome in _TOLD:
        _record(_TOLD[Status(outcome)], plan, case, by=by, at=at)
    else:
        words = {"change": "the payment plan is waited for no more", "status": case.status}
        tell("case.updated", case, by=by, at=at, cause=plan.id, **words, changes={}, reason=None)
    if was == Status.ACTIVE:
        waited = {"waited": Case.Status.IN_PLAN, "hold_id": plan.hold_id, "cause": plan.id}
        campaigns.go_on(case=case, **waited, at=at)


def _record(type: str, plan: Plan, case: Case, *, by: str, at: datetime) -> None:
    parts = list(plan.instalments.order_by("number"))
    tell(
        type,
        case,
        by=by,
        at=at,
        cause=plan.id,
        plan_id=plan.id,
        plan=plan.status,
        total=money.to_json(plan.total_minor, plan.currency),
        paid=money.to_json(sum(part.paid_minor for part in parts), plan.currency),
        balance=money.to_json(case.balance_minor, case.currency),
        source=plan.source,
        instalments=[
            {
                "number": part.number,
                "due_on": part.due_on.isoformat(),
                "amount": money.to_json(part.amount_minor, plan.currency),
                "paid": money.to_json(part.paid_minor, plan.currency),
                "status": part.status,
            }
            for part in parts
        ],
    )
