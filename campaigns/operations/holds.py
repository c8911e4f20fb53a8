"""Holds: typed reasons to wait, on a campaign, debtor, case or contact."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from agentcollect.kit import clock, db, errors
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, Step
from campaigns.operations.facts import about, case_data
from campaigns.operations.planning import hand_on, show_next_contact
from campaigns.operations.tasks import end_tasks
from campaigns.rules import holds as rules
from campaigns.rules import transitions
from events.operations import record

errors.define("hold_not_yours", 409, "A hold set by law or by a debtor cannot be released by the creditor.")
errors.define("hold_elsewhere", 409, "The hold is on the debtor, a contact or the campaign, not on this case.")


def hold(
    *,
    kind: str,
    on: Campaign | Debtor | Case | Contact,
    by: str,
    at: datetime,
    ends_at: datetime | None = None,
    evidence: dict[str, Any] | None = None,
) -> Hold:
    """Put a hold on one thing; the same kind on the same thing is held once. `ends_at`: it ends then, by itself."""
    field = type(on).__name__.lower()
    with db.atomic():
        if standing := _standing.first(at=at, kind=kind, **{f"{field}_id": on.pk}):
            return standing
        placed = Hold.objects.create(
            organisation_id=on.organisation_id,
            livemode=on.livemode,
            clock_id=on.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            kind=kind,
            ends_at=ends_at,
            evidence=evidence or {},
            actor=by,
            **{field: on},
        )
        if isinstance(on, Case):
            show_next_contact(case=on, at=at)
            _record("case.held", on, placed, by=by, at=at)
            hand_on(debtor_id=on.debtor_id, campaign_id=on.campaign_id, at=at)
        return placed


@Prepared
def _standing(at: datetime, **named: str) -> QuerySet[Hold]:
    """The hold that is in force; one whose end has come is over, whether or not the beat has said so yet."""
    in_force = Q(ends_at=None) | Q(ends_at__gt=at)
    return Hold.objects.filter(in_force, released_at=None, **named).order_by("id")[:1]


def hold_case(*, case_id: str, kind: str, ends_at: datetime | None, reason: str, by: str, at: datetime) -> Case:
    """The creditor's own hold on a case. Held already: it takes this end and this reason, where it is theirs.

    Raises ApiError(illegal_transition) for a closed case.
    """
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
        if case.closed_at:
            raise transitions.refused(case.status, "be held")
        standing = _standing.first(at=at, kind=kind, case_id=case.id)
        if standing is None:
            hold(kind=kind, on=case, by=by, at=at, ends_at=ends_at, evidence={"reason": reason})
        elif rules.creditor_may_release(standing.kind, standing.actor):
            _set_end(standing, case, ends_at=ends_at, reason=reason, by=by, at=at)
        case.refresh_from_db()
        return case


def _set_end(standing: Hold, case: Case, *, ends_at: datetime | None, reason: str, by: str, at: datetime) -> None:
    if (standing.ends_at, standing.evidence.get("reason", "")) == (ends_at, reason):
        return
    standing.ends_at, standing.evidence = ends_at, standing.evidence | {"reason": reason}
    standing.save(update_fields=["ends_at", "evidence"])
    # What waits was told the end as it was: it looks again.
    _wake(standing, at=at)
    show_next_contact(case=case, at=at)
    _record("case.held", case, standing, by=by, at=at)


def release_case(*, case_id: str, by: str, at: datetime, hold_id: str = "", kind: str = "") -> Case:
    """End a hold on the case itself, named by its id or its kind; what has ended already stays as it is.

    Raises ApiError: hold_not_yours, hold_elsewhere, not_found.
    """
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
        for found in _named(case, hold_id, kind):
            if found.released_at is None:
                release(hold=found, by=by, at=at)
        case.refresh_from_db()
        return case


def _named(case: Case, hold_id: str, kind: str) -> list[Hold]:
    if kind:
        return list(Hold.objects.filter(case=case, kind=kind, released_at=None))
    mine = Hold.objects.filter(organisation_id=case.organisation_id, livemode=case.livemode, id=hold_id)
    found = mine.filter(
        Q(case=case) | Q(debtor_id=case.debtor_id) | Q(campaign_id=case.campaign_id) | Q(contact__debtor=case.debtor_id)
    ).first()
    if found is None:
        raise ApiError("not_found", f"There is no hold {hold_id[:40]} on this case.", param="hold_id")
    if found.case_id is None:
        raise ApiError("hold_elsewhere", param="hold_id")
    return [found]


def release_ended(*, at: datetime, limit: int = 500, clock_id: str = "") -> int:
    """End the holds whose time has come; returns how many. The gate has passed over them since that very moment."""
    due = Hold.objects.filter(released_at=None, ends_at__lte=at, clock_id=clock_id).select_related("contact")
    ended = list(due.order_by("ends_at", "id")[:limit])
    for one in ended:
        release(hold=one, by="engine", at=at)
    return len(ended)


def release(*, hold: Hold, by: str, at: datetime) -> Hold:
    """End a hold. Raises ApiError(hold_not_yours) when a creditor tries one that is not theirs."""
    if rules.is_creditor(by) and not rules.creditor_may_release(hold.kind, hold.actor):
        words = f"A hold of kind {hold.kind} is not the creditor's to release: the debtor or the law ends it."
        raise ApiError("hold_not_yours", words, kind=hold.kind)
    with db.atomic():
        changed = Hold.objects.filter(id=hold.id, released_at=None).update(released_at=at, released_by=by)
        hold.refresh_from_db()
        if not changed:
            return hold
        _wake(hold, at=at)
        if hold.exclusion_id:
            # Allowed by the creditor, or not asked any more because the rule is gone.
            ended = {"status": "done", "outcome": "approve"} if rules.is_creditor(by) else {}
            end_tasks(cause=hold.id, kind="approve", **ended, by=by, at=at)
        if hold.kind == Hold.Kind.PAID_CLAIM:
            end_tasks(cause=hold.id, kind="check_payment", by=by, at=at)
        if hold.case_id:
            case = _case.one(id=hold.case_id)
            show_next_contact(case=case, at=at)
            _record("case.released", case, hold, by=by, at=at)
        return hold


_case = Prepared(lambda id: Case.objects.select_related("debtor").filter(id=id))


def look_again(*, at: datetime, **named: str | None) -> None:
    """Steps of what is `named` that waited (they carry a reason) are judged now, not when somebody would have looked
    again anyway: what they waited for is over, or was corrected."""
    Step.objects.filter(**named, status=Step.Status.PLANNED, due_at__gt=at).exclude(reason="").update(due_at=at)


def _wake(hold: Hold, *, at: datetime) -> None:
    covered = {
        "campaign_id": hold.campaign_id,
        "debtor_id": hold.debtor_id or (hold.contact.debtor_id if hold.contact else None),
        "case_id": hold.case_id,
    }
    look_again(at=at, **{name: value for name, value in covered.items() if value})


def _record(type: str, case: Case, hold: Hold, *, by: str, at: datetime) -> None:
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(
            case,
            case.debtor.name,
            hold=hold.kind,
            hold_id=hold.id,
            reason=hold.evidence.get("reason") or None,
            until=clock.iso(hold.ends_at) if hold.ends_at else None,
        ),
        by=by,
        at=at,
        about=about(case),
        cause=hold.id,
    )
