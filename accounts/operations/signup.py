"""Self-service: an organisation of one's own, who it is, and the wish for live mode."""

from dataclasses import dataclass
from datetime import datetime

from accounts import credentials, rules
from accounts.models import Member, Organisation, User
from accounts.operations.keys import create_key
from accounts.operations.organisations import create_organisation, note
from agentcollect.kit import db, ids
from agentcollect.kit.errors import ApiError

# The sentence beside the box, kept with the event: what was attested is these very words.
ATTESTATION = "The debts we place are owed by companies, for goods or services, and are due and ours to collect."
KEY_NAME = "First test key"


@dataclass(frozen=True, slots=True)
class Opened:
    """A new organisation; `secret` is its first test key in clear text, shown once and kept nowhere."""

    organisation: Organisation
    member: Member
    secret: str


def open_organisation(
    *,
    user: User,
    name: str,
    legal_name: str,
    postal_address: str,
    country: str,
    timezone: str,
    currency: str,
    terms_url: str,
    at: datetime,
) -> Opened:
    """The organisation that `user` owns, with what the law asks for, the attestation and a first test key.

    The form asked `user` for all of it, the attestation included (`ATTESTATION`); `terms_url` is what they accepted,
    empty where the operator has no terms. Live mode stays closed. Raises ApiError(illegal_transition) for somebody
    who is in an organisation already: a second press of the button finds the first one's.
    """
    member = Member(id=ids.new("mem"), user=user, role=Member.Role.OWNER, created_at=at)
    by = f"member:{member.id}"
    with db.atomic():
        db.locked(User.objects.filter(id=user.id)).get()
        if Member.objects.filter(user=user).exists():
            raise ApiError("illegal_transition", "You are in an organisation already.")
        organisation = create_organisation(
            name=name,
            legal_name=legal_name,
            postal_address=postal_address,
            country=country,
            timezone=timezone,
            currency=currency,
            # the United States, and the organisation's own country.
            enabled_countries=sorted({"US", country}),
            attested_class="commercial",
            attested_at=at,
            attested_by=user.email,
            by=by,
            at=at,
        )
        member.organisation = organisation
        member.save(force_insert=True)
        note("member.added", organisation.id, {"member_id": member.id, "role": "owner", "email": user.email}, by, at)
        note("organisation.attested", organisation.id, {"class": "commercial", "statement": ATTESTATION}, by, at)
        if terms_url:
            note("organisation.terms_accepted", organisation.id, {"url": terms_url}, by, at)
        _, secret = create_key(organisation_id=organisation.id, livemode=False, name=KEY_NAME, by=by, at=at)
    return Opened(organisation, member, secret)


def change_identity(
    *, organisation_id: str, legal_name: str, postal_address: str, timezone: str, attested: bool, by: str, at: datetime
) -> Organisation:
    """Who the organisation is. `attested` gives the attestation where none stands; it never takes one back.

    `by` is a member. Campaigns keep the brand they were made with. What did not change is not recorded.
    """
    asked = {"legal_name": legal_name, "postal_address": postal_address, "timezone": timezone}
    with db.atomic():
        row = db.locked(Organisation.objects.filter(id=organisation_id)).get()
        changed = [name for name, value in asked.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, asked[name])
        attest = attested and not row.attested_class
        if attest:
            row.attested_class, row.attested_at, row.attested_by = "commercial", at, by
            note("organisation.attested", row.id, {"class": "commercial", "statement": ATTESTATION}, by, at)
        if changed:
            note("organisation.updated", row.id, {"fields": ", ".join(changed)}, by, at)
        if changed or attest:
            row.save(update_fields=[*asked, "attested_class", "attested_at", "attested_by"])
    credentials.forget_organisation(organisation_id)
    return row


def missing_for_live(organisation: Organisation) -> list[tuple[str, str]]:
    """(code, words) of what the organisation itself still has to give before live mode may be asked for."""
    found = rules.blocking(
        legal_name=organisation.legal_name,
        postal_address=organisation.postal_address,
        attested_class=organisation.attested_class,
        enabled_countries=organisation.enabled_countries,
        live_approved=True,
        paused=False,
    )
    return found


def request_live(*, organisation_id: str, by: str, at: datetime) -> Organisation:
    """Ask operations for live mode (they answer by `approve_live`). Asking twice records nothing.

    Raises ApiError(illegal_transition) while something is missing.
    """
    with db.atomic():
        row = db.locked(Organisation.objects.filter(id=organisation_id)).get()
        if missing := missing_for_live(row):
            raise ApiError("illegal_transition", " ".join(words for _, words in missing))
        if row.live_approved or row.live_requested_at:
            return row
        row.live_requested_at, row.live_requested_by = at, by
        row.save(update_fields=["live_requested_at", "live_requested_by"])
        note("organisation.live_requested", row.id, {}, by, at)
    return row
