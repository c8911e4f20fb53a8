"""One referral: what stands in its way, its rows, and each move of it with its news (outreach.rules.REFERRAL)."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Campaign, Case
from campaigns.operations.cases import record_case
from campaigns.operations.facts import amount
from campaigns.queries import blocking, effects_on, holds_on
from campaigns.rules import transitions
from campaigns.rules.transitions import refused
from compliance.rules.amounts import barred
from outreach import queries, rules
from outreach.models import OPEN_REFERRALS, Attorney, Referral

errors.define("attorney_excluded", 409, "The creditor excluded this debtor from attorneys.")
errors.define("escalation_not_authorised", 409, "This campaign never goes to an attorney; change its `escalation`.")
errors.define("mandate_unsigned", 409, "Nobody has signed the mandate, so no attorney is authorised.")
errors.define("attorney_not_lawful", 409, "The debt is, or may be, past its time: no attorney is asked.")
errors.define("case_held", 409, "The case is on hold.")
errors.define("no_attorney", 409, "No attorney licensed in the debtor's state has room at present.")

Status = Referral.Status
# What passes by itself, or by somebody else's act: an offer waits for it. Everything else is an answer.
_PASSES = frozenset({"illegal_transition", "case_held", "no_attorney"})


class Obstacle(NamedTuple):
    """Why no attorney can be asked now: the error's code, and words for people."""

    code: str
    words: str

    @property
    def passes(self) -> bool:
        return self.code in _PASSES


def obstacles(case: Case, *, at: datetime) -> list[Obstacle]:
    """All that keeps this case (its debtor and campaign loaded) from an attorney at `at` (LAW.md, R-33, R-20)."""
    found = [*_of_the_creditor(case), *_of_the_case(case, at=at)]
    if attorney_for(case, at=at) is None:
        found.append(Obstacle("no_attorney", "No attorney licensed in the debtor's state has room at present."))
    return found


def _of_the_creditor(case: Case) -> list[Obstacle]:
    campaign, found = case.campaign, []
    if campaign.status != Campaign.Status.ACTIVE:
        found.append(Obstacle("illegal_transition", f"The campaign is {campaign.status}."))
    if campaign.escalation == Campaign.Escalation.NEVER:
        found.append(Obstacle("escalation_not_authorised", "This campaign never goes to an attorney."))
    if case.livemode and campaign.organisation.mandate_signed_at is None:
        found.append(Obstacle("mandate_unsigned", "Nobody has signed the mandate."))
    if "no_attorney" in effects_on(case.debtor):
        found.append(Obstacle("attorney_excluded", "You excluded this debtor from attorneys."))
    return found


def _of_the_case(case: Case, *, at: datetime) -> list[Obstacle]:
    found = []
    if holds := blocking(holds_on(case, at=at)):
        kinds = ", ".join(sorted({hold.kind.replace("_", " ") for hold in holds}))
        found.append(Obstacle("case_held", f"The case is on hold ({kinds}); an attorney is asked when that has ended."))
    facts = queries.facts(
        debtor=case.debtor,
        campaign=case.campaign,
        organisation=case.campaign.organisation,
        contact=None,
        at=at,
        opt_out=(True, True),
        case=case,
    )
    if barred(facts, at) != "live":  # where the debtor's state is not known, nobody can say
        found.append(Obstacle("attorney_not_lawful", "The debt is, or may be, past its time where the debtor is."))
    return found


def refuse(case: Case, *, at: datetime) -> None:
    """Raise ApiError for the first thing in the way, if there is one."""
    for one in obstacles(case, at=at):
        if one.code == "illegal_transition":
            raise refused(case.campaign.status, "hand cases to an attorney")
        raise ApiError(one.code, one.words)


def attorney_for(case: Case, *, at: datetime) -> str | None:
    """Whom to ask: nobody twice about the same case.

    Capacity is read without a lock: two offers at once may pass it by one, which an attorney can decline.
    """
    asked = {attorney_id for (attorney_id,) in _declined(case_id=case.id)}
    free = [one for one in queries.licences(sandbox=not case.livemode) if one.attorney_id not in asked]
    return rules.choose_attorney(free, region=queries.state_of(case.debtor), on=at.date())


@PreparedValues
def _declined(case_id: str) -> QuerySet[Referral, Any]:
    return Referral.objects.filter(case_id=case_id, status=Status.DECLINED).values_list("attorney_id")


# --- rows and moves


def locked(case_id: str) -> tuple[Case, Referral | None]:
    """The case with all it belongs to, and its open referral; both locked, the case first."""
    return _case.one(id=case_id), _open.first(case_id=case_id)


@Prepared
def _case(id: str) -> QuerySet[Case]:
    return db.locked(Case.objects.select_related("debtor", "campaign__organisation").filter(id=id))


@Prepared
def _open(case_id: str) -> QuerySet[Referral]:
    return db.locked(Referral.objects.filter(case_id=case_id, status__in=OPEN_REFERRALS).order_by("id"))


def insert(case: Case, status: str, *, by: str, at: datetime, offer_at: datetime | None = None) -> Referral:
    return Referral.objects.create(
        id=ids.new("rfl"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        case=case,
        status=status,
        offer_at=offer_at,
        actor=by,
    )


def propose(case: Case, *, offer_at: datetime | None, at: datetime) -> Referral:
    """The creditor hears that the locked case is to be offered at `offer_at`; None: when they say so."""
    referral = insert(case, Status.PROPOSED, by="engine", at=at, offer_at=offer_at)
    shown = clock.iso(offer_at) if offer_at else None
    tell("case.escalation_proposed", case, referral, by="engine", at=at, offer_at=shown)
    return referral


def move(referral: Referral, then: str, *, by: str, at: datetime, **changes: Any) -> None:
    """Raises ApiError(illegal_transition)."""
    transitions.check(rules.REFERRAL, referral.status, then)
    for name, value in changes.items():
        setattr(referral, name, value)
    referral.status, referral.actor, referral.updated_at = then, by, at
    referral.save(update_fields=["status", "actor", "updated_at", *changes])


def offer(case: Case, referral: Referral, *, by: str, at: datetime) -> bool:
    """Authorise the coming referral, and ask an attorney; False while none fits (then it stays authorised)."""
    if referral.status == Status.PROPOSED:
        move(referral, Status.AUTHORISED, by=by, at=at)
        tell("referral.authorised", case, referral, by=by, at=at)
    attorney = Attorney.objects.filter(id=attorney_for(case, at=at)).first()
    if attorney is None:
        return False
    move(referral, Status.OFFERED, by=by, at=at, attorney=attorney, offered_at=at)
    tell("referral.offered", case, referral, by=by, at=at, name=attorney.name)
    return True


def decline(case: Case, referral: Referral, reason: str, *, by: str, at: datetime) -> None:
    """It comes to nothing: an attorney declined, or nothing is left to take."""
    move(referral, Status.DECLINED, by=by, at=at, reason=reason[:300])
    tell("referral.declined", case, referral, by=by, at=at, reason=reason)


def tell(type: str, case: Case, referral: Referral, *, by: str, at: datetime, **more: Any) -> None:
    owed = amount(case, case.balance_minor)
    record_case(type, case, by=by, at=at, cause=referral.id, balance=owed, referral_id=referral.id, **more)
