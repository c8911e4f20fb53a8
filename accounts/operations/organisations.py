"""Organisations and the people in them."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress

from accounts import credentials
from accounts.models import Collector, Member, Organisation, User
from agentcollect.kit import clock, db, errors
from events.operations import record

errors.define("live_not_approved", 422, "The organisation is not approved for live mode.")


def create_organisation(*, name: str, by: str, at: datetime, **facts: Any) -> Organisation:
    """A new creditor. `facts` are fields of Organisation: legal name, postal address, brand, `parent_id`, …"""
    organisation = Organisation(name=name, created_at=at, recorded_at=clock.now(), **facts)
    with db.atomic():
        organisation.save(force_insert=True)
        note("organisation.created", organisation.id, {"name": name}, by, at)
    return organisation


def approve_live(*, organisation_id: str, by: str, at: datetime) -> bool:
    """Let the organisation have live keys. False when it already may."""
    with db.atomic():
        changed = Organisation.objects.filter(id=organisation_id, live_approved=False).update(live_approved=True)
        if changed:
            note("organisation.live_approved", organisation_id, {}, by, at)
    credentials.forget_organisation(organisation_id)
    return bool(changed)


# What a person of the creditor signs before anyone is contacted in live mode (LAW.md, R-37).
MANDATE = (
    "We authorise the collection of the debts we place. Each of them is due, belongs to us, and is placed with nobody "
    "else while it is placed here."
)


def sign_mandate(*, organisation_id: str, signed_by: str, by: str, at: datetime) -> Organisation:
    """Record that `signed_by`, a person of the creditor, signed the mandate. Signed already: the first one stands."""
    with db.atomic():
        row = db.locked(Organisation.objects.filter(id=organisation_id)).get()
        if row.mandate_signed_at is None:
            row.mandate_signed_at, row.mandate_signed_by, row.mandate_text = at, signed_by[:200], MANDATE
            row.save(update_fields=["mandate_signed_at", "mandate_signed_by", "mandate_text"])
            note("organisation.mandate_signed", row.id, {"signed_by": signed_by, "statement": MANDATE}, by, at)
    return row


def set_collector(*, organisation_id: str, collector_id: str | None, by: str, at: datetime) -> Organisation:
    """Who contacts its debtors (LAW.md, R-31): a collector of record, or None: the creditor itself."""
    with db.atomic():
        row = db.locked(Organisation.objects.filter(id=organisation_id)).get()
        collector = Collector.objects.get(id=collector_id) if collector_id else None
        row.collector, row.first_party = collector, collector is None
        row.save(update_fields=["collector", "first_party"])
        named = collector.legal_name if collector else "the creditor itself"
        note("organisation.collector_set", row.id, {"collector": named}, by, at)
    return row


def add_member(*, organisation_id: str, email: str, password: str | None, role: str, by: str, at: datetime) -> Member:
    """A person's place in an organisation. A login that exists keeps its password; a membership, its role."""
    with db.atomic():
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            user = User.objects.create_user(email, password)
            vouch(user=user)
        member, new = Member.objects.get_or_create(
            user=user, organisation_id=organisation_id, defaults={"role": role, "created_at": at}
        )
        if new:
            data = {"member_id": member.id, "role": role, "email": user.email}
            note("member.added", organisation_id, data, by, at)
    return member


def vouch(*, user: User) -> None:
    """Count the address of a login that the operator made as verified. A row that exists is left alone."""
    if not EmailAddress.objects.filter(user=user).exists():
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def set_password(*, member_id: str, password: str, by: str, at: datetime) -> None:
    """Give the member's login a new password."""
    with db.atomic():
        member = Member.objects.select_related("user").get(id=member_id)
        member.user.set_password(password)
        member.user.save(update_fields=["password"])
        note("member.password_set", member.organisation_id, {"member_id": member_id}, by, at)


def note(type: str, organisation_id: str, data: dict[str, Any], by: str, at: datetime) -> None:
    """Audit of what belongs to both modes stands with live mode, whose rows no sandbox reset may remove."""
    record(type=type, organisation_id=organisation_id, livemode=True, data=data, by=by, at=at)
