"""What the creditor keeps us away from: rules, and the holds that show them on debtors, invoices and people.

The rules themselves are the truth: `enforce` puts down every hold they ask for, wherever a debtor or an address comes
in, and once more right before the gate is asked (outreach.operations.gating). So no race lets a message through.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.db import IntegrityError
from django.db.models import Q

from accounts import timeline
from agentcollect.kit import clock, db, ids, jobs, pagination
from campaigns import queries
from campaigns.models import Case, Contact, Debtor, Exclusion, Hold
from campaigns.operations import holds
from campaigns.operations.cases import record_case
from campaigns.operations.planning import show_next_contact
from campaigns.operations.tasks import Wanted, open_tasks
from campaigns.queries import Tenant
from campaigns.rules import transitions
from campaigns.rules.exclusions import Key, address_keys, key_of
from events.operations import record

log = structlog.get_logger()

_HOLDING = (Exclusion.Effect.NEVER_CONTACT.value, Exclusion.Effect.ASK_FIRST.value)
Place = tuple[datetime, str]
# A slice stays under 100 ms on SQLite, whose one writer everybody else waits for.
_SLICE = 100
_LEASE = timedelta(minutes=5)


class Kept(NamedTuple):
    """A rule, and whether it was made just now."""

    exclusion: Exclusion
    fresh: bool


def exclude(
    *, organisation_id: str, livemode: bool, match: str, value: str, effect: str, reason: str, by: str, at: datetime
) -> Kept:
    """Make a rule; it holds from the commit on. The same rule is made once.

    The holds of what is there already are placed by a worker, of small portfolios at once.
    """
    mine = queries.exclusions(Tenant(organisation_id, livemode))
    named = {"match": match, "key": key_of(match, value), "effect": effect}
    if standing := mine.filter(**named).first():
        return Kept(standing, fresh=False)
    try:
        with db.atomic():
            made = Exclusion.objects.create(
                organisation_id=organisation_id,
                livemode=livemode,
                created_at=at,
                recorded_at=clock.now(),
                updated_at=at,
                value=value,
                reason=reason,
                actor=by,
                **named,
            )
            _record("exclusion.created", made, by=by, at=at)
            _settle_slice(made, after=None, at=at)
            jobs.enqueue("campaigns.settle_exclusions")
            return Kept(made, fresh=True)
    except IntegrityError:
        # The same rule was made at this very moment.
        return Kept(mine.get(**named), fresh=False)


def include_again(*, exclusion_id: str, by: str, at: datetime) -> Exclusion:
    """Remove a rule. What it held is released, of large portfolios by a worker. Removed already: nothing happens."""
    with db.atomic():
        removed = Exclusion.objects.filter(id=exclusion_id, removed_at=None)
        if removed.update(removed_at=at, updated_at=at, settled_at=None, lease_until=None):
            exclusion = Exclusion.objects.get(id=exclusion_id)
            _record("exclusion.removed", exclusion, by=by, at=at)
            _release_slice(exclusion, by=by, at=at)
            jobs.enqueue("campaigns.settle_exclusions")
        return Exclusion.objects.get(id=exclusion_id)


# --- the worker


def settle_exclusions(*, at: datetime) -> int:
    """Place or release what rules ask for and what has not been done in their request; returns how many were settled.

    A worker that dies is followed by another that starts over: what stands already is left standing.
    """
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    waiting = Exclusion.objects.filter(free, settled_at=None).order_by("recorded_at").values_list("id", flat=True)
    return sum(_settle(exclusion_id, at=at) for exclusion_id in waiting[:50])


def _settle(exclusion_id: str, *, at: datetime) -> int:
    after: Place | None = None
    while True:
        with db.atomic():
            exclusion = db.claimable(Exclusion.objects.filter(id=exclusion_id, settled_at=None)).first()
            if exclusion is None:
                return 0
            exclusion.lease_until = clock.now() + _LEASE
            exclusion.save(update_fields=["lease_until"])
            if exclusion.removed_at:
                done = _release_slice(exclusion, by="engine", at=at)
            else:
                after = _settle_slice(exclusion, after=after, at=at)
                done = after is None
        if done:
            return 1


def _settle_slice(exclusion: Exclusion, *, after: Place | None, at: datetime) -> Place | None:
    """Look at the next debtors; returns the place reached, None when all were looked at."""
    if exclusion.effect == Exclusion.Effect.NO_CALLS:
        _mark_settled(exclusion, at)  # read where a call is planned; nothing stands on the debtor
        return None
    mine = Debtor.objects.filter(organisation_id=exclusion.organisation_id, livemode=exclusion.livemode)
    rows = pagination.newest_first(pagination.before(mine, *after) if after else mine)
    debtors = list(rows[:_SLICE])
    tenant = Tenant(exclusion.organisation_id, exclusion.livemode)
    for clock_id in sorted({debtor.clock_id for debtor in debtors}):
        together = [debtor for debtor in debtors if debtor.clock_id == clock_id]
        _enforce(tenant, together, at=_moment(clock_id, at), only=exclusion)
    if len(debtors) == _SLICE:
        return debtors[-1].created_at, debtors[-1].id
    _mark_settled(exclusion, at)
    return None


def _moment(clock_id: str, at: datetime) -> datetime:
    """A rule is the wall's; what follows from it happens in the story of what it is about."""
    return timeline.now(clock_id) if clock_id else at


