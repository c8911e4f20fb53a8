"""Mailboxes that customers connected: read once a minute, each by one worker, into the same door as everything else."""

from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from agentcollect.kit import clock, crypto
from outreach.models import ReplyPath
from outreach.operations import inbound
from outreach.providers import imap
from outreach.rules import incoming

log = structlog.get_logger()

# Longer than one reading may take: MOST_MAILS mails within the timeouts of one connection.
LEASE = timedelta(minutes=10)


def poll_mailboxes(*, at: datetime, limit: int = 20) -> int:
    """Read every connected mailbox that nobody reads at the moment; returns how many mails were taken."""
    return sum(_poll(path_id, at=at) for path_id in _free(at, limit))


def _free(at: datetime, limit: int) -> list[str]:
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    rows = ReplyPath.objects.filter(free, kind=ReplyPath.Kind.MAILBOX).exclude(secret="")
    return list(rows.order_by("lease_until", "id").values_list("id", flat=True)[:limit])


def _poll(path_id: str, *, at: datetime) -> int:
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    until = clock.now() + LEASE
    if not ReplyPath.objects.filter(free, id=path_id).update(lease_until=until):
        return 0
    path, error, taken = ReplyPath.objects.get(id=path_id), "", 0
    try:
        taken = _read(path, until, at=at)
    except imap.MailboxError as told:
        error = str(told)
        log.warning("mailbox_unreadable", path=path.id, error=error)
    # Only while it is still ours: a slow reader's lease may have gone to another.
    ReplyPath.objects.filter(id=path_id, lease_until=until).update(lease_until=None, error=error[:300])
    return taken


def _read(path: ReplyPath, until: datetime, *, at: datetime) -> int:
    """Store each mail, then how far we are: dying between the two stores it twice, which is once."""
    taken = 0
    for mark, raw in imap.fetch(_mailbox(path), today=at.date()):
        if raw:
            text = incoming.storable(raw)
            inbound.receive(
                provider="imap", raw=text, organisation_id=path.organisation_id, livemode=path.livemode, at=at
            )
            taken += 1
        mine = ReplyPath.objects.filter(id=path.id, lease_until=until, secret=path.secret)
        if not mine.update(uid_validity=mark.uid_validity, last_uid=mark.last_uid):
            break
    return taken


def _mailbox(path: ReplyPath) -> imap.Mailbox:
    try:
        password = crypto.decrypt(path.secret)
    except ValueError as error:
        raise imap.MailboxError("the password was stored under another key; enter it again") from error
    return imap.Mailbox(
        host=path.host,
        port=path.port,
        user=path.user,
        password=password,
        folder=path.folder,
        uid_validity=path.uid_validity,
        last_uid=path.last_uid,
    )
