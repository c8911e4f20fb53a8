"""The creditor corrects a case while it runs: the amount, the invoice's facts, a credit note.

Nothing pauses for it: a message is written from the rows at the moment it leaves, and one that was written before is
withdrawn when it names another balance.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

from dateutil.relativedelta import relativedelta
from django.db import IntegrityError

from agentcollect.kit import db, errors, money
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Campaign, Case, Hold, LedgerEntry
from campaigns.operations.cases import close, look_at_agreements, post, record_case
from campaigns.operations.create import lost_a_race
from campaigns.operations.facts import amount
from campaigns.operations.planning import due_date_changed
from campaigns.rules import search, transitions
from campaigns.rules.identity import invoice_key

errors.define("amount_below_collected", 409, "The amount would be less than what was already collected on it.")
errors.define("amount_above_balance", 400, "The amount is more than what is owed.")
errors.define("credit_reference_taken", 409, "A credit note of this reference, with another amount, is booked already.")
errors.define("payment_in_progress", 409, "A payment of this case is under way; nothing more is taken until it ends.")

Changes = dict[str, Any]
# What a reason is asked for, since the debtor is told something else from now on.
_NEEDS_REASON = frozenset({"invoice_amount", "amount_paid", "invoice_date", "due_date"})
# What is still the creditor's to write once the case is closed.
_ALWAYS = frozenset({"notes", "external_id", "metadata", "po_number", "invoice_pdf_url"})
_MONEY = ("invoice_amount", "amount_paid")


def facts_of(case: Case) -> Changes:
    """What can be corrected, as it stands; money in minor units."""
    plain = ("invoice_number", "invoice_date", "due_date", "po_number", "invoice_pdf_url", "notes", "external_id")
    owed = {"invoice_amount": case.invoice_minor, "amount_paid": case.invoice_minor - case.placed_minor}
    return owed | {name: getattr(case, name) for name in (*plain, "metadata")}


def correct(*, case_id: str, changes: Changes, reason: str, terms_days: int, by: str, at: datetime) -> Case:
    """Correct a case: `changes` has the facts of `facts_of` that shall be otherwise, `reason` says why.

    A `due_date` of None is the invoice date and `terms_days`. Changing nothing records nothing. A case left with
    nothing to collect closes. Raises ApiError: missing_field (reason), due_before_invoice, duplicate_invoice,
    nothing_owed, amount_below_collected, payment_in_progress, illegal_transition.
    """
    try:
        with db.atomic():
            found = Case.objects.values_list("campaign_id", flat=True).get(id=case_id)
            # Before the case, as everywhere (kit.db.locked): its total follows the correction.
            campaign = db.locked(Campaign.objects.select_related("organisation").filter(id=found)).get()
            case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
            _correct(campaign, case, changes, reason, terms_days, by=by, at=at)
            return case
    except IntegrityError as error:
        # The same number was given to another open case of this debtor at this moment.
        if not lost_a_race(error):
            raise
        raise errors.invalid([_duplicate(changes["invoice_number"], "")]) from error


def _correct(
    campaign: Campaign, case: Case, changes: Changes, reason: str, terms_days: int, *, by: str, at: datetime
) -> None:
    before = facts_of(case)
    if "due_date" in changes and changes["due_date"] is None:
        changes = changes | {"due_date": default_due(changes.get("invoice_date", case.invoice_date), terms_days)}
    changes = {name: value for name, value in changes.items() if before[name] != value}
    if not changes:
        return
    _check(case, before | changes, changes, reason)
    entry = _adjust(campaign, case, before | changes, reason, by=by, at=at)
    for name in changes.keys() - set(_MONEY):
        setattr(case, name, changes[name])
    if "invoice_number" in changes:
        case.invoice_key = invoice_key(case.invoice_number)
        case.search = case.search and search.text(case.debtor.name, case.invoice_number)
    case.updated_at = at
    case.save()
    if "due_date" in changes and case.closed_at is None:
        due_date_changed(case=case, campaign=campaign, at=at)
    shown = {name: {"before": _public(case, before, name), "after": _public(case, changes, name)} for name in changes}
    _record_change(case, _words(shown), shown, reason=reason, by=by, at=at, cause=entry.id if entry else "")
    _close_when_nothing_is_left(case, by=by, at=at, cause=entry.id if entry else "")


def default_due(invoiced: date | None, terms_days: int) -> date | None:
    """The due date of an invoice that names none."""
    return invoiced + relativedelta(days=terms_days) if invoiced else None


def _check(case: Case, after: Changes, changes: Changes, reason: str) -> None:
    if case.closed_at and changes.keys() - _ALWAYS:
        raise transitions.refused(case.status, f"take another {sorted(changes.keys() - _ALWAYS)[0]}")
    faults = []
    if changes.keys() & _NEEDS_REASON and not reason:
        faults.append(FieldError("reason", "missing_field", "reason is required when money or dates change."))
    dated = changes.keys() & {"invoice_date", "due_date"}
    if dated and after["invoice_date"] and after["due_date"] and after["due_date"] < after["invoice_date"]:
        faults.append(FieldError("due_date", "due_before_invoice", "due_date lies before invoice_date."))
    if after["amount_paid"] > after["invoice_amount"]:
        faults.append(FieldError("amount_paid", "nothing_owed", "amount_paid is more than invoice_amount."))
    if key := invoice_key(changes.get("invoice_number", "")):
        open_twin = Case.objects.filter(debtor_id=case.debtor_id, invoice_key=key, closed_at=None).exclude(id=case.id)
        if twin := open_twin.values_list("id", flat=True).first():
            faults.append(_duplicate(changes["invoice_number"], twin))
    if faults:
        raise errors.invalid(faults)


def _duplicate(number: str, case_id: str) -> FieldError:
    words = f"Invoice {number} of this debtor is already in collection."
    return FieldError("invoice_number", "duplicate_invoice", words, {"case_id": case_id} if case_id else {})


def _adjust(
    campaign: Campaign, case: Case, after: Changes, reason: str, *, by: str, at: datetime
) -> LedgerEntry | None:
    """Book the difference, if there is one. The caller saves the case."""
    placed = after["invoice_amount"] - after["amount_paid"]
    difference = placed - case.placed_minor
    case.invoice_minor, case.placed_minor = after["invoice_amount"], placed
    if not difference:
        return None
    if case.balance_minor + difference < 0:
        least = amount(case, placed - case.balance_minor - difference)
        raise ApiError(
            "amount_below_collected",
            f"On this case {amount(case, case.collected_minor)} {case.currency} was collected; with what was credited, "
            f"invoice_amount less amount_paid cannot be less than {least}.",
            param="invoice_amount",
        )
    campaign.total_minor += difference
    campaign.updated_at = at
    campaign.save(update_fields=["total_minor", "updated_at"])
    return post(case=case, kind=LedgerEntry.Kind.ADJUSTMENT, amount_minor=difference, by=by, at=at, reason=reason[:300])


def _public(case: Case, facts: Changes, name: str) -> Any:
    value = facts[name]
    if name in _MONEY:
        return amount(case, value)
    return value.isoformat() if isinstance(value, date) else value or (value if name == "metadata" else None)


def _words(shown: dict[str, dict[str, Any]]) -> str:
    said = [name.replace("_", " ") + _moved(pair) for name, pair in shown.items()]
    return ", ".join(said)


def _moved(pair: dict[str, Any]) -> str:
    short = all(value is None or len(str(value)) <= 40 for value in pair.values())
    if not short or any(isinstance(value, dict) for value in pair.values()):
        return ""
    return f" {'—' if pair['before'] is None else pair['before']} → {'—' if pair['after'] is None else pair['after']}"


def _record_change(
    case: Case,
    words: str,
    shown: dict[str, dict[str, Any]],
    *,
    reason: str,
    by: str,
    at: datetime,
    cause: str,
) -> None:
    record_case(
        "case.updated",
        case,
        by=by,
        at=at,
        cause=cause,
        change=words,
        status=case.status,
        changes=shown,
        reason=reason or None,
    )


def _close_when_nothing_is_left(case: Case, *, by: str, at: datetime, cause: str) -> None:
    """What was collected makes it paid; a claim that the creditor took back whole was recalled."""
    look_at_agreements(case.status)
    if case.closed_at is None and case.balance_minor == 0:
        refuse_while_paying(case)
        reason = Case.CloseReason.PAID if case.collected_minor else Case.CloseReason.RECALLED
        close(case=case, reason=reason, by=by, at=at, cause=cause)


def refuse_while_paying(case: Case) -> None:
    """A payment on its way is waited for: it would find its case closed. Raises ApiError(payment_in_progress)."""
    if Hold.objects.filter(case=case, kind=Hold.Kind.PAYMENT_PROCESSING, released_at=None).exists():
        raise ApiError("payment_in_progress")


class Credited(NamedTuple):
    """A credit note's ledger line, the case after it, and whether it was booked just now."""

    entry: LedgerEntry
    case: Case
    fresh: bool


