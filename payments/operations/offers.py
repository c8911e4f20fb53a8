"""A settlement for less than what is owed: drafted within the creditor's floor, approved, told, and ended. What the
ledger makes of it is in `settlements`; `paid` and `undo` are called by whoever moves money.

Lock order: the case, then the offer. Whoever acts first decides; the second finds it decided.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db.models import F, Q

from agentcollect.kit import clock, db, errors, money
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold, Task
from campaigns.rules import offers as policies
from campaigns.rules import transitions
from payments.models import Offer
from payments.operations.cases import lock, policy_of
from payments.operations.promises import give_way
from payments.operations.settlements import ELSEWHERE, end, last_day, paid, record, standing, undo
from payments.rules import offers as rules

__all__ = [
    "accept_offer",
    "approve_offer",
    "decline_offer",
    "draft_offer",
    "expire_offers",
    "floor_of",
    "judge_offer",
    "left_to_pay",
    "paid",
    "send_offer",
    "task_done",
    "undo",
    "void_offer",
]

errors.define("not_below_balance", 400, "A settlement is for less than what is owed.")
errors.define("offer_open", 409, "The debtor has an offer already; withdraw it first, or let it end.")
errors.define("offer_expired", 409, "The day of this offer has passed; make it anew.")
errors.define("offer_outdated", 409, "What is owed has changed since this offer was made; make it anew.")
errors.define("second_person_needed", 409, "Somebody else than who drafted this offer approves it.")

log = structlog.get_logger()
Status = Offer.Status
_UNSENT = (Status.DRAFT, Status.APPROVED)
OPEN = (*_UNSENT, Status.SENT, Status.ACCEPTED)
_MAY_HAVE_ONE = (Case.Status.ACTIVE, Case.Status.PROMISED)


def draft_offer(
    *,
    case_id: str,
    amount_minor: int | None = None,
    percent: Decimal | None = None,
    valid_until: date | None = None,
    conditions: str = "",
    reason: str = "",
    source: str,
    evidence: dict[str, Any],
    cause: str = "",
    by: str,
    at: datetime,
) -> Offer:
    """Write down a settlement for `amount_minor`, or for the balance less `percent`; nobody is told of it yet.

    It waits for approval, unless the policy approves what is within the floor; a draft before it gives way.
    `valid_until`: its last day, the policy's longest if left out. Raises ApiError: illegal_transition, offer_open,
    not_below_balance, outside_policy.
    """
    with db.atomic():
        case = lock(case_id)
        if case.status not in _MAY_HAVE_ONE:
            raise transitions.refused(case.status, "be settled for less", case.close_reason)
        policy = policy_of(case)
        minor = rules.reduced(case.balance_minor, percent) if percent is not None else amount_minor or 0
        last = _checked_day(case, policy, valid_until, at)
        floor = _checked_amount(case, policy, minor, at)
        for older in db.locked(Offer.objects.filter(case=case, status__in=OPEN, settled_at=None)):
            if older.status not in _UNSENT:
                raise ApiError("offer_open", offer_id=older.id)
            _drop(older, case, "another was drafted", by=by, at=at)
        offer = Offer.objects.create(
            organisation_id=case.organisation_id,
            livemode=case.livemode,
            clock_id=case.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            updated_at=at,
            case=case,
            debtor_id=case.debtor_id,
            status=Status.DRAFT,
            source=source,
            amount_minor=minor,
            balance_minor=case.balance_minor,
            currency=case.currency,
            valid_until=policies.end_of(last, case.organisation.timezone),
            conditions=conditions,
            reason=reason,
            terms={"floor_minor": floor, "approval": policy.settlement_approval},
            evidence=evidence,
            cause=cause,
            actor=by,
        )
        if policy.settlement_approval == "auto":
            _approve(offer, by="policy", at=at)
        else:
            _ask(offer, case, at=at)
        return offer


def floor_of(case: Case, at: datetime) -> int:
    """The least that a settlement of this case (campaign and organisation loaded) may be, by the creditor's policy."""
    overdue = (policies.today(case.organisation.timezone, at) - case.due_date).days if case.due_date else 0
    percent = policies.most_discount(policy_of(case).settlement, overdue)
    return rules.reduced(case.balance_minor, Decimal(percent))


