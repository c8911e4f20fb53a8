"""From the playbook's offer to an attorney's yes (LAW.md, R-33).

The creditor sees an offer 48 hours before it is made, and may veto it, or make it themselves at once. An attorney who
accepted waits for the playbook's end: only then is the case escalated, and our own messages end.
"""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Organisation
from agentcollect.kit import db, errors
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Step, Task
from campaigns.queries import effects_on
from campaigns.rules.playbook import NOTICE, OFFER
from campaigns.rules.transitions import refused
from outreach import queries, rules
from outreach.models import COMING_REFERRALS, OPEN_REFERRALS, Attorney, Referral
from outreach.operations import referrals
from outreach.operations.referrals import Obstacle, Status

errors.define("referral_not_offered", 409, "Only a referral that was offered can be accepted or declined.")
errors.define("escalation_not_proposed", 409, "No attorney is about to be asked for this case.")

_NON_RESPONSIVE = "non_responsive"
_PENDING = Case.Status.ESCALATION_PENDING
_BEFORE = (Case.Status.ACTIVE, _PENDING)
_RUNS = Q(Organisation.running("campaign__organisation"), campaign__status=Campaign.Status.ACTIVE)
_CASE_RUNS = Q(Organisation.running("case__campaign__organisation"), case__campaign__status=Campaign.Status.ACTIVE)


def escalate_exhausted(*, at: datetime, limit: int = 100, clock_id: str = "") -> int:
    """Move every case that is on its way to an attorney one step on; returns how many moves were made.

    Each part sees what the parts before it did. Demo attorneys answer one business day after the offer; a real one
    by `accept_referral` and `decline_referral`.
    """
    moved = 0
    for part, rows in _PARTS:
        mine = rows(at).filter(clock_id=clock_id).values_list("id", flat=True)
        moved += sum(part(one, at=at) for one in mine[:limit])
    return moved


# --- rows, each by its id; of some only the case's id is asked for

_of_step = PreparedValues(lambda id: Step.objects.filter(id=id).values_list("case_id"))
_of_referral = PreparedValues(lambda id: Referral.objects.filter(id=id).values_list("case_id"))
_planned = Prepared(lambda id: Step.objects.filter(id=id, status=Step.Status.PLANNED))
_attorney = Prepared(lambda id: Attorney.objects.filter(id=id))
_with_attorney = Prepared(lambda id: Referral.objects.filter(id=id).select_related("attorney", "case__debtor"))


# --- an offer comes near: the creditor sees it


def _offers_coming(at: datetime) -> QuerySet[Step]:
    open_ = Referral.objects.filter(status__in=OPEN_REFERRALS).values("case_id")
    steps = Step.objects.filter(_RUNS, channel="attorney", intent=OFFER, status=Step.Status.PLANNED)
    coming = steps.filter(due_at__lte=at + NOTICE, case__status=Case.Status.ACTIVE)
    return coming.exclude(case_id__in=open_).order_by("due_at", "id")


def _see_offer(step_id: str, *, at: datetime) -> int:
    """Propose the offer for the playbook's day, at least 48 hours from now; or pass it over, where none may be made."""
    with db.atomic():
        case, referral = referrals.locked(_of_step.one(id=step_id)[0])
        step = _planned.first(id=step_id)
        if step is None or referral is not None or case.status != Case.Status.ACTIVE:
            return 0
        if why_not := _never(case, referrals.obstacles(case, at=at)):
            campaigns.pass_offer(case=case, why_not=why_not, at=at)
            return 1
        offer_at = _propose(case, not_before=step.due_at, at=at)
        if offer_at and offer_at > step.due_at:
            campaigns.move_offer(case=case, due_at=offer_at)
        return 1


def _never(case: Case, obstacles: list[Obstacle]) -> str:
    """Why no attorney is asked for this case at all, as far as one can tell now; empty: one may be."""
    if case.attorney_vetoed_at:
        return "you keep it from attorneys"
    return next((one.words for one in obstacles if not one.passes), "")


