"""What the payment page's templates print: money, dates and states in words. Everything is read from the rows."""

from typing import Any
from zoneinfo import ZoneInfo

from agentcollect.kit import money
from campaigns.models import Case, LedgerEntry
from payments import queries, rules
from payments.models import Payment
from payments.views.words import day
from payments.views.words import moment as moment_words

_ENTRY_WORDS = {
    "principal": "Invoice amount",
    "interest": "Interest",
    "fee": "Fee",
    "payment": "Payment received",
    "refund": "Refund to you",
    "reversal": "Payment returned by the bank",
    "credit_note": "Credit note",
    "adjustment": "Adjustment",
    "write_off": "Reduction",
}
_METHOD_WORDS = {
    "card": "Card",
    "bank_transfer": "Bank transfer",
    "ach_debit": "Bank debit (ACH)",
    "check": "Check",
    "cash": "Cash",
    "other": "Other",
}


def page(case: Case, facts: dict[str, Any]) -> dict[str, Any]:
    """Everything about the creditor, the invoice and its account that any state of the page may show."""
    brand, zone = case.campaign.brand, case.organisation.timezone
    creditor = brand.get("name") or case.campaign.creditor or case.organisation.name
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
        "disputed": case.status == Case.Status.DISPUTED,
        "balance": money.display(case.balance_minor, case.currency),
        "currency": case.currency,
        "invoice_number": _number(case.invoice_number),
        "facts": list(_facts(case)),
        "lines": [_line(entry, case, zone) for entry in facts["ledger"]],
        "received": [_payment(row, zone) for row in facts["received"]],
        "under_way": _payment(facts["under_way"], zone) if facts["under_way"] else None,
    }


def state(case: Case, facts: dict[str, Any]) -> str:
    """The state of the page (rules.page_state)."""
    return rules.page_state(
        closed=case.closed_at is not None,
        close_reason=case.close_reason,
        balance_minor=case.balance_minor,
        under_way=facts["under_way"] is not None,
    )


def receipt(payment: Payment, case: Case) -> dict[str, Any]:
    """One payment that came, for its receipt; credit that no invoice took is said openly."""
    unapplied = sum(part.amount_minor for part in payment.allocations.all() if part.component == rules.UNAPPLIED)
    return _payment(payment, case.organisation.timezone) | {
        "id": payment.id,
        "unapplied": money.display(unapplied, payment.currency) if unapplied else "",
        "left": money.display(case.balance_minor, case.currency) if case.balance_minor > 0 else "",
    }


def methods(offered: tuple[str, ...]) -> list[tuple[str, str]]:
    """(value, words) of the ways to pay that the form offers."""
    return [(name, _METHOD_WORDS[name]) for name in offered]


def typed_again(payment: Payment, case: Case) -> dict[str, str]:
    """The form as it was for a payment that failed, without card data."""
    if payment.amount_minor == case.balance_minor:
        return {"how_much": "full", "amount": "", "method": payment.method}
    major = money.to_major(payment.amount_minor, payment.currency)
    return {"how_much": "part", "amount": f"{major:,}", "method": payment.method}


def _payment(row: Payment, zone: str) -> dict[str, Any]:
    moment = row.received_at or row.created_at
    return {
        "amount": money.display(row.amount_minor, row.currency),
        "at": moment_words(moment, zone),
        "on": day(moment.astimezone(ZoneInfo(zone)).date()),
        "method": _METHOD_WORDS[row.method],
        "reference": row.id,
    }


def _line(entry: LedgerEntry, case: Case, zone: str) -> dict[str, str]:
    on = entry.created_at.astimezone(ZoneInfo(zone)).date()
    if entry.kind == LedgerEntry.Kind.PRINCIPAL and case.invoice_date:
        on = case.invoice_date
    return {
        "on": day(on),
        "words": _ENTRY_WORDS[entry.kind],
        # A true minus: a hyphen is easily overlooked before an amount.
        "amount": money.display(entry.amount_minor, entry.currency).replace("-", "−"),
    }


def _facts(case: Case) -> Any:
    """(label, value) of the invoice, where known."""
    found = [
        ("Invoice", _number(case.invoice_number)),
        ("Billed to", case.debtor.name),
        ("Purchase order", case.po_number),
        ("Invoice date", day(case.invoice_date) if case.invoice_date else ""),
        ("Due date", day(case.due_date) if case.due_date else ""),
    ]
    if case.invoice_minor != case.placed_minor:
        found.append(("Invoice total", money.display(case.invoice_minor, case.currency)))
    return (pair for pair in found if pair[1])


def _number(number: str) -> str:
    """The invoice number without the `INV-` or `#` that the words around it already say (API.md, Brand)."""
    plain = number.strip()
    for prefix in ("INV-", "inv-", "Inv-", "#"):
        plain = plain.removeprefix(prefix)
    return f"#{plain}" if plain else ""


def _other_name(legal_name: str, creditor: str) -> str:
    return legal_name if legal_name.casefold() != creditor.casefold() else ""