def _checked_amount(case: Case, policy: policies.Policy, minor: int, at: datetime) -> int:
    if not 0 < minor < case.balance_minor:
        raise ApiError("not_below_balance", param="amount")
    floor = floor_of(case, at)
    if minor < floor:
        least = money.display(floor, case.currency)
        words = f"A settlement of this invoice is at least {least} now." if policy.settlement else "You grant none."
        raise ApiError("outside_policy", words, param="amount")
    return floor


def _checked_day(case: Case, policy: policies.Policy, wanted: date | None, at: datetime) -> date:
    today = policies.today(case.organisation.timezone, at)
    latest = today + timedelta(days=policy.settlement_days)
    if wanted is not None and not today <= wanted <= latest:
        raise ApiError("outside_policy", f"valid_until must lie between {today} and {latest}.", param="valid_until")
    return wanted or latest


def _ask(offer: Offer, case: Case, *, at: datetime) -> None:
    """Leave it to a person."""
    instead = money.display(offer.balance_minor, offer.currency)
    campaigns.open_task(
        kind=Task.Kind.APPROVE_OFFER,
        debtor=case.debtor,
        case=case,
        cause=offer.id,
        reason=f"May {money.display(offer.amount_minor, offer.currency)} settle this invoice, instead of {instead}?",
        facts={
            "offer_id": offer.id,
            "amount": money.to_json(offer.amount_minor, offer.currency),
            "balance": money.to_json(offer.balance_minor, offer.currency),
            "valid_until": last_day(offer, case).isoformat(),
            "why": offer.reason,
            "drafted_by": offer.actor,
        },
        due_at=campaigns.due_in(case.organisation, 1, at=at),
        by="engine",
        at=at,
    )


# --- from draft to the debtor


def _lock(offer_id: str) -> tuple[Offer, Case]:
    case = lock(Offer.objects.values_list("case_id", flat=True).get(id=offer_id))
    return db.locked(Offer.objects.filter(id=offer_id)).get(), case


def approve_offer(*, offer_id: str, by: str, at: datetime) -> Offer:
    """It may be sent. Approved already: nothing happens. Raises ApiError: illegal_transition, second_person_needed,
    offer_expired, offer_outdated."""
    with db.atomic():
        offer, case = _lock(offer_id)
        if offer.status == Status.APPROVED:
            return offer
        transitions.check(transitions.OFFER, offer.status, Status.APPROVED)
        if offer.terms.get("approval") == "second_person" and by == offer.actor:
            raise ApiError("second_person_needed")
        _check_fits(offer, case, at)
        _approve(offer, by=by, at=at)
        campaigns.end_tasks(
            cause=offer.id, kind=Task.Kind.APPROVE_OFFER, status="done", outcome="approve", by=by, at=at
        )
        return offer


def _approve(offer: Offer, *, by: str, at: datetime) -> None:
    offer.status, offer.approved_by, offer.approved_at, offer.updated_at = Status.APPROVED, by, at, at
    offer.save(update_fields=["status", "approved_by", "approved_at", "updated_at"])


def _check_fits(offer: Offer, case: Case, at: datetime) -> None:
    """Of one that nobody was told of: exactly what was owed then is owed now, and nothing else is agreed."""
    if case.status not in _MAY_HAVE_ONE:
        raise transitions.refused(case.status, "be settled for less", case.close_reason)
    if at >= offer.valid_until:
        raise ApiError("offer_expired")
    if offer.balance_minor != case.balance_minor:
        raise ApiError("offer_outdated")


def send_offer(*, offer_id: str, by: str, at: datetime) -> Offer:
    """Make it: the payment page shows it from now on, and a mail of its own tells of it when the law lets one leave.

    Sent already: nothing happens. Raises ApiError: illegal_transition, offer_expired, offer_outdated.
    """
    with db.atomic():
        offer, case = _lock(offer_id)
        if offer.status != Status.SENT:
            transitions.check(transitions.OFFER, offer.status, Status.SENT)
            _check_fits(offer, case, at)
            _send(offer, case, by=by, at=at)
        return offer


