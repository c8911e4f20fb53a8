"""Whom to write to: the creditor adds, corrects, closes and has checked. It counts from the next step on."""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, db, errors, ids, jobs
from agentcollect.kit.errors import ApiError
from campaigns import queries
from campaigns.models import Case, Contact, Debtor, Hold, Suppression
from campaigns.operations import exclusions, holds
from campaigns.operations.cases import cancel_steps, record_case
from campaigns.operations.contacts import needs_contact
from campaigns.operations.facts import about, case_data
from campaigns.operations.planning import hand_on, resume
from campaigns.operations.tasks import end_debtor_tasks
from campaigns.queries.conversations import age
from campaigns.queries.people import PERSONAL_HOLDS
from campaigns.rules.addresses import is_role, status_after_check
from events.operations import About, record

errors.define("duplicate_contact", 409, "This debtor has a contact with that address already (`resource_id`).")
errors.define("contact_without_email", 409, "The contact has no e-mail address that could be checked.")
errors.define("suppression_not_yours", 409, "The debtor opted out, or the law forbids it: it is not yours to undo.")

Changes = dict[str, Any]


def add_contact(*, debtor_id: str, facts: Changes, by: str, at: datetime) -> Contact:
    """Add somebody the creditor knows (`name`, `email`, `phone`, `title`, `level`); what waited for a contact goes on.

    Raises ApiError(duplicate_contact).
    """
    with db.atomic():
        debtor = db.locked(Debtor.objects.filter(id=debtor_id)).get()
        _refuse_twin(debtor.id, facts.get("email", ""))
        added = Contact.objects.create(
            id=ids.new("con"),
            organisation_id=debtor.organisation_id,
            livemode=debtor.livemode,
            clock_id=debtor.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            updated_at=at,
            debtor=debtor,
            **_GIVEN,
            sources=["creditor"],
            **facts,
        )
        apply_exclusions(debtor, by=by, at=at)
        resume_waiting(debtor, at=at)
        record_debtor("contact.added", debtor, by=by, at=at, contact_id=added.id, name=added.name or added.email)
        return added


_GIVEN = {"source": Contact.Source.CREDITOR, "basis": "creditor_supplied", "confidence": 100}


def _refuse_twin(debtor_id: str, email: str, *, but: str = "") -> None:
    twins = Contact.objects.filter(debtor_id=debtor_id, email__iexact=email).exclude(id=but)
    twin = twins.values_list("id", flat=True).first() if email else None
    if twin:
        raise ApiError("duplicate_contact", param="email", resource_id=twin)


def correct_contact(*, contact_id: str, changes: Changes, by: str, at: datetime) -> None:
    """Correct a contact (columns → values, and `suppressed`). Another address is the creditor's own from now on.

    Raises ApiError: duplicate_contact, suppression_not_yours.
    """
    with db.atomic():
        debtor, contact = _locked(contact_id)
        facts = {name: value for name, value in changes.items() if name != "suppressed"}
        changed = {name: value for name, value in facts.items() if getattr(contact, name) != value}
        if changed:
            _correct_person(debtor, contact, changed, by=by, at=at)
        if changes.get("suppressed") is True:
            _close_contact(contact, "", by=by, at=at)
        if changes.get("suppressed") is False:
            _open_contact(contact, by=by, at=at)
        if changed or "suppressed" in changes:
            stop_waiting(debtor, at=at)
            resume_waiting(debtor, at=at)


def _locked(contact_id: str) -> tuple[Debtor, Contact]:
    found = Contact.objects.values_list("debtor_id", flat=True).get(id=contact_id)
    debtor = db.locked(Debtor.objects.filter(id=found)).get()
    return debtor, db.locked(Contact.objects.select_related("debtor").filter(id=contact_id)).get()


