"""The one door for whatever comes back: a provider's callback, a mailbox, the sandbox. Stored first, read by a task.

A message is written down raw before anybody looks at it, once however often it is delivered; the answer at the door
never depends on what stands in it.
"""

import json
from datetime import datetime
from typing import Any

import structlog
from django.db.models import F, QuerySet
from django.http import HttpRequest

from agentcollect.kit import clock, db, ids, jobs
from agentcollect.kit.prepared import Prepared
from campaigns import operations as campaigns
from campaigns.models import Debtor, Hold
from campaigns.operations.facts import about, case_data
from events.operations import record
from outreach.models import Inbound, Reply
from outreach.operations import bouncing, matching, reply_path
from outreach.operations.matching import Owner
from outreach.providers import inbound as providers
from outreach.rules import incoming
from outreach.rules.incoming import Incoming

log = structlog.get_logger()

TRACKING = ":events"
# A mail that cannot be read so often stays for a person of operations.
MOST_TRIES = 5
WAITING = "a reply waits to be read"


# --- the door


def receive(
    *,
    provider: str,
    raw: str,
    dedupe: str = "",
    organisation_id: str = "",
    livemode: bool | None = None,
    clock_id: str = "",
    at: datetime,
) -> Inbound:
    """Store what came in, once, and wake who reads it. `raw`: an RFC 5322 mail, or a provider's event as JSON.

    `dedupe`: what makes two deliveries the same; empty: told from the mail itself. `organisation_id`, `livemode`: whose
    mailbox it was in, where the door knows; then it can be nobody else's. `clock_id`: the test clock it arrives on.
    """
    scope = f"{organisation_id}:{livemode}" if organisation_id else ""
    key = dedupe or incoming.fingerprint(raw, scope=scope)
    facts = {
        "id": ids.new("inb"),
        "provider": provider[:20],
        "raw": raw.replace("\0", "�"),
        "organisation_id": organisation_id,
        "livemode": livemode,
        "clock_id": clock_id,
        "received_at": at,
    }
    with db.atomic():
        row, fresh = Inbound.objects.get_or_create(dedupe=key[:200], defaults=facts)
        if fresh:
            jobs.enqueue("outreach.process_inbound")
        return row


def callback(*, provider: str, request: HttpRequest, at: datetime) -> int:
    """Take what a mail provider posts: mails, and news of mails we sent. Returns how many were in it.

    Raises ApiError: unknown_provider, callback_refused (no or a wrong signature), callback_unreadable.
    """
    posted = providers.read(provider, request)
    for mail in posted.mails:
        receive(provider=provider, raw=incoming.storable(mail), at=at)
    for event in posted.events:
        told = json.dumps(event.facts, sort_keys=True)
        receive(provider=f"{provider}{TRACKING}", raw=told, dedupe=f"{provider}:{event.key}"[:200], at=at)
    return len(posted.mails) + len(posted.events)


# --- reading what was stored


def match_new(*, at: datetime, limit: int = 100) -> int:
    """Find out whose each message is that came in on the wall, oldest first; returns how many were looked at."""
    rows = Inbound.objects.filter(status=Inbound.Status.NEW, clock_id="").order_by("received_at", "id")
    waiting = list(rows.values_list("id", flat=True)[:limit])
    for inbound_id in waiting:
        match_one(inbound_id=inbound_id, at=at)
    return len(waiting)


def match_one(*, inbound_id: str, at: datetime) -> None:
    """Count the try in a commit of its own: a mail that kills its reader must not do so for ever."""
    tried = Inbound.objects.filter(id=inbound_id, status=Inbound.Status.NEW)
    if tried.filter(tries__gte=MOST_TRIES).update(status=Inbound.Status.FAILED, processed_at=at):
        log.error("inbound_given_up", inbound=inbound_id)
        return
    tried.update(tries=F("tries") + 1)
    try:
        _match(inbound_id, at=at)
    except Exception as error:
        log.exception("inbound_failed", inbound=inbound_id)
        tried.update(error=f"{type(error).__name__}: {error}"[:300])


def _match(inbound_id: str, *, at: datetime) -> None:
    """One transaction from the stored mail to whatever it means: dying before its end leaves the mail as it was."""
    with db.atomic():
        row = _new.first(id=inbound_id)
        if row is None:
            return
        if row.provider.endswith(TRACKING):
            matched = bouncing.told(json.loads(row.raw), at=row.received_at)
        else:
            matched = _mail(row, incoming.read(row.raw))
        row.status = Inbound.Status.DONE if matched else Inbound.Status.UNMATCHED
        row.processed_at, row.error = at, ""
        if not matched and row.provider == "imap":
            row.raw = ""  # the rest of a customer's mailbox is none of our business
        row.save(update_fields=["status", "processed_at", "error", "raw"])


