"""What was agreed and objected to on one invoice, what they wrote, and every step with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from campaigns.models import Case, Dispute, Hold, Step
from campaigns.queries import standings
from campaigns.rules import holds as hold_rules
from campaigns.rules import transitions
from campaigns.rules.standing import Why
from dashboard.access import Seat
from dashboard.queries.timeline import planned_for
from outreach.models import Reply
from payments.models import Instalment, Offer, Plan, Promise
from payments.operations import bounds_of, floor_of, policy_of
from payments.operations.settlements import last_day
from payments.rules import plans


@dataclass(frozen=True, slots=True)
class Agreed:
    """The latest of each; None where there never was one."""

    promise: Promise | None
    plan: Plan | None
    instalments: list[Instalment]
    dispute: Dispute | None
    offer: Offer | None
    # The offer's last day, where the creditor is.
    offer_until: date | None


def agreed(seat: Seat, case: Case) -> Agreed:
    """What stands, or stood last, on `case`."""
    plan = seat.rows(Plan).filter(case_id=case.id).order_by("-created_at", "-id").first()
    offer = seat.rows(Offer).filter(case_id=case.id).order_by("-created_at", "-id").first()
    return Agreed(
        offer=offer,
        offer_until=last_day(offer, case) if offer else None,
        promise=seat.rows(Promise).filter(case_id=case.id).order_by("-created_at", "-id").first(),
        plan=plan,
        instalments=list(plan.instalments.order_by("number")) if plan else [],
        dispute=seat.rows(Dispute).filter(case_id=case.id).order_by("-created_at", "-id").first(),
    )


def replies(seat: Seat, case: Case, limit: int = 10) -> list[Reply]:
    """What the debtor wrote about `case`, newest first."""
    return list(seat.rows(Reply).filter(case_id=case.id).order_by("-created_at", "-id")[:limit])


@dataclass(frozen=True, slots=True)
class Told:
    """A step of the case, and why it stands as it does."""

    step: Step
    at: datetime
    why: str


def steps(seat: Seat, case: Case, limit: int = 40) -> list[Told]:
    """Every step of the case, the one to come last first, with its reason: none is without one."""
    rows = seat.rows(Step).filter(case_id=case.id).select_related("campaign__organisation")
    return [_told(step) for step in rows.order_by("-created_at", "-id")[:limit]]


def _told(step: Step) -> Told:
    at = step.due_at if step.status == Step.Status.PLANNED else step.resolved_at or step.handed_over_at or step.due_at
    return Told(step, at, step.reason or planned_for(step))


def why(case: Case) -> Why:
    """Why the case stands as it does; `case` comes from `standings.with_standing`."""
    said = standings.why(case)
    return said._replace(message=said.message.replace("_", " "))


def may_release(hold: Hold, case: Case) -> bool:
    """Whether a button may end it: the creditor's own, on this invoice. A draft is decided where it can be read."""
    own = hold_rules.creditor_may_release(hold.kind, hold.actor)
    return own and hold.case_id == case.id and hold.kind != Hold.Kind.APPROVAL


def may_plan(case: Case) -> bool:
    """Whether instalments can be agreed on, as the creditor grants them; `case` has its campaign and organisation."""
    largest = plans.largest_count(case.balance_minor, bounds_of(case), date.min, today=date.min)
    return case.status in (Case.Status.ACTIVE, Case.Status.PROMISED) and policy_of(case).plans and largest > 0


def may_offer(seat: Seat, case: Case, at: datetime) -> bool:
    """Whether this person may draft a settlement, and the creditor's policy leaves room for one."""
    open_ = case.status in (Case.Status.ACTIVE, Case.Status.PROMISED) and case.balance_minor > 0
    return open_ and (seat.may_act or seat.may_settle) and floor_of(case, at) < case.balance_minor


def schedule(parts: Sequence[tuple[date, int]]) -> list[dict[str, Any]]:
    """The instalments that are about to be offered, numbered."""
    return [{"number": number, "on": on, "minor": minor} for number, (on, minor) in enumerate(parts, start=1)]


def may_become(case: Case, status: str) -> bool:
    return status in transitions.CASE[case.status]
