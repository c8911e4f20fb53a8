"""A statement of the creditor's bank: read once, each of its lines once, whatever other statements it overlaps."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from accounts.queries import organisation as organisation_of
from agentcollect.kit import clock, db, ids, jobs
from agentcollect.kit.errors import ApiError
from events import operations as events
from payments.models import BankLine, BankStatement
from payments.rules import statements
from payments.rules.statements import Credit, Read, Unreadable

MATCH = "payments.match_bank_lines"
MAX_PROBLEMS = 1000
# Two people who send overlapping statements at one moment: the second is read again beside the first.
_TRIES = 3


def import_statement(
    *,
    organisation_id: str,
    livemode: bool,
    name: str,
    raw: bytes,
    currency: str,
    order: str = "",
    decimal: str = "",
    by: str,
    at: datetime,
) -> tuple[BankStatement, bool]:
    """Take every credit of the file that no statement had before; True unless these very bytes were sent before.

    `currency`: of rows that name none. `order`, `decimal`: what a person answered to Unsure. A line that cannot be read
    stands in `problems`, and the others are taken. A worker looks for what they are for. Raises Unreadable, Unsure.
    """
    digest = hashlib.sha256(raw).hexdigest()
    if known := _known(organisation_id, livemode, digest):
        return known, False
    zone = ZoneInfo(organisation_of(organisation_id).timezone)
    read = statements.read(raw, currency=currency, today=at.astimezone(zone).date(), order=order, decimal=decimal)
    _check_something(read)
    row = _statement(organisation_id, livemode, name, digest, read, by, at)
    for _ in range(_TRIES):
        try:
            return _write(row, read, by, at), True
        except IntegrityError:
            if known := _known(organisation_id, livemode, digest):
                return known, False
    raise ApiError("service_unavailable", "Other statements are being read just now. Send it again.")


def _known(organisation_id: str, livemode: bool, digest: str) -> BankStatement | None:
    mine = BankStatement.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return mine.filter(digest=digest).first()


def _check_something(read: Read) -> None:
    """A file in which nothing can be read is not taken: sent again with the right answers it must not be known."""
    if read.problems and not (read.credits or read.debits):
        first = read.problems[0]
        raise Unreadable(f"No line could be read. Line {first.line}: {first.field} {first.message}")


def _statement(
    organisation_id: str, livemode: bool, name: str, digest: str, read: Read, by: str, at: datetime
) -> BankStatement:
    days = [one.booked_on for one in read.credits]
    currencies = {one.currency for one in read.credits} | set(read.debits)
    return BankStatement(
        id=ids.new("bst"),
        organisation_id=organisation_id,
        livemode=livemode,
        name=" ".join(name.replace("\0", "").split())[-200:],
        format=read.format,
        digest=digest,
        account=read.account[-4:],
        currency=currencies.pop() if len(currencies) == 1 else "",
        from_on=min(days, default=None),
        to_on=max(days, default=None),
        lines_read=read.lines,
        returned=[one.as_json() for one in read.returned][:MAX_PROBLEMS],
        problems=[one.as_json() for one in read.problems][:MAX_PROBLEMS],
        actor=by,
        created_at=at,
        recorded_at=clock.now(),
    )


def _write(row: BankStatement, read: Read, by: str, at: datetime) -> BankStatement:
    with db.atomic():
        marked = list(zip(fingerprints(read.credits), read.credits, strict=True))
        mine = BankLine.objects.filter(organisation_id=row.organisation_id, livemode=row.livemode)
        had = set(
            mine.filter(db.among("fingerprint", [mark for mark, _ in marked])).values_list("fingerprint", flat=True)
        )
        fresh = [(mark, one) for mark, one in marked if mark not in had]
        row.lines_new = len(fresh)
        row.totals = _totals(read, [one for mark, one in marked if mark in had])
        row.save(force_insert=True)
        _insert(row, fresh, at)
        _note("bank_statement.imported", row, by, at)
        jobs.enqueue(MATCH)
    return row


def fingerprints(credits: Iterable[Credit]) -> list[str]:
    """What makes each the same line in every statement: the account, the day, the amount, what the bank calls it (or,
    where it does not, who paid and why), and the how-manieth of its like it is in the file."""
    seen: Counter[tuple[str, ...]] = Counter()
    marks = []
    for one in credits:
        said = one.bank_reference or f"{one.payer}\n{one.text}"
        key = (one.account, one.booked_on.isoformat(), str(one.minor), one.currency, said.casefold())
        seen[key] += 1
        marks.append(hashlib.sha256("\0".join((*key, str(seen[key]))).encode()).hexdigest())
    return marks


def _totals(read: Read, known: list[Credit]) -> dict[str, dict[str, list[int]]]:
    """Per currency [lines, minor units] of what came, of what of it an earlier statement had, and of what went out."""
    found: dict[str, dict[str, list[int]]] = {}
    for kind, rows in (("credits", read.credits), ("known", known)):
        for one in rows:
            count = found.setdefault(one.currency, {}).setdefault(kind, [0, 0])
            count[0] += 1
            count[1] += one.minor
    for currency, count in read.debits.items():
        found.setdefault(currency, {})["debits"] = count
    return found


def _insert(row: BankStatement, fresh: list[tuple[str, Credit]], at: datetime) -> None:
    rows = [
        {
            "id": ids.new("bln"),
            "number": one.number,
            "booked_on": one.booked_on,
            "amount_minor": one.minor,
            "currency": one.currency,
            "payer": one.payer,
            "payer_account": one.payer_account[-4:],
            "text": one.text,
            "bank_reference": one.bank_reference,
            "fingerprint": mark,
            "outcome": one.doubt,
        }
        for mark, one in fresh
    ]
    shared: dict[str, Any] = {
        "organisation_id": row.organisation_id,
        "livemode": row.livemode,
        "statement_id": row.id,
        "status": BankLine.Status.NEW,
        "created_at": at,
        "recorded_at": clock.now(),
        "updated_at": at,
    }
    db.insert_rows(BankLine, rows, shared)


def remove_statement(*, statement_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> None:
    """Take back a statement that was sent by mistake, with its lines. Raises ApiError: not_found, illegal_transition
    where one of its lines was ever booked."""
    with db.atomic():
        mine = BankStatement.objects.filter(id=statement_id, organisation_id=organisation_id, livemode=livemode)
        row = db.locked(mine).first()
        if row is None:
            raise ApiError("not_found")
        lines = db.locked(BankLine.objects.filter(statement_id=row.id))
        if any(line.attempts for line in lines):
            raise ApiError("illegal_transition", "A line of it was booked: money that was counted keeps its papers.")
        BankLine.objects.filter(statement_id=row.id).delete()
        _note("bank_statement.removed", row, by, at)
        BankStatement.objects.filter(id=row.id).delete()


def look_again(*, statement_id: str, organisation_id: str, livemode: bool, at: datetime) -> int:
    """Let every line of it that is not decided be looked at once more: invoices were placed since. How many those
    are; what was booked once and taken back is still not booked by itself."""
    open_ = [BankLine.Status.UNMATCHED, BankLine.Status.SUGGESTED]
    with db.atomic():
        mine = BankLine.objects.filter(organisation_id=organisation_id, livemode=livemode, statement_id=statement_id)
        count = mine.filter(status__in=open_).update(status=BankLine.Status.NEW, updated_at=at)
        jobs.enqueue(MATCH)
    return count


def _note(type: str, row: BankStatement, by: str, at: datetime) -> None:
    events.record(
        type=type,
        organisation_id=row.organisation_id,
        livemode=row.livemode,
        data={"statement_id": row.id, "name": row.name, "lines_read": row.lines_read, "lines_new": row.lines_new},
        by=by,
        at=at,
    )
