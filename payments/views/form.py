"""The payment page's form, read: what was typed as values, and what is wrong in words for the person who typed it."""

import re
from dataclasses import dataclass

from django.http import QueryDict

from agentcollect.kit import money
from agentcollect.kit.errors import FieldError
from campaigns.models import Case
from payments import rules
from payments.providers.base import Instrument

# What may be shown again after a mistake. Card data may not.
KEPT = ("how_much", "amount", "method")
_NONCE = re.compile(r"[0-9A-Za-z]{22}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`amount_minor` is 0 where a fault says why."""

    nonce: str
    amount_minor: int
    instrument: Instrument
    kept: dict[str, str]
    faults: list[FieldError]


def read(post: QueryDict, case: Case, methods: tuple[str, ...]) -> Form:
    """The posted form. Nothing is raised: all faults are reported together, each under its field."""
    typed = {
        name: post.get(name, "").replace("\0", "")[:80] for name in (*KEPT, "form", "card_number", "expiry", "code")
    }
    faults: list[FieldError] = []
    if not _NONCE.fullmatch(typed["form"]):
        faults.append(_fault("", "This page had expired. Please check it and send it again."))
    if typed["method"] not in methods:
        faults.append(_fault("method", "Choose how to pay."))
    amount_minor = _amount(typed, case, faults)
    # Card fields that were filled in before another way was chosen come along, unseen: they say nothing then.
    card = (typed["card_number"], typed["expiry"], typed["code"]) if typed["method"] == "card" else ("", "", "")
    instrument = Instrument(typed["method"], *card)
    kept = {name: typed[name] for name in KEPT}
    return Form(nonce=typed["form"], amount_minor=amount_minor, instrument=instrument, kept=kept, faults=faults)


def _amount(typed: dict[str, str], case: Case, faults: list[FieldError]) -> int:
    if typed["how_much"] == "full":
        return case.balance_minor
    if typed["how_much"] != "part":
        faults.append(_fault("how_much", "Choose how much to pay."))
        return 0
    try:
        return _part(typed["amount"], case)
    except ValueError as error:
        faults.append(_fault("amount", str(error)))
        return 0


def _part(text: str, case: Case) -> int:
    amount = rules.read_amount(text)
    try:
        minor = money.to_minor(amount, case.currency)
    except ValueError as error:
        raise ValueError(f"The amount {error}.") from error
    if minor <= 0:
        raise ValueError("Enter an amount above zero.")
    if minor > case.balance_minor:
        raise ValueError(f"Enter at most {money.display(case.balance_minor, case.currency)}, what is owed.")
    return minor


def _fault(field: str, words: str) -> FieldError:
    return FieldError(field, "invalid_request", words)
