"""`/pay/<slug>/transfer`: where to send a bank transfer for this invoice, and what to write on it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import Case
from payments import operations, queries
from payments.models import RemitTo
from payments.rules import banking
from payments.views.page import invoices, present
from payments.views.page.rendering import render_page
from payments.views.page.speaking import go, of_case
from payments.views.page.states import OPEN
from payments.views.page.words import money

# The order of a payment form. Whatever else stands in the details is not for a debtor.
_ORDER = ("holder", "bank", "iban", "bic", "routing", "account")


def account_of(case: Case) -> RemitTo | None:
    """The account in force: never one that is only proposed, approved or replaced."""
    return queries.remit_to(organisation_id=case.organisation_id, livemode=case.livemode, currency=case.currency)


@of_case
@require_safe
def show(request: HttpRequest, case: Case) -> HttpResponse:
    """The details, as text to be copied; back to the invoice where there is no account or nothing to transfer."""
    facts, account = queries.page_facts(case), account_of(case)
    context = present.page(case, facts)
    if account is None or context["state"] != OPEN:
        return go(request, "pay", case)
    listed = invoices.listed(found := invoices.bills(case), invoices.payable(found))
    others = [row for row in listed["open"] if not row["linked"]]
    return render_page(request, context | details(case, account) | {"state": "transfer", "others": others})


def details(case: Case, account: RemitTo) -> dict[str, Any]:
    """What to fill into a bank's form, as (label, value), the exact amount and the reference that finds the invoice."""
    words = {
        "holder": _("Account holder"),
        "bank": _("Bank"),
        "iban": "IBAN",
        "bic": "BIC",
        "routing": _("Routing number"),
        "account": _("Account number"),
    }
    rows = [(words[name], _spaced(name, account.details.get(name, ""))) for name in _ORDER]
    return {
        "account": [row for row in rows if row[1]],
        "transfer_amount": money(case.balance_minor, case.currency),
        "transfer_reference": banking.spaced(operations.bank_reference(case=case)),
    }


def _spaced(name: str, value: str) -> str:
    return " ".join(value[place : place + 4] for place in range(0, len(value), 4)) if name == "iban" else value