def _correct_person(debtor: Debtor, contact: Contact, changed: Changes, *, by: str, at: datetime) -> None:
    if "email" in changed:
        _refuse_twin(debtor.id, changed["email"], but=contact.id)
        changed = changed | _GIVEN | _UNCHECKED | {"sources": sorted({*contact.sources, "creditor"})}
        release_law(contact, at=at)
    for name, value in changed.items():
        setattr(contact, name, value)
    contact.updated_at = at
    contact.save()
    apply_exclusions(debtor, by=by, at=at)
    fields = sorted(changed.keys() - _GIVEN.keys() - _UNCHECKED.keys() - {"sources"})
    record_debtor("contact.changed", debtor, by=by, at=at, contact_id=contact.id, fields=fields)


_UNCHECKED = {
    "email_status": "unknown",
    "verified_at": None,
    "checks": None,
    "check_requested_at": None,
    "vouched_at": None,
}


def suppress_contact(*, contact_id: str, reason: str, by: str, at: datetime) -> None:
    """The creditor wants nothing sent to this contact. Twice is once."""
    with db.atomic():
        debtor, contact = _locked(contact_id)
        _close_contact(contact, reason, by=by, at=at)
        stop_waiting(debtor, at=at)


def _close_contact(contact: Contact, reason: str, *, by: str, at: datetime) -> None:
    mine = Hold.objects.filter(contact=contact, kind=Hold.Kind.DO_NOT_CONTACT, released_at=None)
    if mine.exists():
        return
    holds.hold(
        kind=Hold.Kind.DO_NOT_CONTACT, on=contact, by=by, at=at, evidence={"reason": reason or "suppressed by you"}
    )
    case = queries.speaking_case(contact.debtor_id)
    if case:
        named = {"contact_id": contact.id, "channel": "email", "reason": "creditor"}
        record(
            type="contact.suppressed",
            organisation_id=contact.organisation_id,
            livemode=contact.livemode,
            data=case_data(case, contact.debtor.name, **named),
            by=by,
            at=at,
            about=about(case),
        )


def _open_contact(contact: Contact, *, by: str, at: datetime) -> None:
    """Take back what the creditor closed, and answer their rules that ask first."""
    gone = Suppression.objects.filter(
        organisation_id=contact.organisation_id,
        livemode=contact.livemode,
        address__iexact=contact.email,
        channel__in=["email", "all"],
    )
    standing = Hold.objects.filter(contact=contact, kind__in=PERSONAL_HOLDS, released_at=None)
    if (contact.email and gone.exists()) or standing.filter(kind=Hold.Kind.COMPLIANCE_REVIEW).exists():
        raise ApiError("suppression_not_yours", param="suppressed")
    for hold in standing.exclude(exclusion__effect="never_contact").select_related("contact").order_by("id"):
        holds.release(hold=hold, by=by, at=at)


# --- checks


def request_check(*, contact_id: str, vouched: bool, by: str, at: datetime) -> None:
    """Have a worker ask whether the address's domain takes mail. Raises ApiError(contact_without_email)."""
    with db.atomic():
        debtor, contact = _locked(contact_id)
        if not contact.email:
            raise ApiError("contact_without_email")
        contact.check_requested_at, contact.updated_at = clock.now(), at
        contact.vouched_at = at if vouched else contact.vouched_at
        contact.save(update_fields=["check_requested_at", "vouched_at", "updated_at"])
        record_debtor("contact.check_requested", debtor, by=by, at=at, contact_id=contact.id, vouched=vouched)
        jobs.enqueue("outreach.check_contacts")


