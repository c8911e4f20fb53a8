"""Mail to members: what is owed to endpoints of kind `email`, gathered into one letter for each.

Every event is at most one letter: a person who is told twice of one dispute looks for two. The rows are claimed like
those of the sender (lease and token). After the mail server was reached, and before it is given anything, they are
marked as handed over, fenced by the token, and that is committed: from there on a death, a lost answer or an unclear
one is settled as a failure "in doubt" and never repeated by itself. What surely did not leave before is tried again.
"""

import smtplib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.mail import get_connection
from django.db.models import F

from accounts.models import Member
from agentcollect.kit import db, due, ids
from agentcollect.kit.mail import NoBackend
from events.models import Event
from webhooks import letters
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.operations.mailboxes import HANDED, leave, stop_token
from webhooks.rules import GATHERED, MAX_ERROR, mail_again
from webhooks.wording import is_told

log = structlog.get_logger()

LEASE = timedelta(minutes=5)  # many times what a conversation with a mail server may take
MOST_EVENTS = 1_000  # in one letter; the rest is in the next
QUIET = "quiet"  # why a row was not sent: nothing to tell this member of
_IN_DOUBT = "In doubt: the mail may have left. It is not repeated."
_ROW = ("id", "livemode", "lease_token", "attempts_made", "failures_in_row", "event_id", "event_type", "reason")


@dataclass(frozen=True, slots=True)
class Parcel:
    """The leased rows of one endpoint (columns by name) that become one letter. `token` by row id is the lease's."""

    endpoint: Endpoint
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How handing over went. `error` is empty for success; `again`: it surely did not leave, and may be tried again."""

    error: str = ""
    again: bool = False
    took_ms: int = 0


def mail_members(*, at: datetime, limit: int = 50) -> int:
    """Write to the members who are owed mail, longest waiting first; how many letters were handed over.

    Stops at a mail server that cannot be reached: what is left waits for the next run.
    """
    sent = 0
    for endpoint_id in _owed(at, limit):
        parcel = claim_mail(endpoint_id=endpoint_id, at=at)
        outcome = _send(parcel, at=at) if parcel else None
        if outcome is None:
            continue
        if outcome.again:
            log.warning("member_mail_failed", endpoint=endpoint_id, error=outcome.error)
            break
        sent += not outcome.error
    return sent


def _owed(at: datetime, limit: int) -> list[str]:
    """Endpoints with something due, by one index step for each that is owed anything."""
    first = due.due_by_parent(
        Delivery,
        parent="endpoint_id",
        owners=Endpoint,
        owned="o.kind = 'email'",
        state="pending",
        at=at,
        room={},
        default_room=1,
        limit=limit,
    )
    owner = dict(Delivery.objects.filter(id__in=first).values_list("id", "endpoint_id"))
    return [owner[name] for name in first if name in owner]


def claim_mail(*, endpoint_id: str, at: datetime) -> Parcel | None:
    """Lease what is due to this member, and what will be within a minute: it travels along. None: another was faster.

    Rows that an earlier run marked and never settled are settled here, as in doubt.
    """
    with db.atomic():
        free = Delivery.objects.select_related(None).filter(
            due.unleased(at),
            endpoint_id=endpoint_id,
            status=due.literal(Delivery.Status.PENDING),
            next_attempt_at__lte=at + GATHERED,
        )
        oldest = db.claimable(free.order_by("next_attempt_at", "id"))[:MOST_EVENTS]
        found = list(oldest.values(*_ROW, "organisation_id", "next_attempt_at"))
        if not any(row["next_attempt_at"] <= at for row in found):
            return None
        Delivery.objects.filter(id__in=[row["id"] for row in found]).update(
            lease_token=F("lease_token") + 1, lease_until=at + LEASE
        )
        rows = [row | {"lease_token": row["lease_token"] + 1} for row in found]
        endpoint = Endpoint.objects.select_related("organisation").get(id=endpoint_id)
        _settle(endpoint, [row for row in rows if row["reason"] == HANDED], Outcome(_IN_DOUBT), {}, at=at)
    fresh = tuple(row for row in rows if row["reason"] != HANDED)
    return Parcel(endpoint, fresh) if fresh else None


def _send(parcel: Parcel, *, at: datetime) -> Outcome | None:
    """None when there is nobody or nothing to tell, or another worker has the rows by now."""
    endpoint = parcel.endpoint
    member = Member.objects.select_related("user").filter(
        id=endpoint.member_id, organisation_id=endpoint.organisation_id
    )
    to = member.first()
    if to is None:
        release_mail(parcel)
        leave(endpoint_id=endpoint.id, at=at)
        return None
    parcel, events = _worth_telling(parcel, to, at=at)
    if not events:
        return None
    number = f"{parcel.rows[0]['id']}.{parcel.rows[0]['attempts_made'] + 1}"
    token = stop_token(endpoint.id)
    letter = letters.write(endpoint, to.user.email, events, number=number, stop_token=token)
    started = time.monotonic()
    outcome = _hand_over(parcel, letter)
    if outcome is not None:
        outcome = replace(outcome, took_ms=round((time.monotonic() - started) * 1000))
        shown = {"To": to.user.email, "Subject": letter.subject, "Message-ID": letter.extra_headers["Message-ID"]}
        with db.atomic():
            _settle(endpoint, parcel.rows, outcome, shown, at=at)
    return outcome


def _worth_telling(parcel: Parcel, to: Member, *, at: datetime) -> tuple[Parcel, list[Event]]:
    """What is left to tell: not what the member did, nor the ordinary course of things; nothing to who may not sign in.

    The other rows are settled as not sent.
    """
    known = Event.objects.in_bulk([row["event_id"] for row in parcel.rows])
    told = {
        name: event
        for name, event in known.items()
        if to.user.is_active and event.actor != f"member:{to.id}" and is_told(event.type, event.data)
    }
    quiet = [row for row in parcel.rows if row["event_id"] not in told]
    with db.atomic():
        _write(quiet, [("not_sent", QUIET, None, at, "", row["attempts_made"], 0) for row in quiet])
    rows = tuple(row for row in parcel.rows if row["event_id"] in told)
    return Parcel(parcel.endpoint, rows), [told[row["event_id"]] for row in rows]


def _hand_over(parcel: Parcel, letter: letters.Letter) -> Outcome | None:
    """Reach the mail server, mark, hand over. None when the lease was lost before anything was handed over."""
    connection = get_connection()
    try:
        if isinstance(connection, NoBackend):
            raise OSError("no mail server is set up")
        connection.open()
    except OSError as error:  # smtplib's errors are OSErrors
        return Outcome(_words("The mail server could not be used", error), again=True)
    try:
        if not _mark(parcel):
            return None
        connection.send_messages([letter])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return _refused(error)
    except OSError as error:
        return Outcome(_words(_IN_DOUBT, error))
    finally:
        _close(connection)
    return Outcome()


def _refused(error: Exception) -> Outcome:
    """An answer of the mail server. Before the content it is certain; of the content only 5xx is (RFC 5321, 4.2.5)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return Outcome(_words(f"The address was refused: {code}", reply), again=code < 500)
    code, reply = error.smtp_code, error.smtp_error  # type: ignore[attr-defined]
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Outcome(_words(f"Our sender was refused: {code}", reply), again=True)  # our set-up, not this member
    return Outcome(_words(f"The mail was refused: {code}" if code >= 500 else _IN_DOUBT, reply))


