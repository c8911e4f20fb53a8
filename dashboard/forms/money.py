"""What a person does with money: gives it back, uses credit, says that it came. Each button does its work once."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django import forms

from accounts import timeline
from agentcollect.kit import money
from campaigns.models import Case
from campaigns.rules import offers
from dashboard import words
from dashboard.forms.case import CaseForm, amount_field
from payments.models import Payment

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


class OnceForm(CaseForm):
    """A form with a token, drawn when it is shown: sent twice, it is carried out once (accounts' submit_once)."""

    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        self.initial["token"] = secrets.token_urlsafe(16)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not _TOKEN.fullmatch(said.get("token", "")):
            raise forms.ValidationError("This form is out of date. Please load the page again.")
        return said


class RefundForm(OnceForm):
    """Cleaned: `amount` in minor units, `reason`, `credited`. `left`: what can be given back."""

    name = "refund"
    amount = amount_field("Give back", required=True)
    reason = forms.CharField(
        label="Why",
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 300}),
        error_messages={"required": "Write why it is given back."},
        help_text="It stands beside the refund, here and in the event.",
    )
    credited = forms.BooleanField(
        label="Credit the invoice with it",
        required=False,
        help_text="A credit note of the same amount is booked, so that nothing of it is owed again; without it, what "
        "this money had paid is owed and asked for again.",
    )

    def __init__(self, payment: Payment, left: int, data: Any = None, *, first: int = 0) -> None:
        super().__init__(payment.case, data)
        self.left = left
        self.initial["amount"] = str(money.to_major(first or left, payment.currency))
        self.fields["amount"].help_text = f"{money.display(left, payment.currency)} of it can be given back."

    def clean_amount(self) -> int | None:
        return self._minor("amount")

    def check_left(self) -> bool:
        """Whether so much can be given back now. Not asked of a form that may have been carried out already."""
        if self.cleaned_data["amount"] > self.left:
            shown = money.display(self.left, self.case.currency)
            self.add_error("amount", f"Only {shown} of it can still be given back.")
        return not self.errors


class ApplyForm(OnceForm):
    """Cleaned: `invoice` (a case id), `amount` in minor units (None: as much as there is and that one owes)."""

    name = "apply"
    params = {"case_id": "invoice"}
    invoice = forms.ChoiceField(
        label="For the invoice",
        error_messages={"required": "Choose the invoice.", "invalid_choice": "That invoice is not open any more."},
    )
    amount = amount_field(
        "How much", required=False, help_text="Empty: all of the credit, as far as the invoice owes it."
    )

    def __init__(self, payment: Payment, invoices: Sequence[Case], data: Any = None) -> None:
        super().__init__(payment.case, data)
        choice = cast(forms.ChoiceField, self.fields["invoice"])
        choice.choices = [(one.id, f"{_called(one)}, {_owed(one)} owed") for one in invoices]

    def clean_amount(self) -> int | None:
        return self._minor("amount")


def _called(case: Case) -> str:
    due = f", due {case.due_date.day} {case.due_date:%b %Y}" if case.due_date else ""
    return f"{case.invoice_number or 'Without a number'}{due}"


def _owed(case: Case) -> str:
    return money.display(case.balance_minor, case.currency)


class ReportForm(OnceForm):
    """Cleaned: `amount` in minor units, `method`, `received_on`, `reference`. `case` has its organisation."""

    name = "payment"
    params = {"received_at": "received_on"}
    amount = amount_field("How much came", required=True, help_text="More than is owed becomes their credit.")
    method = forms.ChoiceField(label="How", choices=list(words.PAYMENT_METHOD.items()))
    received_on = forms.DateField(
        label="On",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day.", "invalid": "Choose a day, like 2026-03-31."},
    )
    reference = forms.CharField(
        label="Reference",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 120}),
        help_text="As your bank or your books have it.",
    )

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        if case.balance_minor > 0:
            self.initial["amount"] = str(money.to_major(case.balance_minor, case.currency))
        now: datetime = timeline.now(case.clock_id)
        self.initial["received_on"] = offers.today(case.organisation.timezone, now).isoformat()

    def clean_amount(self) -> int | None:
        return self._minor("amount")