def _send(offer: Offer, case: Case, *, by: str, at: datetime) -> None:
    offer.status, offer.sent_at, offer.updated_at = Status.SENT, at, at
    offer.collected_minor = case.collected_minor
    offer.save(update_fields=["status", "sent_at", "collected_minor", "updated_at"])
    said = {"offer_minor": offer.amount_minor, "until_on": last_day(offer, case).isoformat()}
    campaigns.tell_offer(case=case, cause=offer.id, facts=said, at=at)
    record("offer.sent", offer, case, by=by, at=at)


# --- the debtor's word


def accept_offer(*, offer_id: str, evidence: dict[str, Any], by: str, at: datetime) -> Offer:
    """They will pay it by its day; outreach about the case waits until then. A promise that stands gives way.

    Accepted already: nothing happens. Raises ApiError: illegal_transition, offer_expired, offer_outdated.
    """
    with db.atomic():
        offer, case = _lock(offer_id)
        if offer.status == Status.ACCEPTED:
            return offer
        transitions.check(transitions.OFFER, offer.status, Status.ACCEPTED)
        _check_stands(offer, case, at)
        give_way(case, by=by, at=at)
        offer.status, offer.accepted_at, offer.updated_at = Status.ACCEPTED, at, at
        offer.evidence = offer.evidence | {"accepted": evidence | {"by": by}}
        said = {"offer_id": offer.id, "reason": f"{money.display(offer.amount_minor, offer.currency)} settle it"}
        kind, until = Hold.Kind.OFFER, offer.valid_until
        offer.hold_id = campaigns.hold(kind=kind, on=case, ends_at=until, evidence=said, by=by, at=at).id
        offer.save(update_fields=["status", "accepted_at", "evidence", "hold_id", "updated_at"])
        record("offer.accepted", offer, case, by=by, at=at)
        return offer


def _check_stands(offer: Offer, case: Case, at: datetime) -> None:
    """Of one that was sent. An expired one is not accepted either, though its own money may still settle it."""
    if offer.status not in (Status.SENT, Status.ACCEPTED):
        raise transitions.refused(offer.status, "be taken up")
    if case.status in ELSEWHERE:
        raise transitions.refused(case.status, "be settled for less", case.close_reason)
    if at >= offer.valid_until:
        raise ApiError("offer_expired")
    if not standing(offer, case).fits:
        raise ApiError("offer_outdated")


def left_to_pay(*, case: Case, offer_id: str, at: datetime) -> int:
    """What is still to be paid, in minor units, so that the offer settles the case: the one amount that the page's
    payment for it may have. Raises ApiError: not_found, illegal_transition, offer_expired, offer_outdated."""
    offer = Offer.objects.filter(id=offer_id, case_id=case.id).first()
    if offer is None:
        raise ApiError("not_found")
    _check_stands(offer, case, at)
    return standing(offer, case).left_minor


def decline_offer(*, offer_id: str, by: str, at: datetime) -> Offer:
    """They do not want it; the playbook goes on as before. Declined already: nothing. Raises
    ApiError(illegal_transition)."""
    with db.atomic():
        offer, case = _lock(offer_id)
        if offer.status != Status.DECLINED:
            _end_told(offer, case, Status.DECLINED, "the debtor declined it", by=by, at=at)
        return offer


def void_offer(*, offer_id: str, reason: str = "", by: str, at: datetime) -> Offer:
    """The creditor takes it back. Void already: nothing happens. What the debtor has accepted binds until its day.

    Raises ApiError(illegal_transition).
    """
    with db.atomic():
        offer, case = _lock(offer_id)
        if offer.status == Status.VOID:
            return offer
        if offer.status == Status.ACCEPTED:
            raise transitions.refused(offer.status, "be taken back")
        if offer.status in _UNSENT:
            _drop(offer, case, reason or "it was taken back", by=by, at=at)
        else:
            _end_told(offer, case, Status.VOID, reason or "it was taken back", by=by, at=at)
        return offer


