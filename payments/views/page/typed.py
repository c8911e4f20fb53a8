"""What a debtor typed into the forms beside payment, read: values, and what is wrong in words for who typed it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from campaigns.models import Case, Dispute
from campaigns.rules import offers
from campaigns.serializers.parsing import parse_date, parse_email
from payments import operations
from payments.rules import plans as plan_rules
from payments.views.page import amounts

Values = dict[str, Any]
Faults = dict[str, str]
# Every field of every form, with how much of it is read. What is shown again after a mistake is cut the same.
LONGEST = {
    "how_much": 10,
    "amount": 30,
    "due_on": 10,
    "instalments": 3,
    "first_on": 10,
    "paid_on": 10,
    "reference": 120,
    "note": 500,
    "reason": 20,
    "text": 2000,
    "email": 200,
    "name": 120,
}


def typed(post: QueryDict) -> dict[str, str]:
    """The fields as text, without space around them."""
    return {name: post.get(name, "").replace("\0", "").strip()[:longest] for name, longest in LONGEST.items()}


def today_of(case: Case, at: Any) -> date:
    """The creditor's today: its days are what the page speaks of."""
    return offers.today(case.organisation.timezone, at)


def promise(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`amount_minor`, `due_on`."""
    faults: Faults = {}
    amount = _amount(given, case, faults)
    due_on = _date("due_on", given, faults)
    return {"amount_minor": amount, "due_on": due_on}, faults


def plan(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`schedule`, as it will be confirmed."""
    faults: Faults = {}
    first = _date("first_on", given, faults)
    count = int(given["instalments"]) if given["instalments"].isdecimal() else 0
    if not 2 <= count <= operations.bounds_of(case).max_instalments:
        faults["instalments"] = _("Choose in how many parts you want to pay.")
    if faults or first is None:
        return {}, faults
    parts = plan_rules.schedule(case.balance_minor, count, first)
    param = plan_rules.refusal(parts, case.balance_minor, operations.bounds_of(case), today=today_of(case, at))[0]
    if param:
        words = _("Fewer parts, please: each would be too small.")
        faults[param if param == "instalments" else "first_on"] = (
            words if param == "instalments" else _("Choose an earlier day, from today on.")
        )
    return {"schedule": parts}, faults


def claim(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`evidence` of a payment that the debtor says was made."""
    faults: Faults = {}
    paid_on = _date("paid_on", given, faults)
    if paid_on and paid_on > today_of(case, at):
        faults["paid_on"] = _("Enter the day you paid, not one that lies ahead.")
    told = {"paid_on": paid_on.isoformat() if paid_on else "", "reference": given["reference"], "note": given["note"]}
    return {"evidence": told}, faults


def dispute(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`reason`, `text`, `amount_minor` (None: the whole invoice)."""
    faults: Faults = {}
    if given["reason"] not in Dispute.Reason.values:
        faults["reason"] = _("Choose what is wrong.")
    if not given["text"]:
        faults["text"] = _("Say in a few words what is wrong.")
    amount = _amount(given, case, faults)
    whole = given["how_much"] != "part"
    return {"reason": given["reason"], "text": given["text"], "amount_minor": None if whole else amount}, faults


def stranger(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`address`, `note`."""
    try:
        return {"address": parse_email(given["email"]), "note": given["note"]}, {}
    except ValueError:
        return {}, {"email": _("Enter the e-mail address that our message came to.")}


def colleague(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`name`, `email` of who pays such invoices."""
    try:
        return {"name": given["name"], "email": parse_email(given["email"])}, {}
    except ValueError:
        return {}, {"email": _("Enter your colleague’s e-mail address.")}


def _amount(given: dict[str, str], case: Case, faults: Faults) -> int:
    if given["how_much"] != "part":
        return case.balance_minor
    try:
        return amounts.read(given["amount"], case.currency, case.balance_minor)
    except ValueError as error:
        faults["amount"] = str(error)
        return 0


def _date(name: str, given: dict[str, str], faults: Faults) -> date | None:
    try:
        return parse_date(given[name])
    except ValueError:
        faults[name] = _("Enter a day, like 2026-03-31.")
        return None


Read = Callable[[dict[str, str], Case, Any], tuple[Values, Faults]]
