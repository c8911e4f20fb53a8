"""Where debtors' money goes: changed by two owners, three days apart from what it changes, and never in silence.

Whoever can change this can take the money. So one owner proposes, another approves, it is in force 72 hours after
that, each owner is written to at each of these moments, and any owner may stop it meanwhile. There is no route of the
API to it: a key is no person. In test mode, where no money moves, one owner's word is in force at once.

Lock order: the row that is proposed, the row that it replaces.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError
from django.db.models import F
from django.template.loader import render_to_string

from accounts.models import Member
from agentcollect.kit import clock, db, jobs, money
from agentcollect.kit.errors import ApiError, FieldError, invalid
from events import operations as events
from payments.models import RemitTo
from payments.rules import remitting as rules

log = structlog.get_logger()

WAITS = timedelta(hours=72)
TELL = "payments.tell_remit_to"
_OPEN = (RemitTo.Status.PROPOSED, RemitTo.Status.APPROVED)
# Nobody is written to about what another row's mail has said already.
_SILENT = (RemitTo.Status.REPLACED,)


def propose_remit_to(
    *, member: Member, livemode: bool, kind: str, currency: str, given: dict[str, str], at: datetime
) -> RemitTo:
    """Propose an account for money in `currency` ("" for a processor's, which takes whatever comes).

    `given`: {"holder", "bank", "iban", "bic"} or {"holder", "bank", "routing", "account"} for `bank`, {"account"} for
    `stripe`. The view has asked again who the person is. Raises ApiError: forbidden (no owner), invalid_request (with
    the fields), illegal_transition (a change of it waits already).
    """
    _check_owner(member)
    details = _details(kind, currency, given)
    try:
        with db.atomic():
            row = _insert(member, livemode, kind, "" if kind == RemitTo.Kind.STRIPE else currency, details, at)
            _note("remit_to.proposed", row, _by(member), at)
            if not livemode:
                _put_in_force(row, by=_by(member), at=at)
            jobs.enqueue(TELL)
    except IntegrityError:
        raise ApiError("illegal_transition", "A change of this account waits already. Cancel it first.") from None
    return row


def _details(kind: str, currency: str, given: dict[str, str]) -> dict[str, str]:
    if kind == RemitTo.Kind.STRIPE:
        details, faults = rules.stripe_details(given.get("account", ""))
    else:
        details, faults = rules.bank_details(given)
        if currency not in money.CURRENCIES:
            faults["currency"] = "Choose the currency that this account takes."
        elif "routing" in details and currency != "USD":
            faults["currency"] = "A US routing number takes US dollars."
    if faults:
        raise invalid([FieldError(name, "invalid_request", words) for name, words in faults.items()])
    return details


def _insert(member: Member, livemode: bool, kind: str, currency: str, details: dict[str, str], at: datetime) -> RemitTo:
    return RemitTo.objects.create(
        organisation_id=member.organisation_id,
        livemode=livemode,
        kind=kind,
        currency=currency,
        details=details,
        status=RemitTo.Status.PROPOSED,
        proposed_by=_by(member),
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
    )


def approve_remit_to(*, member: Member, remit_to_id: str, livemode: bool, at: datetime) -> RemitTo:
    """The second owner's word: in force 72 hours from now.

    Raises ApiError: not_found, forbidden (no owner, or the one who proposed it), illegal_transition.
    """
    with db.atomic():
        row = _locked(member, remit_to_id, livemode)
        if row.proposed_by == _by(member):
            raise ApiError("forbidden", "Another owner must approve it: you proposed it yourself.")
        if row.status != RemitTo.Status.PROPOSED:
            raise ApiError("illegal_transition", f"It is {row.status}, and waits for nobody's approval.")
        _move(row, at, status=RemitTo.Status.APPROVED, approved_by=_by(member), approved_at=at, effective_at=at + WAITS)
        _note("remit_to.approved", row, _by(member), at)
        jobs.enqueue(TELL)
    return row


def cancel_remit_to(*, member: Member, remit_to_id: str, livemode: bool, at: datetime) -> RemitTo:
    """Any owner stops a change that is not in force yet. Raises ApiError: not_found, forbidden, illegal_transition."""
    with db.atomic():
        row = _locked(member, remit_to_id, livemode)
        if row.status not in _OPEN:
            raise ApiError("illegal_transition", f"It is {row.status}: nothing is left to cancel.")
        _move(row, at, status=RemitTo.Status.CANCELLED, ended_at=at, ended_by=_by(member))
        _note("remit_to.cancelled", row, _by(member), at)
        jobs.enqueue(TELL)
    return row


def activate_remit_to(*, at: datetime) -> int:
    """Put in force what was approved 72 hours ago; how many that were."""
    due = RemitTo.objects.filter(status=RemitTo.Status.APPROVED, effective_at__lte=at).order_by("effective_at")
    return sum(_activate(row_id, at) for row_id in due.values_list("id", flat=True)[:100])


def _activate(row_id: str, at: datetime) -> int:
    with db.atomic():
        row = db.locked(RemitTo.objects.filter(id=row_id, status=RemitTo.Status.APPROVED)).first()
        if row is None:  # cancelled, or another worker's, a moment ago
            return 0
        _put_in_force(row, by="engine", at=at)
        jobs.enqueue(TELL)
    return 1


def _put_in_force(row: RemitTo, *, by: str, at: datetime) -> None:
    same = {"organisation_id": row.organisation_id, "livemode": row.livemode, "kind": row.kind}
    before = RemitTo.objects.filter(**same, currency=row.currency, status=RemitTo.Status.ACTIVE)
    for old in db.locked(before):
        _move(old, at, status=RemitTo.Status.REPLACED, ended_at=at, ended_by=by)
    _move(row, at, status=RemitTo.Status.ACTIVE, effective_at=at)
    _note("remit_to.active", row, by, at)


# --- the owners are told


def tell_remit_to(*, at: datetime) -> int:
    """Write to every owner about each change that they have not been told of; how many changes that were.

    At least once: a mail server that is down is asked again by the next run. Test mode tells nobody: no money moves.
    """
    untold = RemitTo.objects.filter(livemode=True).exclude(told=F("status")).exclude(status__in=_SILENT)
    told = 0
    for row in untold.select_related("organisation").order_by("updated_at")[:100]:
        try:
            _write_to_owners(row)
        except OSError as error:  # smtplib's errors are OSErrors
            log.warning("remit_to_notice_failed", remit_to=row.id, error=type(error).__name__)
            continue
        told += RemitTo.objects.filter(id=row.id).update(told=row.status)
    return told


_SUBJECTS = {
    RemitTo.Status.PROPOSED: "Somebody proposes to send your debtors' money elsewhere",
    RemitTo.Status.APPROVED: "Your debtors' money will go elsewhere in 72 hours",
    RemitTo.Status.ACTIVE: "Your debtors' money goes to a new account from now on",
    RemitTo.Status.CANCELLED: "The change of where your debtors' money goes was cancelled",
}


def _write_to_owners(row: RemitTo) -> None:
    owners = _owners(row.organisation_id)
    context = {
        "row": row,
        "last_four": rules.last_four(row.details),
        "proposed_by": _address(row.proposed_by),
        "approved_by": _address(row.approved_by),
        "ended_by": _address(row.ended_by),
        "page": f"{settings.PUBLIC_URL}/dashboard/settings/money",
    }
    text = render_to_string("payments/mail/remit_to.txt", context)
    for recipient in sorted(owners.values_list("user__email", flat=True)):  # one letter each
        send_mail(_SUBJECTS[RemitTo.Status(row.status)], text, None, [recipient])


def _owners(organisation_id: str) -> Any:
    return Member.objects.filter(organisation_id=organisation_id, role=Member.Role.OWNER, user__is_active=True)


def _address(by: str) -> str:
    """Who that was, for a letter; a member who has left is no longer known by address."""
    kind, _, member_id = by.partition(":")
    found = Member.objects.filter(id=member_id).values_list("user__email", flat=True) if kind == "member" else []
    return next(iter(found), "a former owner" if by else "")


# --- shared


def _by(member: Member) -> str:
    return f"member:{member.id}"


def _check_owner(member: Member) -> None:
    if member.role != Member.Role.OWNER:
        raise ApiError("forbidden", "Only an owner may say where the money goes.")


def _locked(member: Member, remit_to_id: str, livemode: bool) -> RemitTo:
    _check_owner(member)
    mine = RemitTo.objects.filter(id=remit_to_id, organisation_id=member.organisation_id, livemode=livemode)
    found = db.locked(mine).first()
    if found is None:
        raise ApiError("not_found")
    return found


def _move(row: RemitTo, at: datetime, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.updated_at = at
    row.save(update_fields=[*fields, "updated_at"])


def _note(type: str, row: RemitTo, by: str, at: datetime) -> None:
    """The audit says which account by its last four characters."""
    data = {"remit_to_id": row.id, "kind": row.kind, "currency": row.currency}
    events.record(
        type=type,
        organisation_id=row.organisation_id,
        livemode=row.livemode,
        data=data | {"last_four": rules.last_four(row.details)},
        by=by,
        at=at,
    )
