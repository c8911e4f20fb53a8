"""Lines of the bank become payments: by themselves where it is certain, else by a person; and back again.

Lock order: the line, then as everywhere (payments.operations.money). Nobody locks a line who holds a case.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from accounts import timeline
from agentcollect.kit import db, jobs, money
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from campaigns.rules.identity import fold
from events import operations as events
from payments.models import BankLine, Payment
from payments.operations.banking import MATCH
from payments.operations.money import lock_cases, record
from payments.operations.reversing import reverse
from payments.queries import banking as queries
from payments.rules import matching as rules
from payments.rules.matching import Owed, Paid, Part, Verdict, Who
from payments.rules.statements import shape

log = structlog.get_logger()

SLICE = 200
_OPEN = (BankLine.Status.NEW, BankLine.Status.UNMATCHED, BankLine.Status.SUGGESTED)
_DOUBTS = {
    shape.RETURNED: "it seems to be money of yours that came back",
    shape.BATCH: "the bank booked several transfers in one line",
}
_TAKEN_BACK = "it was booked once and taken back"
MISTAKE = "matched by mistake"
_DECIDED = "Somebody has decided this line a moment ago. Look at how it stands now."


def match_bank_lines(*, at: datetime, limit: int = SLICE) -> int:
    """Look for what the next lines are for, and book what is certain; how many lines were looked at.

    `at` is the wall's time; what is booked on a test clock is booked in its story.
    """
    rows = list(BankLine.objects.filter(status=BankLine.Status.NEW).order_by("id")[:limit])
    tenants = sorted(rows, key=lambda line: (line.organisation_id, line.livemode))
    for (organisation_id, livemode), mine in groupby(tenants, key=lambda line: (line.organisation_id, line.livemode)):
        lines = list(mine)
        owed = queries.candidates(organisation_id, livemode, lines)
        for line in lines:
            _look_at(line, owed, at)
    if len(rows) == limit:
        jobs.enqueue(MATCH)
    return len(rows)


def _look_at(line: BankLine, owed: Sequence[Owed], at: datetime) -> None:
    """One line, in a transaction of its own: what cannot be booked just now is a person's, and stops no other."""
    try:
        _match(line.id, owed, at)
    except ApiError as refused:  # a test clock that is being deleted, an invoice that went since
        _leave(line.id, f"could not be booked by itself: {refused.message}", at)
    except Exception:
        log.exception("bank_line_not_matched", line=line.id)
        _leave(line.id, "could not be looked at", at)


def _leave(line_id: str, note: str, at: datetime) -> None:
    found = BankLine.objects.filter(id=line_id, status=BankLine.Status.NEW)
    found.update(status=BankLine.Status.UNMATCHED, note=note[:300], updated_at=at)


def _match(line_id: str, owed: Sequence[Owed], at: datetime) -> None:
    with db.atomic():
        line = db.locked(BankLine.objects.filter(id=line_id, status=BankLine.Status.NEW)).first()
        if line is None:  # another worker's, or somebody decided it
            return
        verdict = _judged(line, owed)
        if verdict.status == rules.MATCHED:
            verdict = _once_more(line, owed, verdict)
        if verdict.status == rules.MATCHED:
            parts = [(part.case_id, part.minor) for part in verdict.parts]
            case = Case.objects.get(id=parts[0][0])
            moment = timeline.act(case.clock_id) if case.clock_id else at
            line.suggestion = _as_json(verdict.parts)
            _book(line, parts, verdict.outcome, by="engine", at=moment)
        else:
            _suggest(line, verdict, at)


def _judged(line: BankLine, owed: Sequence[Owed], doubt: str = "") -> Verdict:
    doubt = doubt or _DOUBTS.get(line.outcome, "") or (_TAKEN_BACK if line.attempts else "")
    paid = Paid(line.amount_minor, line.currency, line.payer, line.text, doubt)
    who = Who(fold(line.payer)[:200], "" if line.payer else fold(line.text))
    return rules.judge(paid, owed, who)


def _once_more(line: BankLine, owed: Sequence[Owed], verdict: Verdict) -> Verdict:
    """The same question with the cases locked and read anew: somebody may have paid since, another line included."""
    named = [part.case_id for part in verdict.parts]
    lock_cases(
        line.organisation_id, line.livemode, named[0], tuple((part.case_id, part.minor) for part in verdict.parts)
    )
    fresh = {one.case_id: one for one in queries.owed(line.organisation_id, line.livemode, named)}
    twin = queries.twin_of(line, named)
    doubt = f"line {twin.number} of another statement has booked the same" if twin else ""
    again = [_renewed(one, fresh) for one in owed]
    return _judged(line, again, doubt)


def _renewed(one: Owed, fresh: dict[str, Owed]) -> Owed:
    """Balance and state as they are now; how many share its number was counted over more than these."""
    now = fresh.get(one.case_id)
    return one if now is None else Owed(**{**_fields(now), "twins": one.twins})


def _fields(one: Owed) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Owed.__slots__}


def _suggest(line: BankLine, verdict: Verdict, at: datetime) -> None:
    line.status = BankLine.Status.SUGGESTED if verdict.parts else BankLine.Status.UNMATCHED
    line.suggestion, line.updated_at = _as_json(verdict.parts), at
    if line.outcome not in _DOUBTS:
        line.outcome = verdict.outcome
    line.save(update_fields=["status", "suggestion", "outcome", "updated_at"])


def _as_json(parts: Iterable[Part]) -> list[dict[str, Any]]:
    return [{"case_id": part.case_id, "minor": part.minor, "why": part.why} for part in parts]