def _words(what: str, why: object) -> str:
    said = why.decode("utf-8", "replace") if isinstance(why, bytes) else f"{type(why).__name__} {why}".strip()
    return f"{what} ({said})"[:MAX_ERROR]


def _close(connection: Any) -> None:
    try:
        connection.close()
    except OSError:  # what was handed over is settled, whatever the goodbye was
        log.info("mail_server_left_without_goodbye")


# --- rows


def _mark(parcel: Parcel) -> bool:
    """Note on every row that its mail may leave now; committed before it does. False when a lease was lost."""
    named = [(row["id"], row["lease_token"], HANDED) for row in parcel.rows]
    with db.atomic():
        held = due.update_where(Delivery, match=("id", "lease_token"), change=("reason",), rows=named)
        if len(held) == len(parcel.rows):
            return True
        due.update_where(
            Delivery,
            match=("id", "lease_token"),
            change=("reason", "lease_until"),
            rows=[(row["id"], row["lease_token"], "", None) for row in parcel.rows],
        )
    return False


def release_mail(parcel: Parcel) -> None:
    """Give the lease back without an attempt."""
    rows = [(row["id"], row["lease_token"], row["lease_token"] + 1, None) for row in parcel.rows]
    with db.atomic():
        due.update_where(Delivery, match=("id", "lease_token"), change=("lease_token", "lease_until"), rows=rows)


def _settle(
    endpoint: Endpoint, rows: Sequence[dict[str, Any]], outcome: Outcome, shown: dict[str, str], *, at: datetime
) -> None:
    """Write what became of the letter to each of its rows, with an Attempt; inside the caller's transaction."""
    written = _write(rows, [_verdict(row, outcome, at) for row in rows])
    kept = [row for row in rows if row["id"] in written]
    names = ids.new_many("att", len(kept))
    made = [
        {
            "id": name,
            "organisation_id": endpoint.organisation_id,
            "livemode": endpoint.livemode,
            "delivery_id": row["id"],
            "endpoint_id": endpoint.id,
            "number": row["attempts_made"] + 1,
        }
        for name, row in zip(names, kept, strict=True)
    ]
    shared = {"error": outcome.error, "request_headers": shown, "took_ms": outcome.took_ms}
    db.insert_rows(Attempt, made, shared | {"created_at": at, "recorded_at": at})


def _verdict(row: dict[str, Any], outcome: Outcome, at: datetime) -> tuple[Any, ...]:
    """status, reason, next_attempt_at, settled_at, last_error, attempts_made, failures_in_row."""
    made, failures = row["attempts_made"] + 1, row["failures_in_row"] + 1
    if not outcome.error:
        return ("succeeded", "", None, at, "", made, 0)
    again = mail_again(failures, at) if outcome.again else None
    if again is None:
        return ("failed", "", None, at, outcome.error, made, failures)
    return ("pending", "", again, None, outcome.error, made, failures)


_VERDICT = ("status", "reason", "next_attempt_at", "settled_at", "last_error", "attempts_made", "failures_in_row")


def _write(rows: Sequence[dict[str, Any]], verdicts: Sequence[tuple[Any, ...]]) -> set[str]:
    """Fenced: a row whose lease was lost is not written, and not among the ids returned."""
    return due.update_where(
        Delivery,
        match=("id", "lease_token"),
        change=("lease_token", "lease_until", *_VERDICT),
        rows=[
            (row["id"], row["lease_token"], row["lease_token"] + 1, None, *verdict)
            for row, verdict in zip(rows, verdicts, strict=True)
        ],
    )
