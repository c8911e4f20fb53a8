"""What the payment page says about agreements: what stands, what may still be done, what is about to be agreed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Case
from campaigns.rules import transitions
from payments import operations, queries
from payments.models import Plan
from payments.rules import plans as rules
from payments.views.page import amounts
from payments.views.page.words import day, money

REASONS = [
    ("not_received", gettext_lazy("We did not receive what was billed")),
    ("quality", gettext_lazy("What we received was faulty")),
    ("wrong_amount", gettext_lazy("The amount is wrong")),
    ("already_paid", gettext_lazy("It was paid or credited before")),
    ("not_ordered", gettext_lazy("We did not order it")),
    ("duplicate", gettext_lazy("It was billed twice")),
    ("wrong_debtor", gettext_lazy("It was billed to the wrong company")),
    ("other", gettext_lazy("Something else")),
]
_PART_WORDS = {"due": "", "paid": gettext_lazy("Paid"), "missed": gettext_lazy("Missed"), "cancelled": ""}


def may_promise(case: Case) -> bool:
    return case.balance_minor > 0 and _may(case, Case.Status.PROMISED)


def may_plan(case: Case) -> bool:
    """Where the creditor grants it, and the balance can be shared out at all."""
    status = Case.Status.ACTIVE if case.status == Case.Status.PROMISED else case.status
    granted = operations.policy_of(case).plans and case.balance_minor > 0
    largest = rules.largest_count(case.balance_minor, operations.bounds_of(case), date.min, today=date.min)
    return granted and Case.Status.IN_PLAN in transitions.CASE[status] and largest > 0


def may_claim(case: Case) -> bool:
    return case.closed_at is None and case.balance_minor > 0


def may_dispute(case: Case) -> bool:
    return may_claim(case) and _may(case, Case.Status.DISPUTED)


def may_deny(case: Case) -> bool:
    return case.closed_at is None


def _may(case: Case, then: str) -> bool:
    return then in transitions.CASE[case.status]


def offered(case: Case, plan: Plan | None, at: datetime) -> bool:
    """Whether `plan` is an offer that can be accepted as it stands: in time, and about what is owed."""
    if plan is None or plan.status != Plan.Status.OFFERED or plan.total_minor != case.balance_minor:
        return False
    open_ = case.status in (Case.Status.ACTIVE, Case.Status.PROMISED)
    return open_ and (plan.expires_at is None or at < plan.expires_at)


def standing(case: Case, at: datetime) -> dict[str, Any]:
    """What was agreed, offered or said about a case, in words; and what may be done beside paying."""
    promise, plan, dispute, claim = queries.agreed(case)
    # What gave way to a dispute a moment ago is judged so in another; it is not shown meanwhile.
    active = plan if plan and plan.status == Plan.Status.ACTIVE and case.status == Case.Status.IN_PLAN else None
    promise = promise if case.status == Case.Status.PROMISED else None
    return {
        "promised": promise
        and {
            "amount": money(promise.amount_minor, promise.currency),
            "on": day(promise.due_on),
        },
        "plan": active and _plan(active),
        "offered": offered(case, plan, at) and plan and _plan(plan),
        "disputed": dispute and {"asked": [one["asked"] for one in dispute.evidence.get("questions", [])]},
        "claimed": claim is not None,
        "suggested": _suggested(active),
        "acts": {
            "promise": may_promise(case),
            "plan": may_plan(case),
            "paid": may_claim(case) and claim is None,
            "dispute": may_dispute(case),
            "stranger": may_deny(case),
        },
    }


def _suggested(plan: Plan | None) -> dict[str, str]:
    """What the form to pay begins with: what is left of the next instalment, else all of it."""
    parts = sorted(plan.instalments.all(), key=lambda part: part.number) if plan else []
    for part in parts:
        if plan and part.status == "due":
            return {"how_much": "part", "amount": amounts.shown(part.amount_minor - part.paid_minor, plan.currency)}
    return {"how_much": "full"}


def _plan(plan: Plan) -> list[dict[str, str]]:
    parts = sorted(plan.instalments.all(), key=lambda part: part.number)
    return [
        {
            "on": day(part.due_on),
            "amount": money(part.amount_minor, plan.currency),
            "state": str(_PART_WORDS[part.status]) or _covered(part.paid_minor, plan.currency),
        }
        for part in parts
    ]


def _covered(paid_minor: int, currency: str) -> str:
    return _("%(amount)s received") % {"amount": money(paid_minor, currency)} if paid_minor else _("Open")


def first_day(today: date) -> date:
    """What the plan's form proposes for the first part."""
    return today + timedelta(days=7)


def choices(case: Case, today: date) -> list[tuple[int, str]]:
    """(number, words) of the plans that the creditor grants, by the number of parts."""
    bounds = operations.bounds_of(case)
    largest = rules.largest_count(case.balance_minor, bounds, today, today=today)
    found = []
    for count in range(2, largest + 1):
        parts = rules.schedule(case.balance_minor, count, today)
        said = {"count": count, "amount": money(parts[0][1], case.currency)}
        found.append((count, _("%(count)s parts of %(amount)s") % said))
    return found


def plan_parts(plan: Plan) -> list[tuple[date, int]]:
    """The days and amounts (minor units) of a plan, in order."""
    return [(part.due_on, part.amount_minor) for part in sorted(plan.instalments.all(), key=lambda part: part.number)]


def schedule(parts: Sequence[tuple[date, int]], currency: str) -> list[dict[str, str]]:
    """The exact plan that is about to be agreed."""
    return [{"on": day(on), "amount": money(minor, currency)} for on, minor in parts]


def said(act: str, case: Case, given: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of what is about to be done."""
    if act == "promise":
        owed = money(given["amount_minor"], case.currency)
        return [(_("You will pay"), owed), (_("By the end of"), day(given["due_on"]))]
    if act == "paid":
        told = given["evidence"]
        paid_on = day(date.fromisoformat(told["paid_on"]))
        pairs = [(_("Paid on"), paid_on), (_("Reference"), told["reference"]), (_("Note"), told["note"])]
        return [pair for pair in pairs if pair[1]]
    if act == "dispute":
        part = given["amount_minor"]
        much = money(part, case.currency) if part else _("The whole invoice")
        reason = str(dict(REASONS)[given["reason"]])
        return [(_("What is wrong"), reason), (_("How much of it"), much), (_("Your words"), given["text"])]
    if act == "forward":
        pairs = [(_("Your colleague"), given["name"]), (_("E-mail address"), given["email"])]
        return [pair for pair in pairs if pair[1]]
    return [(_("Your e-mail address"), given["address"])] if "address" in given else []