# --- a person's word


def book_bank_line(
    *,
    line_id: str,
    organisation_id: str,
    livemode: bool,
    parts: Sequence[tuple[str, int]],
    by: str,
    at: datetime,
) -> Payment:
    """Book the line as a payment of these cases (id, minor units), in this order; what is over is credit of the first.

    `at` is story time of the cases. Raises ApiError: not_found, illegal_transition (it is decided already),
    case_not_found, currency_mismatch, invalid_instruction (several debtors).
    """
    with db.atomic():
        line = _open_line(line_id, organisation_id, livemode)
        if not rules.fits(parts, line.amount_minor):
            words = "Name at least one invoice, each once, with an amount; together no more than came."
            raise ApiError("invalid_instruction", words)
        before = {part["case_id"]: part["why"] for part in line.suggestion}
        line.suggestion = [
            {"case_id": case_id, "minor": minor, "why": before.get(case_id, "chosen by a person")}
            for case_id, minor in parts
        ]
        return _book(line, parts, "person", by=by, at=at)


def _book(line: BankLine, parts: Sequence[tuple[str, int]], outcome: str, *, by: str, at: datetime) -> Payment:
    """The line is locked and open. A line that is booked once more is another payment: its reference says which."""
    line.attempts += 1
    payment = record(
        organisation_id=line.organisation_id,
        livemode=line.livemode,
        case_id=parts[0][0],
        amount_minor=line.amount_minor,
        currency=line.currency,
        method=Payment.Method.BANK_TRANSFER,
        source=Payment.Source.TRANSFER,
        provider="bank",
        provider_reference=line.fingerprint + (f"-{line.attempts}" if line.attempts > 1 else ""),
        reference=line.bank_reference[:120],
        received_at=_received(line, parts[0][0], at),
        instruction=tuple(parts),
        metadata={"bank_line": line.id},
        by=by,
        at=at,
    )
    line.status, line.outcome, line.payment_id = BankLine.Status.MATCHED, outcome, payment.id
    _decide(line, "bank_line.booked", payment=payment, by=by, at=at)
    return payment


def _received(line: BankLine, case_id: str, at: datetime) -> datetime:
    """Noon of the day on which the bank booked it, where the creditor is; never later than the story is."""
    zone = Case.objects.select_related("organisation").get(id=case_id).organisation.timezone
    return min(datetime.combine(line.booked_on, time(12), tzinfo=ZoneInfo(zone)), at)


def undo_bank_line(*, line_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> BankLine:
    """It was matched by mistake: the payment is reversed, its invoices owe again, the line is unmatched.

    Raises ApiError: not_found, illegal_transition (not booked, or its money has gone back another way).
    """
    with db.atomic():
        line = _locked(line_id, organisation_id, livemode)
        if line.status != BankLine.Status.MATCHED:
            raise ApiError("illegal_transition", _DECIDED)
        payment = reverse(payment_id=line.payment_id, reason=MISTAKE, by=by, at=at)
        line.status, line.outcome, line.payment_id = BankLine.Status.UNMATCHED, "", ""
        line.note = f"Was {payment.id}, {MISTAKE}"
        _decide(line, "bank_line.undone", payment=payment, by=by, at=at)
        return line


def ignore_bank_line(
    *, line_id: str, organisation_id: str, livemode: bool, note: str, by: str, at: datetime
) -> BankLine:
    """It is the creditor's own business. Raises ApiError: not_found, illegal_transition."""
    with db.atomic():
        line = _open_line(line_id, organisation_id, livemode)
        line.status, line.note = BankLine.Status.IGNORED, " ".join(note.split())[:300]
        _decide(line, "bank_line.ignored", by=by, at=at)
        return line


def restore_bank_line(*, line_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> BankLine:
    """It is ours after all. Raises ApiError: not_found, illegal_transition."""
    with db.atomic():
        line = _locked(line_id, organisation_id, livemode)
        if line.status != BankLine.Status.IGNORED:
            raise ApiError("illegal_transition", _DECIDED)
        line.status, line.note = BankLine.Status.UNMATCHED, ""
        _decide(line, "bank_line.restored", by=by, at=at)
        return line


def _locked(line_id: str, organisation_id: str, livemode: bool) -> BankLine:
    mine = BankLine.objects.filter(id=line_id, organisation_id=organisation_id, livemode=livemode)
    found = db.locked(mine).first()
    if found is None:
        raise ApiError("not_found")
    return found


def _open_line(line_id: str, organisation_id: str, livemode: bool) -> BankLine:
    line = _locked(line_id, organisation_id, livemode)
    if line.status not in _OPEN:
        raise ApiError("illegal_transition", _DECIDED)
    return line


def _decide(line: BankLine, type: str, *, payment: Payment | None = None, by: str, at: datetime) -> None:
    line.decided_by, line.decided_at, line.updated_at = by, at, at
    line.save()
    case = payment.case if payment else None
    about = events.About(payment.campaign_id, case.id, case.debtor_id) if payment and case else events.About()
    events.record(
        type=type,
        organisation_id=line.organisation_id,
        livemode=line.livemode,
        data={
            "line_id": line.id,
            "payer": line.payer,
            "amount": money.to_json(line.amount_minor, line.currency),
            "currency": line.currency,
            "outcome": line.outcome,
            "payment_id": payment.id if payment else "",
            "note": line.note,
        },
        by=by,
        at=at,
        about=about,
        cause=payment.id if payment else "",
    )
