"""Holds: typed reasons to wait, on a campaign, debtor, case or contact."""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db, errors
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, Step
from campaigns.operations.facts import about, case_data
from events.operations import record

errors.define("hold_not_yours", 409, "A hold set by law or by a debtor cannot be released by the creditor.")

# What only the debtor, the law or operations may lift (ENGINE.md, Hold).
_NOT_THE_CREDITORS = frozenset(
    [
        "cease",
        "attorney_represented",
        "bankruptcy",
        "deceased",
        "hardship",
        "compliance_review",
        "legal_hold",
        "payment_processing",
    ]
)


def hold(
    *,
    kind: str,
    on: Campaign | Debtor | Case | Contact,
    by: str,
    at: datetime,
    ends_at: datetime | None = None,
    evidence: dict[str, Any] | None = None,
) -> Hold:
    """Put a hold on one thing; the same kind on the same thing is held once."""
    field = type(on).__name__.lower()
    with db.atomic():
        standing = Hold.objects.filter(**{field: on}, kind=kind, released_at=None).first()
        if standing:
            return standing
        placed = Hold.objects.create(
            organisation_id=on.organisation_id,
            livemode=on.livemode,
            created_at=at,
            recorded_at=clock.now(),
            kind=kind,
            ends_at=ends_at,
            evidence=evidence or {},
            actor=by,
            **{field: on},
        )
        if isinstance(on, Case):
            _record("case.held", on, placed, by=by, at=at)
        return placed


def release(*, hold: Hold, by: str, at: datetime) -> Hold:
    """End a hold. Raises ApiError(hold_not_yours) when a creditor tries one that is not theirs."""
    if by.startswith(("key:", "member:")) and hold.kind in _NOT_THE_CREDITORS:
        raise ApiError("hold_not_yours", f"A hold of kind {hold.kind} is not the creditor's to release.")
    with db.atomic():
        ended = Hold.objects.filter(id=hold.id, released_at=None).update(released_at=at)
        hold.refresh_from_db()
        _look_again(hold, at=at)
        if ended and hold.case_id:
            _record(
                "case.released",
                Case.objects.select_related("debtor").get(id=hold.case_id),
                hold,
                by=by,
                at=at,
            )
        return hold


def _look_again(hold: Hold, *, at: datetime) -> None:
    """Steps that waited (they carry a reason) are judged now, not when somebody would have looked again anyway."""
    covered = {
        "campaign_id": hold.campaign_id,
        "debtor_id": hold.debtor_id or (hold.contact.debtor_id if hold.contact else None),
        "case_id": hold.case_id,
    }
    named = {name: value for name, value in covered.items() if value}
    Step.objects.filter(**named, status=Step.Status.PLANNED, due_at__gt=at).exclude(reason="").update(due_at=at)


def _record(type: str, case: Case, hold: Hold, *, by: str, at: datetime) -> None:
    record(
        type=type,
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, case.debtor.name, hold=hold.kind, hold_id=hold.id),
        by=by,
        at=at,
        about=about(case),
    )