def checked(*, contact: Contact, mx: bool | None, detail: str, at: datetime) -> bool:
    """Write down what a check found. False when the address was corrected, or asked about anew, meanwhile."""
    with db.atomic():
        debtor = db.locked(Debtor.objects.filter(id=contact.debtor_id)).get()
        asked = Contact.objects.filter(
            id=contact.id, email=contact.email, check_requested_at=contact.check_requested_at
        )
        standing = db.locked(asked.select_related("debtor")).first()
        if standing is None:
            return False
        standing.email_status = status_after_check(
            before=standing.email_status, mx=mx, vouched=standing.vouched_at is not None, role=is_role(standing.email)
        )
        if standing.email_status == "valid" and mx:
            standing.verified_at = standing.verified_at or at
        standing.checks = {"syntax": True, "mx": mx, "detail": detail, "checked_at": clock.iso(at)}
        standing.check_requested_at, standing.updated_at = None, at
        standing.save()
        named = {"contact_id": standing.id, "status": standing.email_status, "mx": mx, "detail": detail}
        record_debtor("contact.checked", debtor, by="engine", at=at, **named)
        stop_waiting(debtor, at=at)
        resume_waiting(debtor, at=at)
        return True


# --- what follows


def apply_exclusions(debtor: Debtor, *, by: str, at: datetime) -> None:
    """After a correction: the creditor's rules, read again."""
    exclusions.release_outdated(debtor=debtor, by=by, at=at)
    named = {"organisation_id": debtor.organisation_id, "livemode": debtor.livemode}
    exclusions.enforce(**named, debtor_ids=[debtor.id], at=at)


def release_law(person: Contact, *, at: datetime) -> None:
    """A contact that search had found is no longer of that kind."""
    closed = Hold.objects.filter(contact=person, kind=Hold.Kind.COMPLIANCE_REVIEW, released_at=None, actor="engine")
    for hold in closed:
        holds.release(hold=hold, by="engine", at=at)


def resume_waiting(debtor: Debtor, *, at: datetime) -> None:
    """Invoices that waited for somebody to write to go on, if there is somebody now; so does one that was given up,
    since nobody who was known could be told what is owed."""
    holds.look_again(debtor_id=debtor.id, at=at)
    active = Case.objects.filter(debtor=debtor, status=Case.Status.ACTIVE, closed_at=None, opened_at__isnull=False)
    for campaign_id in sorted(set(active.values_list("campaign_id", flat=True))):
        hand_on(debtor_id=debtor.id, campaign_id=campaign_id, at=at)
    waiting = Case.objects.filter(debtor=debtor, status=Case.Status.NEEDS_CONTACT, closed_at=None)
    if not waiting.exists() or not queries.usable_contacts(debtor.id).exists():
        return
    cases = list(db.locked(waiting.select_related("debtor")).order_by("id"))
    for case in cases:
        case.status, case.updated_at = Case.Status.ACTIVE, at
        case.save(update_fields=["status", "updated_at"])
        words = "somebody to write to is known; it goes on"
        record_case("case.updated", case, by="engine", at=at, change=words, status=case.status, changes={}, reason=None)
    for case in sorted(cases, key=age):
        resume(case=case, at=at)
    end_debtor_tasks(debtor_id=debtor.id, kind="contact_needed", outcome="added", by="engine", at=at)


def stop_waiting(debtor: Debtor, *, at: datetime) -> None:
    """With nobody left to write to, open invoices say so, instead of planning what cannot be sent."""
    if queries.usable_contacts(debtor.id).exists():
        return
    active = Case.objects.filter(debtor=debtor, status=Case.Status.ACTIVE, closed_at=None)
    for case in db.locked(active.select_related("debtor")).order_by("id"):
        cancel_steps(case_id=case.id, reason="nobody is left to write to", at=at)
        needs_contact(case=case, at=at)


def record_debtor(type: str, debtor: Debtor, *, by: str, at: datetime, **data: Any) -> None:
    """An entry of the audit, shown on the timeline of the debtor's oldest open invoice."""
    case = queries.speaking_case(debtor.id)
    record(
        type=type,
        organisation_id=debtor.organisation_id,
        livemode=debtor.livemode,
        data={"debtor_id": debtor.id, "debtor": debtor.name, **data},
        by=by,
        at=at,
        about=about(case) if case else About(debtor_id=debtor.id),
    )
