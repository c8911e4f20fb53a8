"""The invoices a debtor may pay together: which are ticked, which wait for something, what they come to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Case, Hold
from payments import queries
from payments.views.page.words import day, language, money

_DISPUTED, _ESCALATED = Case.Status.DISPUTED, Case.Status.ESCALATED
# What nobody may pay here at this moment: it is being paid, or belongs to an attorney.
_BARRED = frozenset({"processing", "escalated"})
# What stands on a case without a word to its debtor: the next step waits, the invoice is owed as ever.
_SILENT = frozenset(
    {
        Hold.Kind.APPROVAL,
        Hold.Kind.DOMAIN_UNVERIFIED,
        Hold.Kind.IDENTITY_DOUBT,
        Hold.Kind.DO_NOT_CONTACT,
        Hold.Kind.PROMISE,
        Hold.Kind.PLAN,
        Hold.Kind.DISPUTE,
        Hold.Kind.EXCLUDED,
    }
)


@dataclass(frozen=True, slots=True)
class Bill:
    """An open invoice on the page. `waits`: for what, if anything; `linked`: the one whose link was opened."""

    case: Case
    waits: str
    linked: bool

    @property
    def barred(self) -> bool:
        return self.waits in _BARRED

    @property
    def ticked(self) -> bool:
        """At first: what is owed, unless something else was agreed or said about it."""
        return not self.waits or (self.linked and self.waits in ("in_plan", "promised", "held"))


def bills(case: Case) -> list[Bill]:
    """All of them, `case` first, those that wait last."""
    cases = queries.open_cases(case)
    holds = queries.holds_of(cases)
    found = [Bill(one, _waits(one, holds.get(one.id, {})), one.id == case.id) for one in cases]
    return sorted(found, key=lambda bill: not bill.ticked)


def _waits(case: Case, holds: dict[str, Hold]) -> str:
    if Hold.Kind.PAYMENT_PROCESSING in holds:
        return "processing"
    if case.status in (_ESCALATED, _DISPUTED, Case.Status.IN_PLAN, Case.Status.PROMISED):
        return str(case.status)
    if Hold.Kind.PAID_CLAIM in holds:
        return "claimed"
    return "held" if holds.keys() - _SILENT else ""


def payable(found: Iterable[Bill], chosen: Sequence[str] | None = None) -> list[Bill]:
    """Those ticked at first, or those that were `chosen` (case ids), as far as they can be paid here; in order."""
    wanted = (bill for bill in found if (bill.ticked if chosen is None else bill.case.id in chosen))
    return [bill for bill in wanted if not bill.barred]


def total(found: Iterable[Bill]) -> int:
    return sum(bill.case.balance_minor for bill in found)


def spread(minor: int, found: Iterable[Bill]) -> tuple[tuple[str, int], ...]:
    """`minor` over these invoices, each filled before the next: the debtor's instruction."""
    parts = []
    for bill in found:
        part = min(minor, bill.case.balance_minor)
        minor -= part
        if part:
            parts.append((bill.case.id, part))
    return tuple(parts)


def seen(found: Iterable[Bill]) -> str:
    """What a form shows as owed, so that its answer can be held against what is owed then."""
    return ",".join(f"{bill.case.id}:{bill.case.balance_minor}" for bill in found)


def listed(found: Iterable[Bill], chosen: Iterable[Bill]) -> dict[str, Any]:
    """`open` and `apart`: the rows of the list, as the page prints them; `more` than one at all."""
    found, ticked = list(found), {bill.case.id for bill in chosen}
    rows = [(bill, _row(bill, bill.case.id in ticked)) for bill in found]
    return {
        "open": [row for bill, row in rows if bill.ticked],
        "apart": [row for bill, row in rows if not bill.ticked],
        "more": len(found) > 1,
    }


def _row(bill: Bill, ticked: bool) -> dict[str, Any]:
    case = bill.case
    return {
        "id": case.id,
        "number": number(case.invoice_number),
        "due": day(case.due_date) if case.due_date else "",
        "amount": money(case.balance_minor, case.currency),
        "ticked": ticked,
        "barred": bill.barred,
        "linked": bill.linked,
        "why": why(bill.waits),
        "slug": queries.pay_slug(case),
    }


def why(waits: str) -> str:
    """Why an invoice is not asked for with the others."""
    return {
        "": "",
        "processing": _("A payment for it is on its way."),
        "escalated": _("An attorney has it now; it cannot be paid here."),
        "disputed": _("In dispute: you need not pay it while your objection is open."),
        "in_plan": _("You pay it in parts, as agreed."),
        "promised": _("You named a day for it; nothing more is asked until then."),
        "claimed": _("You told us that it is paid; the payment is being looked for."),
        "held": _("On hold: nobody asks you for it at the moment."),
    }[waits]


# As our messages write it (outreach.drafting.grammar).
_NUMBERED = {"en": "#{}", "fr": "n°\u00a0{}", "es": "n.º\u00a0{}", "de": "Nr.\u00a0{}"}


def number(given: str) -> str:
    """The invoice number without the `INV-` or `#` that the words around it already say (API.md, Brand)."""
    plain = given.strip()
    for prefix in ("INV-", "inv-", "Inv-", "#"):
        plain = plain.removeprefix(prefix)
    return _NUMBERED[language()].format(plain) if plain else ""
