"""What the operator charges: earned when money came, given back when it went, each line once and never changed.

What stands of a payment in a case decides: the fee is a share of it, rounded once, so that what was earned and what was
given back of a payment that went back whole are the same to the last minor unit, in however many parts it went.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from agentcollect.kit import clock, db, errors, money
from agentcollect.kit.errors import FieldError
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Contact
from events import operations as events
from payments import rules
from payments.models import FeeEntry, FeeSchedule, Payment

_MOST_FOR_A_CONTACT = 1_000_000


def earned(*, payment: Payment, case: Case, minor: int, by: str, at: datetime) -> int:
    """Charge for `minor` of `payment` that was applied to `case`: the success fee, and the card fee where it is one.

    By the schedule in force at `at`; money that comes again after it went back earns by the terms it first earned by.
    A payment bears no fee on more than itself, so telling it twice charges once. In the transaction that holds the
    payment's row. Returns what was charged, in minor units: it belongs on the payment's `success_fee_minor`.
    """
    schedule = in_force(case.organisation_id, at)
    if schedule is None or minor <= 0:
        return 0
    entries = list(FeeEntry.objects.filter(payment_id=payment.id).order_by("recorded_at", "id"))
    here = [entry for entry in entries if entry.case_id == case.id]
    terms = _first_terms(here) if here else _terms(schedule, payment, case)
    rows = []
    for one in terms:
        stands = _standing(here, one.kind).basis_minor
        room = payment.amount_minor - sum(e.basis_minor for e in entries if e.kind == one.kind)
        times = sum(entry.kind == one.kind and entry.basis_minor > 0 for entry in here)
        cause = f"{payment.id}.{times}" if times else payment.id
        rows += _moved(one, stands, min(minor, room), payment=payment, case=case, cause=cause, by=by, at=at)
    return _written(rows)


def given_back(*, payment: Payment, case: Case, minor: int, cause: str, by: str, at: datetime) -> int:
    """Give back what `minor` of `payment`, which left `case` again by `cause` (a refund, a reversal), had been charged.

    In proportion, and exactly all of it when nothing stands any more. The same cause counts once. In the transaction
    that holds the payment's row. Returns what was given back, in minor units (0 or more).
    """
    here = list(FeeEntry.objects.filter(payment_id=payment.id, case_id=case.id).order_by("recorded_at", "id"))
    if minor <= 0 or not here or any(entry.cause == cause for entry in here):
        return 0
    rows = []
    for one in _first_terms(here):
        stands = _standing(here, one.kind).basis_minor
        rows += _moved(one, stands, -min(minor, stands), payment=payment, case=case, cause=cause, by=by, at=at)
    return -_written(rows)


def discovered(*, contacts: Sequence[Contact], by: str, at: datetime) -> int:
    """Charge for people who were found (never for an address that was given), to the oldest open case of each debtor.

    Each contact counts once. Nobody is charged where every case is closed. Returns what was charged, in minor units of
    the schedule's currency.
    """
    schedule = in_force(contacts[0].organisation_id, at) if contacts else None
    if schedule is None or not schedule.discovery_minor:
        return 0
    with db.atomic():
        known = FeeEntry.objects.filter(kind=FeeEntry.Kind.DISCOVERY, cause__in=[person.id for person in contacts])
        charged = set(known.values_list("cause", flat=True))
        rows = []
        for person in contacts:
            case = _oldest_open.first(debtor_id=person.debtor_id)
            if case is not None and person.id not in charged and person.source == Contact.Source.ENRICHMENT:
                rows.append(_discovery(schedule, person, case, by=by, at=at))
        return _written(rows)


@Prepared
def _oldest_open(debtor_id: str) -> QuerySet[Case]:
    return Case.objects.filter(debtor_id=debtor_id, closed_at=None).order_by("id")[:1]


def in_force(organisation_id: str, at: datetime) -> FeeSchedule | None:
    """The schedule that `organisation_id` is charged by at `at`; None: it is charged nothing."""
    return _in_force.first(organisation_id=organisation_id, at=at)


@Prepared
def _in_force(organisation_id: str, at: datetime) -> QuerySet[FeeSchedule]:
    rows = FeeSchedule.objects.filter(organisation_id=organisation_id, effective_at__lte=at)
    return rows.order_by("-effective_at")[:1]


def agree(
    *,
    organisation_id: str,
    tiers: list[dict[str, Any]],
    card_basis_points: int,
    discovery_minor: int,
    currency: str,
    effective_at: datetime | None,
    by: str,
    at: datetime,
) -> FeeSchedule:
    """Write down what an organisation is charged from `effective_at` on (None: now), until a later schedule.

    What was earned before stays as it was charged. Raises ApiError(invalid_request): the tiers are none, a share is
    more than the whole, the moment is past, or another schedule begins at that very moment.
    """
    starts = effective_at or at
    check_agreed(
        organisation_id=organisation_id,
        tiers=tiers,
        card_basis_points=card_basis_points,
        discovery_minor=discovery_minor,
        currency=currency,
        effective_at=effective_at,
        at=at,
    )
    with db.atomic():
        schedule = FeeSchedule.objects.create(
            organisation_id=organisation_id,
            effective_at=starts,
            tiers=tiers,
            card_basis_points=card_basis_points,
            discovery_minor=discovery_minor,
            currency=currency,
            actor=by,
            created_at=at,
        )
        terms = {"schedule_id": schedule.id, "effective_at": clock.iso(starts), "tiers": tiers}
        more = {"card_basis_points": card_basis_points, "discovery_minor": discovery_minor, "currency": currency}
        # Of both modes: it stands with live mode, whose rows no reset of test data removes.
        events.record(
            type="organisation.fees_agreed",
            organisation_id=organisation_id,
            livemode=True,
            data=terms | more,
            by=by,
            at=at,
        )
        return schedule


def check_agreed(
    *,
    organisation_id: str,
    tiers: object,
    card_basis_points: int,
    discovery_minor: int,
    currency: str,
    effective_at: datetime | None,
    at: datetime,
) -> None:
    """Raises what `agree` would."""
    starts = effective_at or at
    faults = [FieldError("tiers", "invalid_request", words) for words in rules.tier_faults(tiers)]
    if not 0 <= card_basis_points <= rules.WHOLE_IN_POINTS:
        faults.append(FieldError("card_basis_points", "invalid_request", "A share is 0 to 10000 basis points."))
    if not 0 <= discovery_minor <= _MOST_FOR_A_CONTACT:
        faults.append(FieldError("discovery_minor", "invalid_request", "A contact costs 0 to 1,000,000 minor units."))
    if currency not in money.CURRENCIES:
        faults.append(FieldError("currency", "invalid_currency", "This is not an ISO 4217 code in use."))
    if starts < at:
        faults.append(FieldError("effective_at", "invalid_request", "What was earned stays as it was charged."))
    if FeeSchedule.objects.filter(organisation_id=organisation_id, effective_at=starts).exists():
        faults.append(FieldError("effective_at", "invalid_request", "Another schedule begins at that very moment."))
    if faults:
        raise errors.invalid(faults)


# --- terms


@dataclass(frozen=True, slots=True)
class _Terms:
    """What one kind of fee is charged by."""

    kind: str
    schedule_id: str
    age_days: int
    basis_points: int


def _terms(schedule: FeeSchedule, payment: Payment, case: Case) -> list[_Terms]:
    age = rules.age_at_placement(case.created_at, case.due_date, case.organisation.timezone)
    success = _Terms(FeeEntry.Kind.SUCCESS, schedule.id, age, rules.tier_points(schedule.tiers, age))
    by_card = schedule.card_basis_points if payment.method == Payment.Method.CARD else 0
    card = _Terms(FeeEntry.Kind.CARD, schedule.id, age, by_card)
    return [one for one in (success, card) if one.basis_points]


def _first_terms(entries: Sequence[FeeEntry]) -> list[_Terms]:
    """By kind, what the first of these entries was charged by."""
    first = {entry.kind: entry for entry in reversed(entries)}
    return [
        _Terms(kind, first[kind].schedule_id, first[kind].age_days, first[kind].basis_points)
        for kind in (FeeEntry.Kind.SUCCESS, FeeEntry.Kind.CARD)
        if kind in first
    ]


@dataclass(frozen=True, slots=True)
class _Standing:
    basis_minor: int
    amount_minor: int


def _standing(entries: Sequence[FeeEntry], kind: str) -> _Standing:
    """What of these entries of `kind` stands: the sum of what was earned and what was given back."""
    mine = [entry for entry in entries if entry.kind == kind]
    return _Standing(sum(entry.basis_minor for entry in mine), sum(entry.amount_minor for entry in mine))


# --- rows


def _moved(
    terms: _Terms, stands: int, moved: int, *, payment: Payment, case: Case, cause: str, by: str, at: datetime
) -> list[FeeEntry]:
    """The entry by which the basis goes from `stands` to `stands + moved`; none where it does not move.

    A part so small that it changes no fee is an entry of 0 all the same: the next part counts from it.
    """
    if moved == 0:
        return []
    change = rules.share(stands + moved, terms.basis_points) - rules.share(stands, terms.basis_points)
    return [
        _entry(
            case,
            kind=terms.kind,
            payment_id=payment.id,
            cause=cause,
            schedule_id=terms.schedule_id,
            age_days=terms.age_days,
            basis_minor=moved,
            basis_points=terms.basis_points,
            amount_minor=change,
            currency=payment.currency,
            actor=by,
            at=at,
        )
    ]


def _discovery(schedule: FeeSchedule, person: Contact, case: Case, *, by: str, at: datetime) -> FeeEntry:
    return _entry(
        case,
        kind=FeeEntry.Kind.DISCOVERY,
        cause=person.id,
        schedule_id=schedule.id,
        amount_minor=schedule.discovery_minor,
        currency=schedule.currency,
        actor=by,
        at=at,
    )


def _entry(case: Case, *, at: datetime, **fields: Any) -> FeeEntry:
    return FeeEntry(
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        case_id=case.id,
        created_at=at,
        recorded_at=clock.now(),
        **fields,
    )


def _written(rows: list[FeeEntry]) -> int:
    if rows:
        db.bulk_insert(FeeEntry, rows)
    return sum(row.amount_minor for row in rows)
