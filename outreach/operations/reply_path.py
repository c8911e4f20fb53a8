"""The way answers come back, and the proof that it works before the first live mail asks for one."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Q

from accounts.models import Organisation
from agentcollect.kit import clock, crypto, db, errors, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.http import EgressPolicy, EgressRefused, check_url, policy_from_settings
from campaigns.models import Case, Contact
from events.operations import record
from outreach import mime
from outreach.models import ReplyPath
from outreach.operations.matching import PURPOSE
from outreach.providers.email import Parcel, TransportError, transport
from outreach.queries.desk import Ways
from outreach.rendering import Brand
from outreach.rules.incoming import Incoming

log = structlog.get_logger()

errors.define("mailbox_incomplete", 400, "A mailbox needs an address, a host, a user and a password.")
errors.define("no_inbound_host", 422, "This installation has no inbound host; connect a mailbox instead.")

UNPROVEN = "reply_path_unproven"
# The probe must be back within 10 minutes, and goes out once a day (ENGINE.md, Reply path).
IN_TIME, AGAIN = timedelta(minutes=10), timedelta(days=1)
_SOON = timedelta(minutes=15)
_LEASE = timedelta(minutes=5)
IMAPS = 993
_PROBE = "probe"
_FIELDS = ("address", "host", "port", "user", "folder")


# --- what mails and the gate ask


def reply_to(case: Case, contact: Contact, brand: Brand, *, ways: Ways | None = None) -> str:
    """The address that a mail about `case` asks to be answered at: the connected mailbox, else the inbound host's
    address of this case, else the brand's own. `ways`: of its campaign, where they have been read."""
    path = None if ways else _path(case.organisation_id, case.livemode)
    kind, address = (ways.path_kind, ways.path_address) if ways else (path.kind, path.address) if path else ("", "")
    if kind == ReplyPath.Kind.MAILBOX and address:
        return address
    if settings.INBOUND_HOST:
        return f"r+{crypto.sign_id(PURPOSE, case.id)}@{settings.INBOUND_HOST}"
    return brand.reply_to


def why_not(organisation: Organisation, livemode: bool) -> str:
    """Why no e-mail may leave yet: `reply_path_unproven`, or empty. Test mode needs no proof."""
    if not livemode:
        return ""
    path = _path(organisation.id, livemode)
    return "" if path is not None and path.status == ReplyPath.Status.PROVEN else UNPROVEN


def _path(organisation_id: str, livemode: bool) -> ReplyPath | None:
    return ReplyPath.objects.filter(organisation_id=organisation_id, livemode=livemode).first()


# --- set by the organisation


def configure(
    *, organisation_id: str, livemode: bool, kind: str, facts: dict[str, Any], secret: str | None, by: str, at: datetime
) -> ReplyPath:
    """Choose how answers come back; it has to be proven anew. `secret` None: the password stays as it is.

    Raises ApiError: mailbox_incomplete, invalid_url, no_inbound_host.
    """
    mailbox = kind == ReplyPath.Kind.MAILBOX
    with db.atomic():
        path = db.locked(ReplyPath.objects.filter(organisation_id=organisation_id, livemode=livemode)).first()
        fresh = path is None
        path = path or _new(organisation_id, livemode, by=by, at=at)
        if mailbox:
            _check_mailbox(path, facts, secret)
        elif livemode and not settings.INBOUND_HOST:
            raise ApiError("no_inbound_host")
        wanted = (facts if mailbox else {}) | {"kind": kind}
        if not fresh and secret is None and all(getattr(path, name) == value for name, value in wanted.items()):
            return path
        _set(path, wanted, secret if mailbox else "", by=by, at=at)
        named = {"kind": kind, "address": path.address or None}
        record(type="reply_path.changed", organisation_id=organisation_id, livemode=livemode, data=named, by=by, at=at)
        return path


def _new(organisation_id: str, livemode: bool, *, by: str, at: datetime) -> ReplyPath:
    return ReplyPath(
        id=ids.new("rpp"),
        organisation_id=organisation_id,
        livemode=livemode,
        created_at=at,
        recorded_at=clock.now(),
        kind=ReplyPath.Kind.INBOUND_HOST,
        actor=by,
        updated_at=at,
    )


def _set(path: ReplyPath, wanted: dict[str, Any], secret: str | None, *, by: str, at: datetime) -> None:
    empty = {"address": "", "host": "", "port": IMAPS, "user": "", "folder": "INBOX"}
    for name, value in (empty | wanted).items():
        setattr(path, name, value)
    if secret is not None:
        path.secret = crypto.encrypt(secret) if secret else ""
    path.uid_validity = path.last_uid = 0
    path.status, path.probe, path.probe_sent_at, path.proven_at = ReplyPath.Status.UNPROVEN, "", None, None
    path.error, path.lease_until, path.actor, path.updated_at = "", None, by, at
    path.save()


def _check_mailbox(path: ReplyPath, facts: dict[str, Any], secret: str | None) -> None:
    if not all(facts.get(name) for name in ("address", "host", "user")) or not (secret or path.secret):
        raise ApiError("mailbox_incomplete")
    check_host(facts["host"], int(facts.get("port") or IMAPS))