def credit(*, case_id: str, amount_minor: int, reason: str, reference: str, by: str, at: datetime) -> Credited:
    """Book a credit note of `amount_minor`: the debtor is asked for less; at nothing the case closes.

    The same `reference` again is the same credit note. Raises ApiError: illegal_transition (closed),
    amount_above_balance, credit_reference_taken, payment_in_progress.
    """
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
        if reference and (known := _credit_known(case, reference, amount_minor)):
            return Credited(known, case, fresh=False)
        if case.closed_at:
            raise transitions.refused(case.status, "be credited")
        if amount_minor > case.balance_minor:
            owed = money.display(case.balance_minor, case.currency)
            raise ApiError("amount_above_balance", f"Only {owed} is owed.", param="amount")
        before = case.balance_minor
        kind = LedgerEntry.Kind.CREDIT_NOTE
        entry = post(case=case, kind=kind, amount_minor=-amount_minor, by=by, at=at, reason=reason, reference=reference)
        case.save(update_fields=["balance_minor", "updated_at"])
        shown = {"balance": {"before": amount(case, before), "after": amount(case, case.balance_minor)}}
        words = f"credit note of {money.display(amount_minor, case.currency)}"
        _record_change(case, words, shown, reason=reason, by=by, at=at, cause=entry.id)
        _close_when_nothing_is_left(case, by=by, at=at, cause=entry.id)
        return Credited(entry, case, fresh=True)


def _credit_known(case: Case, reference: str, amount_minor: int) -> LedgerEntry | None:
    known = LedgerEntry.objects.filter(case=case, kind=LedgerEntry.Kind.CREDIT_NOTE, reference=reference).first()
    if known and known.amount_minor != -amount_minor:
        raise ApiError("credit_reference_taken", param="reference")
    return known