def _propose(case: Case, *, not_before: datetime, at: datetime) -> datetime | None:
    """Where the creditor is asked each time, the proposal is a task, and nothing follows by itself."""
    if case.campaign.escalation == Campaign.Escalation.ASK:
        referrals.propose(case, offer_at=None, at=at)
        campaigns.ask_a_person(case=case, reason="An attorney can be asked to take this case: you decide.", at=at)
        return None
    offer_at = max(not_before, at + NOTICE)
    referrals.propose(case, offer_at=offer_at, at=at)
    return offer_at


# --- the playbook is over, and nobody was asked yet


def _ready(at: datetime) -> QuerySet[Case]:
    open_ = Referral.objects.filter(status__in=OPEN_REFERRALS).values("case_id")
    waiting = Case.objects.filter(_RUNS, status=_PENDING).exclude(id__in=open_)
    return waiting.exclude(campaign__escalation=Campaign.Escalation.NEVER).order_by("updated_at", "id")


def _take_up(case_id: str, *, at: datetime) -> int:
    with db.atomic():
        case, referral = referrals.locked(case_id)
        if case.status != _PENDING or referral is not None:
            return 0
        declined = Referral.objects.filter(case=case, status=Status.DECLINED, attorney__isnull=False).exists()
        why_not = _never(case, referrals.obstacles(case, at=at))
        if declined and not why_not:
            why_not = "" if _ask_another(case, by="engine", at=at) else "every attorney who could take it declined"
        elif not why_not:
            _propose(case, not_before=at, at=at)
        if why_not:
            campaigns.keep_from_attorneys(case=case, words=why_not, vetoed=False, by="engine", at=at)
            campaigns.ask_a_person(case=case, reason=f"No attorney: {why_not}; you decide how to go on.", at=at)
        return 1


def _ask_another(case: Case, *, by: str, at: datetime) -> bool:
    """The creditor's authorisation stands, so the next attorney is asked at once; False: nobody else is there."""
    if referrals.attorney_for(case, at=at) is None:
        return False
    return referrals.offer(case, referrals.insert(case, Status.AUTHORISED, by=by, at=at), by=by, at=at)


# --- the moment of the offer


def _offers_due(at: datetime) -> QuerySet[Referral]:
    due = Q(status=Status.AUTHORISED) | Q(status=Status.PROPOSED, offer_at__lte=at, case__campaign__escalation="auto")
    return Referral.objects.filter(_CASE_RUNS, due, case__status__in=_BEFORE).order_by("updated_at", "id")


def _offer(referral_id: str, *, at: datetime) -> int:
    with db.atomic():
        case, referral = referrals.locked(_of_referral.one(id=referral_id)[0])
        if referral is None or referral.status not in COMING_REFERRALS or case.status not in _BEFORE:
            return 0
        obstacles = referrals.obstacles(case, at=at)
        if why_not := _never(case, obstacles):
            referrals.decline(case, referral, why_not, by="engine", at=at)
            return 1
        waits = [one.code for one in obstacles if one.code != "no_attorney"]
        if not waits and referrals.offer(case, referral, by="engine", at=at):
            return 1
        # Looked at last: those that wait keep nobody else waiting.
        Referral.objects.filter(id=referral.id).update(updated_at=at)
        return 0


def _offers_over(at: datetime) -> QuerySet[Step]:
    steps = Step.objects.filter(_RUNS, channel="attorney", intent=OFFER, status=Step.Status.PLANNED)
    return steps.filter(due_at__lte=at, case__status=Case.Status.ACTIVE).order_by("due_at", "id")


def _pass(step_id: str, *, at: datetime) -> int:
    """The playbook goes on after its offer's day, whatever came of it."""
    with db.atomic():
        case, referral = referrals.locked(_of_step.one(id=step_id)[0])
        if case.status != Case.Status.ACTIVE:
            return 0
        asked = referral is not None and referral.status not in COMING_REFERRALS
        campaigns.pass_offer(case=case, why_not="" if asked else _why_passed(case, at=at), at=at)
        return 1


def _why_passed(case: Case, *, at: datetime) -> str:
    obstacles = referrals.obstacles(case, at=at)
    waits = [one.words for one in obstacles] or ["it waits for your word"]
    return _never(case, obstacles) or waits[0]


# --- what comes of it


