"""What the payment page's templates print: money, dates and states in words. Everything is read from the rows."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Case, LedgerEntry
from payments import queries, rules
from payments.models import Payment
from payments.views.page import amounts
from payments.views.page.invoices import number
from payments.views.page.states import state
from payments.views.page.words import day, money
from payments.views.page.words import moment as moment_words

_ENTRY_WORDS = {
    "principal": gettext_lazy("Invoice amount"),
    "interest": gettext_lazy("Interest"),
    "fee": gettext_lazy("Fee"),
    "payment": gettext_lazy("Payment received"),
    "refund": gettext_lazy("Refund to you"),
    "reversal": gettext_lazy("Payment returned by the bank"),
    "credit_note": gettext_lazy("Credit note"),
    "adjustment": gettext_lazy("Adjustment"),
    "write_off": gettext_lazy("Reduction"),
}
METHOD_WORDS = {
    "card": gettext_lazy("Card"),
    "bank_transfer": gettext_lazy("Bank transfer"),
    "ach_debit": gettext_lazy("Bank debit (ACH)"),
    "check": gettext_lazy("Check"),
    "cash": gettext_lazy("Cash"),
    "other": gettext_lazy("Other"),
}


def page(case: Case, facts: dict[str, Any]) -> dict[str, Any]:
    """Everything about the creditor, the invoice and its account that any state of the page may show."""
    brand, zone = case.campaign.brand, case.organisation.timezone
    creditor = queries.creditor_of(case)
    return {
        "state": state(case, facts),
        "slug": queries.pay_slug(case),
        "creditor": creditor,
        "legal_name": _other_name(brand.get("legal_name", ""), creditor),
        "has_logo": case.campaign.logo_state == "ready",
        "palette": rules.palette(brand.get("colors")),
        "contact": brand.get("reply_to") or brand.get("from_email") or "",
        "debtor": case.debtor.name,
        "livemode": case.livemode,
        "balance": money(case.balance_minor, case.currency),
        "currency": case.currency,
        "invoice_number": number(case.invoice_number),
        "facts": list(_facts(case)),
        "lines": [_line(entry, case, zone) for entry in facts["ledger"]],
        "received": [payment(row, case) for row in facts["received"]],
        "under_way": payment(facts["under_way"], case) if facts["under_way"] else None,
    }


def methods(offered: tuple[str, ...]) -> list[tuple[str, str]]:
    """(value, words) of the ways to pay that the form offers."""
    return [(name, str(METHOD_WORDS[name])) for name in offered]


def typed_again(payment: Payment, owed_minor: int) -> dict[str, str]:
    """The form as it was for a payment that failed, without card data."""
    if payment.amount_minor == owed_minor:
        return {"how_much": "full", "amount": "", "method": payment.method}
    shown = amounts.shown(payment.amount_minor, payment.currency)
    return {"how_much": "part", "amount": shown, "method": payment.method}


def payment(row: Payment, case: Case) -> dict[str, Any]:
    """One payment as the page of `case` tells of it: `amount` is the case's part of it, `whole` all of it where that
    is more; `back` says what of the whole went back."""
    moment, zone = row.received_at or row.created_at, case.organisation.timezone
    part = share(row, case)
    return {
        "id": row.id,
        "amount": money(part, row.currency),
        "whole": money(row.amount_minor, row.currency) if part != row.amount_minor else "",
        "at": moment_words(moment, zone),
        "on": day(moment.astimezone(ZoneInfo(zone)).date()),
        "method": str(METHOD_WORDS[row.method]),
        "back": _went_back(row),
        "came": row.status in rules.COLLECTED,
    }


def share(row: Payment, case: Case) -> int:
    """What of a payment was meant for `case`, as it came; credit that no invoice took belongs to the case it names."""
    came = [part for part in row.allocations.all() if not part.cause]
    if not came:
        # Not there yet: what the debtor said, else all of it for the case that it names.
        meant = dict(row.instruction)
        return int(meant.get(case.id, row.amount_minor if not meant else 0)) or row.amount_minor
    return sum(part.amount_minor for part in came if part.case_id == case.id)


def _went_back(row: Payment) -> str:
    if row.status == Payment.Status.REVERSED:
        return _("This payment was returned by the bank and counts no longer.")
    if row.status == Payment.Status.REFUNDED:
        return _("This payment was refunded to you in full.")
    if row.status == Payment.Status.PARTIALLY_REFUNDED:
        return _("%(amount)s of this payment was refunded to you.") % {
            "amount": money(row.refunded_minor, row.currency)
        }
    return ""


def _line(entry: LedgerEntry, case: Case, zone: str) -> dict[str, str]:
    on = entry.created_at.astimezone(ZoneInfo(zone)).date()
    if entry.kind == LedgerEntry.Kind.PRINCIPAL and case.invoice_date:
        on = case.invoice_date
    return {
        "on": day(on),
        "words": str(_ENTRY_WORDS[entry.kind]),
        "amount": money(entry.amount_minor, entry.currency),
    }


def _facts(case: Case) -> Any:
    """(label, value) of the invoice, where known."""
    found = [
        (_("Invoice"), number(case.invoice_number)),
        (_("Billed to"), case.debtor.name),
        (_("Purchase order"), case.po_number),
        (_("Invoice date"), day(case.invoice_date) if case.invoice_date else ""),
        (_("Due date"), day(case.due_date) if case.due_date else ""),
    ]
    if case.invoice_minor != case.placed_minor:
        found.append((_("Invoice total"), money(case.invoice_minor, case.currency)))
    return (pair for pair in found if pair[1])


def _other_name(legal_name: str, creditor: str) -> str:
    return legal_name if legal_name.casefold() != creditor.casefold() else ""