_new = Prepared(lambda id: db.claimable(Inbound.objects.filter(id=id, status=Inbound.Status.NEW)))


def _mail(row: Inbound, mail: Incoming) -> bool:
    """True when it was somebody's."""
    if mail.probe and reply_path.came_back(mail=mail, at=row.received_at):
        return True
    if mail.is_report:
        return bouncing.reported(mail, organisation_id=row.organisation_id, livemode=row.livemode, at=row.received_at)
    mailbox = {"organisation_id": row.organisation_id, "livemode": row.livemode, "clock_id": row.clock_id}
    owner = matching.find(mail, **mailbox)
    if owner is None:
        return False
    _keep(row, mail, owner)
    return True


def _keep(row: Inbound, mail: Incoming, owner: Owner) -> None:
    """The reply's row, the wait of everything else to this debtor, and the news: one commit."""
    case = owner.case
    debtor = _debtor.one(id=case.debtor_id)
    rfc_id = _own_id(mail, owner, row)
    if rfc_id is None:
        return
    reply = Reply.objects.create(
        id=ids.new("rpy"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        created_at=row.received_at,
        recorded_at=clock.now(),
        campaign_id=case.campaign_id,
        debtor_id=case.debtor_id,
        case_id=case.id,
        contact=owner.contact,
        message_id=owner.message.id if owner.message else "",
        inbound_id=row.id,
        channel="email",
        sender=mail.sender,
        subject=mail.subject,
        rfc_message_id=rfc_id,
        text=mail.text,
        quoted=mail.quoted,
        attachments=list(mail.attachments),
        identity=owner.identity,
        interpretation={"automatic": mail.automatic, "hidden": mail.hidden, "sender_name": mail.sender_name},
    )
    if not mail.automatic:
        wait_for(reply, debtor, at=row.received_at)
    record_reply("reply.received", reply, debtor.name, at=row.received_at, attachments=reply.attachments)


def _own_id(mail: Incoming, owner: Owner, row: Inbound) -> str | None:
    """What the reply is known by; None: it was kept before (it came by two roads).

    Another text under a Message-ID that was used before is another message: it must not be lost.
    """
    mine = {"organisation_id": owner.case.organisation_id, "livemode": owner.case.livemode}
    before = _named.first(**mine, rfc_message_id=mail.message_id) if mail.message_id else None
    if before is None:
        return mail.message_id
    same = (before.sender, before.subject, before.text) == (mail.sender, mail.subject, mail.text)
    return None if same else f"{mail.message_id[:250]} {row.id}"


_debtor = Prepared(lambda id: db.locked(Debtor.objects.filter(id=id)))


@Prepared
def _named(organisation_id: str, livemode: bool, rfc_message_id: str) -> QuerySet[Reply]:
    same = Reply.objects.filter(organisation_id=organisation_id, livemode=livemode, rfc_message_id=rfc_message_id)
    return same.order_by("id")[:1]


def wait_for(reply: Reply, debtor: Debtor, *, at: datetime) -> None:
    """Nothing that asks for something leaves for this debtor before the reply has been read."""
    evidence = {"cause": "reply", "reply_id": reply.id, "reason": WAITING}
    campaigns.hold(kind=Hold.Kind.COMPLIANCE_REVIEW, on=debtor, by="engine", at=at, evidence=evidence)


def wait_over(debtor: Debtor, *, at: datetime) -> None:
    """The last reply that was waited for has been read: outreach goes on."""
    open_ = (Reply.Status.RECEIVED, Reply.Status.NEEDS_HUMAN)
    waiting = Reply.objects.filter(debtor_id=debtor.id, status__in=open_)
    if any(not reply.interpretation.get("automatic") or reply.status == "needs_human" for reply in waiting):
        return
    held = Hold.objects.filter(debtor_id=debtor.id, kind=Hold.Kind.COMPLIANCE_REVIEW, released_at=None, actor="engine")
    for hold in held:
        if hold.evidence.get("cause") == "reply":
            campaigns.release(hold=hold, by="engine", at=at)


def record_reply(type: str, reply: Reply, debtor_name: str, *, at: datetime, by: str = "debtor", **more: Any) -> None:
    facts = {
        "reply_id": reply.id,
        "contact_id": reply.contact_id,
        "channel": reply.channel,
        "from": reply.sender,
        "subject": reply.subject,
    }
    record(
        type=type,
        organisation_id=reply.organisation_id,
        livemode=reply.livemode,
        data=case_data(reply.case, debtor_name, **facts, **more),
        by=by,
        at=at,
        about=about(reply.case),
        cause=reply.id,
    )