def _demo_answers(at: datetime) -> QuerySet[Referral]:
    offered = Referral.objects.filter(_CASE_RUNS, status=Status.OFFERED, livemode=False, attorney__sandbox=True)
    return offered.filter(case__status__in=_BEFORE).order_by("created_at", "id")


def _hear_demo(referral_id: str, *, at: datetime) -> int:
    referral = _with_attorney.one(id=referral_id)
    attorney = referral.attorney
    since = referral.offered_at or referral.created_at
    if attorney is None or at < rules.business_day_after(since, attorney.bar_state):
        return 0
    answer = decline_referral if rules.demo_declines(referral.case.debtor.name) else accept_referral
    answer(referral_id=referral.id, by=f"attorney:{attorney.id}", at=at)
    return 1


def accept_referral(*, referral_id: str, by: str, at: datetime) -> Referral:
    """The attorney will take the case; at the playbook's end, or now if that has come, it is escalated.

    Raises ApiError: referral_not_offered, attorney_excluded.
    """
    with db.atomic():
        case, referral, attorney = _offered(referral_id)
        if "no_attorney" in effects_on(case.debtor):
            raise ApiError("attorney_excluded")
        referrals.move(referral, Status.ACCEPTED, by=by, at=at, accepted_at=at)
        referrals.tell("referral.accepted", case, referral, by=by, at=at, name=attorney.name)
        if case.status == _PENDING:
            _hand_to(case, referral, attorney, by=by, at=at)
        return referral


def decline_referral(*, referral_id: str, reason: str = "the attorney declined", by: str, at: datetime) -> Referral:
    """The attorney will not; the next one who may is asked. Raises ApiError(referral_not_offered)."""
    with db.atomic():
        case, referral, _ = _offered(referral_id)
        referrals.decline(case, referral, reason, by=by, at=at)
        if case.status in _BEFORE:
            _ask_another(case, by="engine", at=at)
        return referral


def _offered(referral_id: str) -> tuple[Case, Referral, Attorney]:
    case, referral = referrals.locked(_of_referral.one(id=referral_id)[0])
    if referral is None or referral.id != referral_id or referral.status != Status.OFFERED:
        raise ApiError("referral_not_offered")
    return case, referral, _attorney.one(id=referral.attorney_id or "")


def _accepted(at: datetime) -> QuerySet[Referral]:
    return Referral.objects.filter(_CASE_RUNS, status=Status.ACCEPTED, case__status=_PENDING).order_by("updated_at")


def _hand_over(referral_id: str, *, at: datetime) -> int:
    """The playbook has ended meanwhile: the attorney who accepted before takes over."""
    with db.atomic():
        case, referral = referrals.locked(_of_referral.one(id=referral_id)[0])
        if referral is None or referral.status != Status.ACCEPTED or case.status != _PENDING:
            return 0
        if any(one.code == "case_held" for one in referrals.obstacles(case, at=at)):
            return 0
        _hand_to(case, referral, _attorney.one(id=referral.attorney_id or ""), by="engine", at=at)
        return 1


def _hand_to(case: Case, referral: Referral, attorney: Attorney, *, by: str, at: datetime) -> None:
    campaigns.mark_escalated(
        case_id=case.id,
        attorney={"name": attorney.name, "bar_state": attorney.bar_state, "bar_number": attorney.bar_number},
        referral_id=referral.id,
        reason=_NON_RESPONSIVE,
        contacts_made=queries.contacts_made(case),
        by=by,
        at=at,
    )


def _moot(at: datetime) -> QuerySet[Referral]:
    early = Referral.objects.filter(status__in=[*COMING_REFERRALS, Status.OFFERED], case__closed_at__isnull=False)
    return early.order_by("updated_at", "id")


def _end_moot(referral_id: str, *, at: datetime) -> int:
    with db.atomic():
        case, referral = referrals.locked(_of_referral.one(id=referral_id)[0])
        if referral is None or referral.status == Status.ACCEPTED or case.closed_at is None:
            return 0
        referrals.decline(case, referral, "the case was closed", by="engine", at=at)
        return 1