def _end_told(offer: Offer, case: Case, outcome: str, why: str, *, by: str, at: datetime) -> None:
    """End one that the debtor may know of: the mail that tells of it stays unsent, where it has not left."""
    end(offer, case, outcome, why, by=by, at=at)
    campaigns.untell_offer(case=case, cause=offer.id, reason=f"the offer is {outcome}", at=at)


def _drop(offer: Offer, case: Case, why: str, *, by: str, at: datetime) -> None:
    """End one that nobody was told of; who was asked to approve it need not."""
    end(offer, case, Status.VOID, why, by=by, at=at)
    campaigns.end_tasks(cause=offer.id, kind=Task.Kind.APPROVE_OFFER, by=by, at=at)


def task_done(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """What an answer to `approve_offer` does (settings.TASK_OUTCOMES): it is approved and sent, or void.

    Raises ApiError: as `approve_offer` and `send_offer` do.
    """
    if outcome == "approve":
        approve_offer(offer_id=task.cause, by=by, at=at)
        send_offer(offer_id=task.cause, by=by, at=at)
    else:
        void_offer(offer_id=task.cause, reason=note.strip()[:200] or "it was not approved", by=by, at=at)


# --- what ends it by itself

_OWED = F("case__balance_minor") + F("case__collected_minor") - F("collected_minor")
# `_moot` as the database can ask it (rules.Standing.fits): what this finds, `judge_offer` ends.
MOOT = (
    Q(case__status__in=sorted(ELSEWHERE))
    | (Q(status__in=_UNSENT) & ~Q(case__balance_minor=F("balance_minor")))
    | (Q(status__in=[Status.SENT, Status.ACCEPTED]) & (Q(balance_minor__lt=_OWED) | Q(amount_minor__gte=_OWED)))
)


def expire_offers(*, at: datetime, limit: int = 200, clock_id: str = "") -> int:
    """End the offers whose day has passed, and those whose case went another way; returns how many ended.

    Safe to run anywhere, any number of times: a day that was missed ends an offer as of its own end.
    """
    ended = 0
    for offer_id in _to_judge(at, clock_id)[:limit]:
        try:
            ended += judge_offer(offer_id=offer_id, at=at)
        except Exception:
            # Logged and met again at the next run; the others go on.
            log.exception("offer_not_judged", offer=offer_id)
    return ended


def _to_judge(at: datetime, clock_id: str) -> list[str]:
    open_ = Offer.objects.filter(status__in=OPEN, settled_at=None, clock_id=clock_id)
    due = open_.filter(valid_until__lte=at).order_by("valid_until")
    moot = open_.filter(MOOT, valid_until__gt=at)
    return [*due.values_list("id", flat=True), *moot.values_list("id", flat=True)]


def judge_offer(*, offer_id: str, at: datetime) -> int:
    """Look at one open offer; 1 when that ended it."""
    with db.atomic():
        offer, case = _lock(offer_id)
        if offer.status not in OPEN or offer.settled_at:
            return 0  # another worker was first
        why = _moot(offer, case)
        if why and offer.status in _UNSENT:
            _drop(offer, case, why, by="engine", at=at)
        elif why:
            _end_told(offer, case, Status.VOID, why, by="engine", at=at)
        elif at >= offer.valid_until:
            campaigns.end_tasks(cause=offer.id, kind=Task.Kind.APPROVE_OFFER, by="engine", at=at)
            _end_told(offer, case, Status.EXPIRED, "its day has passed", by="engine", at=at)
        else:
            return 0
        return 1


def _moot(offer: Offer, case: Case) -> str:
    """Why an open offer does not stand any more; "" while it may be paid, or its day decides."""
    if case.closed_at:
        return f"the case is closed ({case.close_reason})"
    if case.status in ELSEWHERE:
        return {"disputed": "the invoice is disputed", "in_plan": "it is paid in instalments"}[case.status]
    fits = standing(offer, case).fits if offer.sent_at else offer.balance_minor == case.balance_minor
    return "" if fits else "what is owed has changed"
