"""A bank statement that is sent, and the account that money goes to."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from agentcollect.kit import money
from payments.rules.statements import MAX_BYTES

_CURRENCIES = [(code, code) for code in sorted(money.CURRENCIES)]


class StatementForm(forms.Form):
    """The file, and what only a person knows of it. `order` and `decimal` are asked for where the file needs them."""

    file = forms.FileField(
        label="Statement",
        help_text="CSV or camt.053 (XML), as your bank offers it; at most 10 MB and 20,000 lines.",
        error_messages={"required": "Choose the file.", "empty": "The file is empty."},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xml,text/csv,application/xml"}),
    )
    currency = forms.ChoiceField(label="Currency, where the file names none", choices=_CURRENCIES)
    order = forms.ChoiceField(
        label="Days in the file are written",
        choices=[("", "As the file shows"), ("dmy", "Day first: 31/12/2026"), ("mdy", "Month first: 12/31/2026")],
        required=False,
    )
    decimal = forms.ChoiceField(
        label="Amounts in the file are written",
        choices=[("", "As the file shows"), (".", "With a point: 1,234.50"), (",", "With a comma: 1.234,50")],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB. Ask your bank for a shorter period.")
        return file


def _text(label: str, longest: int, help_text: str = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, required=False, max_length=longest, help_text=help_text, widget=widget)


class BankAccountForm(forms.Form):
    """A bank account; what is wrong with it is said by the operation."""

    currency = forms.ChoiceField(label="Currency", choices=_CURRENCIES)
    holder = _text("Account holder", 140, "As the bank has it.")
    bank = _text("Bank", 140)
    iban = _text("IBAN", 42)
    bic = _text("BIC", 11)
    routing = _text("Routing number", 9, "In the United States, with the account number, in place of IBAN and BIC.")
    account = _text("Account number", 24)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class StripeForm(forms.Form):
    """The creditor's own account at the processor."""

    account = _text("Account", 60, "Its id: acct_1A2b3C4d5E6f7G.")

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial, auto_id="stripe-%s", label_suffix="")