_PARTS = (
    (_end_moot, _moot),
    (_see_offer, _offers_coming),
    (_take_up, _ready),
    (_offer, _offers_due),
    (_pass, _offers_over),
    (_hear_demo, _demo_answers),
    (_hand_over, _accepted),
)
# The same one by one, each at its own moment, for the driver of a test clock: name → act on an id. 0: it waits.
MOVES = {
    "referral_moot": _end_moot,
    "offer_near": _see_offer,
    "playbook_over": _take_up,
    "offer_due": _offer,
    "offer_over": _pass,
    "attorney_answers": _hear_demo,
    "attorney_begins": _hand_over,
}


# --- the creditor's word


def escalate(*, case_id: str, by: str, at: datetime) -> Referral:
    """The creditor hands a case to an attorney before its playbook comes to that: this very word is the authorisation
    (LAW.md, R-33), it ends a veto, and a proposal that waited is offered. Offered already: nothing happens, but that
    one who accepted takes over now.

    Raises ApiError: illegal_transition, escalation_not_authorised, mandate_unsigned, attorney_excluded, case_held,
    attorney_not_lawful, no_attorney.
    """
    with db.atomic():
        case, referral = referrals.locked(case_id)
        if case.closed_at:
            raise refused(case.status, "go to an attorney")
        if case.status not in _BEFORE and referral and referral.status not in COMING_REFERRALS:
            return referral
        if referral is None or referral.status in COMING_REFERRALS:
            referrals.refuse(case, at=at)
        _stop_playbook(case, by=by, at=at)
        if referral is None:
            referral = referrals.insert(case, Status.AUTHORISED, by=by, at=at)
        if referral.status in COMING_REFERRALS:
            referrals.offer(case, referral, by=by, at=at)
        elif referral.status == Status.ACCEPTED:
            _hand_to(case, referral, _attorney.one(id=referral.attorney_id or ""), by=by, at=at)
        campaigns.decided(case_id=case.id, outcome="escalate", by=by, at=at)
        return referral


def _stop_playbook(case: Case, *, by: str, at: datetime) -> None:
    if case.attorney_vetoed_at:
        case.attorney_vetoed_at = None
        case.save(update_fields=["attorney_vetoed_at"])
    if case.status != _PENDING:
        campaigns.mark_escalation_pending(case_id=case.id, by=by, at=at)
        case.refresh_from_db(fields=["status", "next_contact_at", "updated_at"])


def veto(*, case_id: str, reason: str, by: str, at: datetime) -> Case:
    """The creditor keeps a case from attorneys that is about to be offered to one, or was and has no answer. It goes
    on without. Vetoed already: nothing happens. Raises ApiError: illegal_transition, escalation_not_proposed."""
    with db.atomic():
        case, referral = referrals.locked(case_id)
        if case.closed_at:
            raise refused(case.status, "be kept from attorneys", case.close_reason)
        if case.attorney_vetoed_at and referral is None:
            return case
        if referral is None:
            raise ApiError("escalation_not_proposed")
        words = reason or "by your word"
        referrals.move(referral, Status.DECLINED, by=by, at=at, reason=words[:300])
        referrals.tell("case.escalation_vetoed", case, referral, by=by, at=at, reason=words)
        _keep(case, by=by, at=at)
        return case


def _keep(case: Case, *, by: str, at: datetime) -> None:
    campaigns.keep_from_attorneys(case=case, words="you keep it from attorneys", vetoed=True, by=by, at=at)
    campaigns.decided(case_id=case.id, outcome="keep", by=by, at=at)


def decide_task(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """What a person answered to "is an attorney asked?". Raises what `escalate` and `veto` raise."""
    if outcome == "escalate":
        escalate(case_id=task.cause, by=by, at=at)
    elif Referral.objects.filter(case_id=task.cause, status__in=OPEN_REFERRALS).exists():
        veto(case_id=task.cause, reason=note, by=by, at=at)
    else:
        _keep(referrals.locked(task.cause)[0], by=by, at=at)


def why_not(case: Case, *, at: datetime) -> list[str]:
    """What keeps this case (its debtor and campaign loaded) from an attorney at `at`, in words for people."""
    return [one.words for one in referrals.obstacles(case, at=at)]