def _release_slice(exclusion: Exclusion, *, by: str, at: datetime) -> bool:
    """Release some of what the rule holds; True when that was all."""
    held = Hold.objects.filter(exclusion=exclusion, released_at=None).select_related("contact").order_by("id")
    found = list(held[:_SLICE])
    for one in found:
        holds.release(hold=one, by=by, at=_moment(one.clock_id, at))
    for one in found:
        if one.debtor_id:
            tell([one], "case.released", by=by, at=_moment(one.clock_id, at))
    if len(found) == _SLICE:
        return False
    _mark_settled(exclusion, at)
    return True


def _mark_settled(exclusion: Exclusion, at: datetime) -> None:
    exclusion.settled_at, exclusion.lease_until = at, None
    exclusion.save(update_fields=["settled_at", "lease_until"])


# --- placing holds


def enforce(*, organisation_id: str, livemode: bool, debtor_ids: Iterable[str], at: datetime) -> int | None:
    """Place every hold that the creditor's rules ask for on these debtors, their open cases and their people.

    Call it in the transaction that brought or changed them. One statement where the organisation has no rule. Returns
    how many holds were placed now; None where there is no rule at all.
    """
    tenant = Tenant(organisation_id, livemode)
    if not queries.any_rule(tenant):
        return None
    return _enforce(tenant, list(Debtor.objects.filter(id__in=list(debtor_ids))), at=at)


class _Reach(NamedTuple):
    """Where a key was met: on a debtor itself, or on one of its people."""

    debtor_id: str
    contact_id: str | None


def _enforce(tenant: Tenant, debtors: Sequence[Debtor], *, at: datetime, only: Exclusion | None = None) -> int:
    met = _met(debtors)
    rules = [only] if only else queries.exclusions_naming(tenant, set(met))
    reached = [(rule, reach) for rule in rules for reach in met.get((rule.match, rule.key), ())]
    if not reached:
        return 0
    wanted = _wanted([(rule, reach) for rule, reach in reached if rule.effect in _HOLDING])
    placed = _insert(wanted, clock_id=debtors[0].clock_id, at=at)
    _leave_attorneys({reach.debtor_id for rule, reach in reached if rule.effect == Exclusion.Effect.NO_ATTORNEY}, at=at)
    return len(placed)


def _met(debtors: Sequence[Debtor]) -> dict[Key, list[_Reach]]:
    """Every key that these debtors and their people answer to."""
    met: dict[Key, list[_Reach]] = defaultdict(list)
    for debtor in debtors:
        for key in queries.keys_of(debtor):
            met[key].append(_Reach(debtor.id, None))
    people = Contact.objects.filter(debtor_id__in=[debtor.id for debtor in debtors])
    for contact_id, debtor_id, email, phone in people.values_list("id", "debtor_id", "email", "phone"):
        for key in address_keys(email=email, phone=phone):
            if _Reach(debtor_id, None) not in met[key]:
                met[key].append(_Reach(debtor_id, contact_id))
    return met


