"""The payment page's form, read: what was typed as values, and what is wrong in words for the person who typed it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from agentcollect.kit.errors import FieldError
from payments.providers.base import Instrument
from payments.views.page import amounts, invoices
from payments.views.page.invoices import Bill

# What may be shown again after a mistake. Card and bank data may not.
KEPT = ("how_much", "amount", "method")
_NONCE = re.compile(r"[0-9A-Za-z]{22}")
_FIELDS = (*KEPT, "form", "act", "card_number", "expiry", "code", "account_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`amount_minor` is 0 where a fault says why. `changed`: what the form showed is not what its invoices come to:
    "choice", others were ticked than its total is of; "balance", they owe another amount by now; "" it is."""

    nonce: str
    chosen: list[Bill]
    amount_minor: int
    instrument: Instrument
    kept: dict[str, str]
    faults: list[FieldError]
    changed: str

    @property
    def instruction(self) -> tuple[tuple[str, int], ...]:
        """(case id, minor units) of each invoice that the amount pays, in the order shown."""
        return invoices.spread(self.amount_minor, self.chosen)


def read(post: QueryDict, bills: list[Bill], methods: tuple[str, ...]) -> Form:
    """The posted form. Nothing is raised: all faults are reported together, each under its field."""
    typed = {name: post.get(name, "").replace("\0", "")[:80] for name in _FIELDS}
    chosen = invoices.payable(bills, post.getlist("invoice"))
    faults: list[FieldError] = []
    if not _NONCE.fullmatch(typed["form"]):
        faults.append(_fault("", _("This page had expired. Please check it and send it again.")))
    if bills and not chosen:
        faults.append(_fault("invoice", _("Choose at least one invoice.")))
    if typed["method"] not in methods:
        faults.append(_fault("method", _("Choose how to pay.")))
    amount_minor = _amount(typed, chosen, faults) if chosen else 0
    return Form(
        nonce=typed["form"],
        chosen=chosen,
        amount_minor=amount_minor,
        instrument=_instrument(typed),
        kept={name: typed[name] for name in KEPT},
        faults=faults,
        changed="choice" if typed["act"] == "update" else _changed(post.get("seen", "")[:20_000], chosen),
    )


def _instrument(typed: dict[str, str]) -> Instrument:
    """Fields that were filled in before another way was chosen come along, unseen: they say nothing then."""
    if typed["method"] == "card":
        return Instrument("card", typed["card_number"], typed["expiry"], typed["code"])
    number = typed["account_number"] if typed["method"] == "ach_debit" else ""
    return Instrument(typed["method"], re.sub(r"[ -]", "", number))


def _changed(seen: str, chosen: Sequence[Bill]) -> str:
    now = invoices.seen(chosen)
    if seen == now or not chosen:
        return ""
    same = [part.partition(":")[0] for part in seen.split(",")] == [bill.case.id for bill in chosen]
    return "balance" if same else "choice"


def _amount(typed: dict[str, str], chosen: Sequence[Bill], faults: list[FieldError]) -> int:
    owed, currency = invoices.total(chosen), chosen[0].case.currency
    if typed["how_much"] == "full":
        return owed
    if typed["how_much"] != "part":
        faults.append(_fault("how_much", _("Choose how much to pay.")))
        return 0
    try:
        return amounts.read(typed["amount"], currency, owed)
    except ValueError as error:
        faults.append(_fault("amount", str(error)))
        return 0


def _fault(field: str, words: str) -> FieldError:
    return FieldError(field, "invalid_request", words)
