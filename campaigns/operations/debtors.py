"""The creditor corrects who a debtor is. Each correction counts from the next step on."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError

from accounts.models import Organisation
from agentcollect.kit import db, errors
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Case, Contact, Debtor, Hold
from campaigns.operations import exclusions, holds
from campaigns.operations.facts import whereabouts
from campaigns.operations.people import apply_exclusions, record_debtor, release_law, resume_waiting, stop_waiting
from campaigns.rules import search
from campaigns.rules.identity import debtor_identity, looks_like_a_person

errors.define("duplicate_debtor", 409, "Another debtor has that `external_id` already (`resource_id`).")

Changes = dict[str, Any]


def correct_debtor(*, debtor_id: str, changes: Changes, reason: str, by: str, at: datetime) -> Debtor:
    """Correct a debtor's facts (columns → values, and `do_not_contact`). Changing nothing records nothing.

    Raises ApiError: consumer_debt_not_enabled, country_not_enabled, duplicate_debtor, hold_not_yours.
    """
    try:
        with db.atomic():
            debtor = db.locked(Debtor.objects.select_related("organisation").filter(id=debtor_id)).get()
            facts = {name: value for name, value in changes.items() if name != "do_not_contact"}
            _correct_facts(debtor, facts, reason, by=by, at=at)
            if "do_not_contact" in changes:
                _close_debtor(debtor, changes["do_not_contact"], reason, by=by, at=at)
            return debtor
    except IntegrityError as error:
        if "debtor_identity_once" not in str(error) and "campaigns_debtor.identity" not in str(error):
            raise
        raise ApiError("duplicate_debtor", param="external_id") from error


def _correct_facts(debtor: Debtor, facts: Changes, reason: str, *, by: str, at: datetime) -> None:
    changed = {name: value for name, value in facts.items() if getattr(debtor, name) != value}
    if not changed:
        return
    was_consumer = whereabouts(debtor).consumer
    shown = {name: {"before": getattr(debtor, name), "after": value} for name, value in changed.items()}
    for name, value in changed.items():
        setattr(debtor, name, value)
    _check_permitted(debtor, debtor.organisation, changed)
    if "external_id" in changed:
        _rename_identity(debtor)
    if "name" in changed:
        debtor.screened_list = ""  # the new name has not been compared with any list
    debtor.updated_at = at
    debtor.save()
    if "name" in changed:
        _find_by_new_name(debtor)
    if changed.keys() & {"debt_class", "debtor_type"}:
        _apply_class(debtor, was_consumer=was_consumer, by=by, at=at)
    apply_exclusions(debtor, by=by, at=at)
    holds.look_again(debtor_id=debtor.id, at=at)
    record_debtor("debtor.updated", debtor, by=by, at=at, fields=sorted(changed), changes=shown, reason=reason or None)


def _check_permitted(debtor: Debtor, organisation: Organisation, changed: Changes) -> None:
    """What a create would refuse, a correction may not bring in (LAW.md, R-00 and R-35)."""
    faults = []
    marked = changed.keys() & {"debt_class", "debtor_type"}
    if marked and whereabouts(debtor).consumer and not organisation.consumer_enabled:
        field = "debt_class" if changed.get("debt_class") == "consumer" else "debtor_type"
        words = "Consumer debt is taken only where operations has enabled it for your organisation."
        faults.append(FieldError(field, "consumer_debt_not_enabled", words))
    enabled = organisation.enabled_countries or [organisation.country]
    if "country" in changed and debtor.country not in enabled:
        words = f"{debtor.country} is not among the countries enabled for your organisation."
        faults.append(FieldError("country", "country_not_enabled", words))
    if faults:
        raise errors.invalid(faults)


def _rename_identity(debtor: Debtor) -> None:
    """Later rows find the debtor by its new `external_id`. A name or a country is only corrected: the rows that come
    from the creditor's own books go on finding the debtor as they spell it."""
    email = f"x@{debtor.email_domain}" if debtor.email_domain else ""
    debtor.identity = debtor_identity(
        external_id=debtor.external_id, email=email, name=debtor.name, country=debtor.country
    )
    mine = Debtor.objects.filter(organisation_id=debtor.organisation_id, livemode=debtor.livemode)
    twin = mine.filter(identity=debtor.identity).exclude(id=debtor.id).values_list("id", flat=True).first()
    if twin:
        raise ApiError("duplicate_debtor", param="external_id", resource_id=twin)


def _find_by_new_name(debtor: Debtor) -> None:
    cases = list(Case.objects.filter(debtor=debtor).exclude(search=""))
    for case in cases:
        case.search = search.text(debtor.name, case.invoice_number)
    Case.objects.bulk_update(cases, ["search"], batch_size=200)


def _apply_class(debtor: Debtor, *, was_consumer: bool, by: str, at: datetime) -> None:
    """A mark is a person's decision: it ends the doubt. A consumer's people are never searched for (R-06, R-19), so
    those that were found are closed, and opened again when the mark is taken back."""
    marked = bool(debtor.debt_class or debtor.debtor_type)
    doubts = Hold.objects.filter(kind=Hold.Kind.IDENTITY_DOUBT, released_at=None)
    for doubt in [*doubts.filter(debtor=debtor), *doubts.filter(case__debtor=debtor).order_by("id")]:
        if marked:
            holds.release(hold=doubt, by=by, at=at)
    first = Contact.objects.filter(debtor=debtor).exclude(email="").order_by("id").first()
    if not marked and looks_like_a_person(name=debtor.name, email=first.email if first else ""):
        holds.hold(kind=Hold.Kind.IDENTITY_DOUBT, on=debtor, by="engine", at=at)
    is_consumer = whereabouts(debtor).consumer
    if is_consumer != was_consumer:
        _close_found_people(debtor, is_consumer, at=at)


def _close_found_people(debtor: Debtor, consumer: bool, *, at: datetime) -> None:
    for person in Contact.objects.filter(debtor=debtor, source=Contact.Source.ENRICHMENT).order_by("id"):
        if consumer:
            reason = {"rule": "R-06", "reason": "found by search, and this is the debt of a natural person"}
            holds.hold(kind=Hold.Kind.COMPLIANCE_REVIEW, on=person, by="engine", at=at, evidence=reason)
        else:
            release_law(person, at=at)
    (stop_waiting if consumer else resume_waiting)(debtor, at=at)


def _close_debtor(debtor: Debtor, closed: bool, reason: str, *, by: str, at: datetime) -> None:
    """The creditor's own word about the whole debtor; taken back, it covers what their rows said of single invoices."""
    kind = Hold.Kind.DO_NOT_CONTACT
    standing = Hold.objects.filter(kind=kind, released_at=None)
    if closed and not standing.filter(debtor=debtor).exists():
        placed = holds.hold(kind=kind, on=debtor, by=by, at=at, evidence={"reason": reason or "do not contact"})
        exclusions.tell([placed], "case.held", by=by, at=at)
    if not closed:
        ended = list(standing.filter(debtor=debtor))
        for hold in [*ended, *standing.filter(case__debtor=debtor).order_by("id")]:
            holds.release(hold=hold, by=by, at=at)
        exclusions.tell(ended, "case.released", by=by, at=at)