def check_host(host: str, port: int) -> None:
    """Refuse by spelling what can be no public mail server. Raises ApiError(invalid_url)."""
    rules = policy_from_settings()
    try:
        bracketed = f"[{host}]" if ":" in host else host
        check_url(
            f"https://{bracketed}:{port}/",
            EgressPolicy(allow_loopback_http=rules.allow_loopback_http, ports=frozenset({IMAPS})),
        )
    except EgressRefused as refused:
        raise ApiError("invalid_url", refused.reason, param="host") from refused


# --- the probe


def probe_due(*, at: datetime) -> int:
    """Send the probes that are due, and give up those that did not come back in time; returns how many were sent.

    `at` is wall time: the other side lives there.
    """
    _open_default_paths(at=at)
    late = ReplyPath.objects.exclude(probe="").filter(probe_sent_at__lte=at - IN_TIME)
    for path in late:
        _missing(path, at=at)
    waiting = Q(probe="") & (
        Q(probe_sent_at=None)
        | Q(status=ReplyPath.Status.PROVEN, probe_sent_at__lte=at - AGAIN)
        | ~Q(status=ReplyPath.Status.PROVEN) & Q(probe_sent_at__lte=at - _SOON)
    )
    free = Q(lease_until=None) | Q(lease_until__lte=at) | Q(kind=ReplyPath.Kind.MAILBOX)
    due = ReplyPath.objects.filter(waiting, free, livemode=True).order_by("probe_sent_at", "id")[:20]
    return sum(_send_probe(path.id, at=at) for path in due)


def _open_default_paths(*, at: datetime) -> None:
    """Whoever may contact real debtors and has chosen nothing is answered at the operator's inbound host."""
    if not settings.INBOUND_HOST:
        return
    chosen = ReplyPath.objects.filter(livemode=True).values("organisation_id")
    for organisation in Organisation.objects.filter(live_approved=True).exclude(id__in=chosen)[:100]:
        path = _new(organisation.id, True, by="engine", at=at)
        facts = {f.attname: getattr(path, f.attname) for f in ReplyPath._meta.concrete_fields if f.attname != "id"}
        keys = {"organisation_id": organisation.id, "livemode": True}
        ReplyPath.objects.get_or_create(**keys, defaults=facts | {"id": path.id})


def _send_probe(path_id: str, *, at: datetime) -> bool:
    """Write the token down, then send it: a mail that left without its row could never be recognised."""
    token = ids.random62(32)
    with db.atomic():
        path = db.claimable(ReplyPath.objects.filter(id=path_id, probe="")).first()
        if path is None:
            return False
        path.probe, path.probe_sent_at = token, at
        path.save(update_fields=["probe", "probe_sent_at"])
    try:
        parcel = _parcel(path, at=at)
        transport(livemode=True).deliver(parcel, lambda: None)
    except (TransportError, ValueError, IndexError) as error:
        _failed(path, f"the probe could not be sent: {error}", at=at)
        return False
    return True


def _parcel(path: ReplyPath, *, at: datetime) -> Parcel:
    recipient = path.address or f"r+{crypto.sign_id(_PROBE, path.id)}@{settings.INBOUND_HOST}"
    brand = Organisation.objects.only("brand").get(id=path.organisation_id).brand
    sender = brand.get("from_email") or settings.MAIL_FROM or recipient
    mail = EmailMessage(policy=mime.POLICY)
    mail["Message-ID"] = f"<{path.id}.{path.probe}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(at)
    mail["From"], mail["To"] = mime._address("", sender), mime._address("", recipient)
    mail["Subject"] = f"Reply path [check {path.probe}]"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        "This message proves that answers to your collection mail reach AgentCollect. It needs no answer.\n"
    )
    return Parcel(sender=sender, recipient=recipient, mime=mail, message_id=f"{path.id}:{path.probe[:8]}")


def came_back(*, mail: Incoming, at: datetime) -> bool:
    """A probe is back. True when it is one of ours that is still waited for. `at`: when it was read."""
    with db.atomic():
        path = db.locked(ReplyPath.objects.filter(probe=mail.probe)).first()
        if path is None or path.probe_sent_at is None:
            return False
        if at > path.probe_sent_at + IN_TIME:
            return False
        before, path.status = path.status, ReplyPath.Status.PROVEN
        path.probe, path.proven_at, path.error, path.updated_at = "", at, "", at
        path.save(update_fields=["status", "probe", "proven_at", "error", "updated_at"])
        if before != ReplyPath.Status.PROVEN:
            _record("reply_path.proven", path, at=at)
        return True


def _missing(path: ReplyPath, *, at: datetime) -> None:
    _failed(path, path.error or "the probe did not come back within 10 minutes", at=at)


def _failed(path: ReplyPath, words: str, *, at: datetime) -> None:
    with db.atomic():
        own = db.locked(ReplyPath.objects.filter(id=path.id, probe=path.probe)).first()
        if own is None:
            return
        before, own.status = own.status, ReplyPath.Status.BROKEN
        own.probe, own.error, own.updated_at = "", words[:300], at
        own.save(update_fields=["status", "probe", "error", "updated_at"])
        if before != ReplyPath.Status.BROKEN:
            _record("reply_path.broken", own, at=at, reason=own.error)


def _record(type: str, path: ReplyPath, *, at: datetime, **more: str) -> None:
    named = {"kind": path.kind, "address": path.address or None, **more}
    tenant = {"organisation_id": path.organisation_id, "livemode": path.livemode}
    record(type=type, **tenant, data=named, by="engine", at=at)