# (rule, what it is on: "debtor", "case" or "contact", its id)
_Wanted = tuple[Exclusion, str, str]


def _wanted(reached: list[tuple[Exclusion, _Reach]]) -> list[_Wanted]:
    """The holds that should stand and do not. `ask_first` is asked once for each case, or person: released is answered.

    `never_contact` is on the debtor, where no release of a case reaches it; only removing the rule ends it.
    """
    known = _known({rule.id for rule, _ in reached}, {reach.debtor_id for _, reach in reached})
    open_cases: dict[str, list[str]] = defaultdict(list)
    asks = {reach.debtor_id for rule, reach in reached if rule.effect == Exclusion.Effect.ASK_FIRST}
    rows = Case.objects.filter(debtor_id__in=asks, closed_at=None).order_by("id")
    for debtor_id, case_id in rows.values_list("debtor_id", "id"):
        open_cases[debtor_id].append(case_id)
    wanted: list[_Wanted] = []
    for rule, reach in reached:
        if reach.contact_id:
            wanted.append((rule, "contact", reach.contact_id))
        elif rule.effect == Exclusion.Effect.ASK_FIRST:
            wanted += [(rule, "case", case_id) for case_id in open_cases[reach.debtor_id]]
        else:
            wanted.append((rule, "debtor", reach.debtor_id))
    return [(rule, on, target) for rule, on, target in wanted if not _answered(rule, known.get((rule.id, target)))]


def _answered(rule: Exclusion, released: bool | None) -> bool:
    """Whether the hold stands already, or was there and has been answered."""
    return released is False or (released is True and rule.effect == Exclusion.Effect.ASK_FIRST)


def _known(rule_ids: set[str], debtor_ids: set[str]) -> dict[tuple[str, str], bool]:
    """(rule, what its hold is on) → whether that hold was released; one that stands counts before one that did."""
    cases = Case.objects.filter(debtor_id__in=debtor_ids).values("id")
    people = Contact.objects.filter(debtor_id__in=debtor_ids).values("id")
    about = Q(debtor_id__in=debtor_ids) | Q(db.among("case_id", cases)) | Q(db.among("contact_id", people))
    rows = Hold.objects.filter(about, exclusion_id__in=rule_ids)
    known: dict[tuple[str, str], bool] = {}
    for rule_id, debtor, case, contact, released_at in rows.values_list(
        "exclusion_id", "debtor_id", "case_id", "contact_id", "released_at"
    ):
        place = (rule_id, debtor or case or contact)
        known[place] = known.get(place, True) and released_at is not None
    return known


def _insert(wanted: list[_Wanted], *, clock_id: str, at: datetime) -> list[Hold]:
    """Insert holds on things of one timeline; one that another transaction placed at this moment stands for both."""
    rows = [
        Hold(
            id=ids.new("hld"),
            organisation_id=rule.organisation_id,
            livemode=rule.livemode,
            clock_id=clock_id,
            created_at=at,
            recorded_at=clock.now(),
            kind=Hold.Kind.EXCLUDED,
            exclusion=rule,
            evidence=_evidence(rule),
            actor=rule.actor,
            **{f"{on}_id": target},
        )
        for rule, on, target in wanted
    ]
    Hold.objects.bulk_create(rows, ignore_conflicts=True)
    inserted = Hold.objects.filter(id__in=[row.id for row in rows]).select_related("exclusion")
    placed = list(inserted) if rows else []
    tell(placed, "case.held", at=at)
    _ask(placed, at=at)
    return placed


def _ask(placed: Sequence[Hold], *, at: datetime) -> None:
    """`ask_first`: whoever excluded them is asked once for each invoice, or person, whether it may go on."""
    asks = {one.id: one for one in placed if one.exclusion and one.exclusion.effect == Exclusion.Effect.ASK_FIRST}
    if not asks:
        return
    cases = Case.objects.select_related("debtor").in_bulk([one.case_id for one in asks.values() if one.case_id])
    people = Contact.objects.select_related("debtor").in_bulk([one.contact_id for one in asks.values()])
    wanted = []
    for hold in asks.values():
        case, person = cases.get(hold.case_id or ""), people.get(hold.contact_id or "")
        if debtor := case.debtor if case else person.debtor if person else None:
            why = f"You asked to be asked first: {hold.evidence['reason']}"
            facts = {**hold.evidence, "hold_id": hold.id, "contact_id": hold.contact_id}
            asked = {"kind": "approve", "cause": hold.id, "reason": why, "facts": facts, "due_at": at}
            wanted.append(Wanted(**asked, debtor=debtor, case=case))
    open_tasks(wanted, by="engine", at=at)


