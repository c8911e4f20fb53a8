"""What a debtor typed into the forms beside payment, read: values, and what is wrong in words for who typed it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.http import QueryDict

from agentcollect.kit import money
from campaigns.models import Case, Dispute
from campaigns.rules import offers
from campaigns.serializers.parsing import parse_date, parse_email
from payments import operations, rules
from payments.rules import plans as plan_rules

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
        faults["instalments"] = "Choose in how many parts you want to pay."
    if faults or first is None:
        return {}, faults
    parts = plan_rules.schedule(case.balance_minor, count, first)
    param, _ = plan_rules.refusal(parts, case.balance_minor, operations.bounds_of(case), today=today_of(case, at))
    if param:
        words = "Fewer parts, please: each would be too small."
        faults[param if param == "instalments" else "first_on"] = (
            words if param == "instalments" else "Choose an earlier day, from today on."
        )
    return {"schedule": parts}, faults


def claim(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`evidence` of a payment that the debtor says was made."""
    faults: Faults = {}
    paid_on = _date("paid_on", given, faults)
    if paid_on and paid_on > today_of(case, at):
        faults["paid_on"] = "Enter the day you paid, not one that lies ahead."
    told = {"paid_on": paid_on.isoformat() if paid_on else "", "reference": given["reference"], "note": given["note"]}
    return {"evidence": told}, faults


def dispute(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`reason`, `text`, `amount_minor` (None: the whole invoice)."""
    faults: Faults = {}
    if given["reason"] not in Dispute.Reason.values:
        faults["reason"] = "Choose what is wrong."
    if not given["text"]:
        faults["text"] = "Say in a few words what is wrong."
    amount = _amount(given, case, faults)
    whole = given["how_much"] != "part"
    return {"reason": given["reason"], "text": given["text"], "amount_minor": None if whole else amount}, faults


def stranger(given: dict[str, str], case: Case, at: Any) -> tuple[Values, Faults]:
    """`address`, `note`."""
    try:
        return {"address": parse_email(given["email"]), "note": given["note"]}, {}
    except ValueError:
        return {}, {"email": "Enter the e-mail address that our message came to."}


def _amount(given: dict[str, str], case: Case, faults: Faults) -> int:
    if given["how_much"] != "part":
        return case.balance_minor
    try:
        minor = money.to_minor(rules.read_amount(given["amount"]), case.currency)
    except ValueError as error:
        words = str(error)
        faults["amount"] = words if words[:1].isupper() else f"The amount {words}."
        return 0
    if not 0 < minor <= case.balance_minor:
        faults["amount"] = f"Enter at most {money.display(case.balance_minor, case.currency)}, what is owed."
    return minor


def _date(name: str, given: dict[str, str], faults: Faults) -> date | None:
    try:
        return parse_date(given[name])
    except ValueError:
        faults[name] = "Enter a day, like 2026-03-31."
        return None


Read = Callable[[dict[str, str], Case, Any], tuple[Values, Faults]]