def _evidence(rule: Exclusion) -> dict[str, str]:
    named = {"exclusion_id": rule.id, "match": rule.match, "value": rule.value, "effect": rule.effect}
    return named | {"reason": rule.reason or f"excluded: {rule.match} {rule.value}"}


def tell(about: Sequence[Hold], type: str, *, at: datetime, by: str = "") -> None:
    """Say it on each open case that is held, or free again, by these; in the order in which cases are always locked."""
    if not about:
        return
    named: dict[str, list[Hold]] = defaultdict(list)
    for hold in about:
        named[hold.debtor_id or hold.case_id or ""].append(hold)
    told = Q(debtor_id__in=list(named)) | Q(id__in=list(named))
    # What no worker has opened yet says `case.opened` first; a row's own holds are not told either.
    cases = Case.objects.filter(told, closed_at=None).exclude(opened_at=None).select_related("debtor").order_by("id")
    for case in db.locked(cases):
        show_next_contact(case=case, at=at)
        for hold in named[case.debtor_id] + named[case.id]:
            _tell_case(case, hold, type, by=by or hold.actor, at=at)


def _tell_case(case: Case, hold: Hold, type: str, *, by: str, at: datetime) -> None:
    named: dict[str, Any] = {"hold": hold.kind, "hold_id": hold.id, "reason": hold.evidence["reason"], "until": None}
    record_case(type, case, by=by, at=at, cause=hold.id, **named)


def _leave_attorneys(debtor_ids: set[str], *, at: datetime) -> None:
    """Cases that were ready for an attorney wait for a person instead."""
    ready = Case.objects.filter(debtor_id__in=debtor_ids, status=Case.Status.ESCALATION_PENDING).order_by("id")
    for case in db.locked(ready.select_related("debtor")):
        transitions.check(transitions.CASE, case.status, Case.Status.ACTIVE)
        case.status, case.updated_at = Case.Status.ACTIVE, at
        case.save(update_fields=["status", "updated_at"])
        words = "you excluded this debtor from attorneys; it needs you"
        record_case("case.updated", case, by="engine", at=at, change=words, status=case.status, changes={}, reason=None)


def release_outdated(*, debtor: Debtor, by: str, at: datetime) -> None:
    """After a correction: holds of rules that no longer name this debtor, or the corrected person, end."""
    met = _met([debtor])
    people = Contact.objects.filter(debtor_id=debtor.id).values("id")
    cases = Case.objects.filter(debtor_id=debtor.id).values("id")
    about = Q(debtor_id=debtor.id) | Q(db.among("contact_id", people)) | Q(db.among("case_id", cases))
    standing = Hold.objects.filter(about, exclusion__isnull=False, released_at=None).select_related(
        "exclusion", "contact"
    )
    over = [hold for hold in standing.order_by("id") if not _still_met(hold, met)]
    for hold in over:
        holds.release(hold=hold, by=by, at=at)
    tell([hold for hold in over if hold.debtor_id], "case.released", by=by, at=at)


def _still_met(hold: Hold, met: dict[Key, list[_Reach]]) -> bool:
    rule = hold.exclusion
    reaches = met.get((rule.match, rule.key), []) if rule else []
    return any(reach.contact_id == hold.contact_id for reach in reaches)


def _record(type: str, exclusion: Exclusion, *, by: str, at: datetime) -> None:
    named = {"match": exclusion.match, "value": exclusion.value, "effect": exclusion.effect}
    record(
        type=type,
        organisation_id=exclusion.organisation_id,
        livemode=exclusion.livemode,
        data={"exclusion_id": exclusion.id, "reason": exclusion.reason or None, **named},
        by=by,
        at=at,
        cause=exclusion.id,
    )
