"""The form of a new campaign: one invoice, a pasted table, or a file; and under whose name it goes out."""

from typing import Any

from django import forms

from dashboard import drafts
from dashboard.drafts import Draft, Unreadable
from dashboard.forms.organisation import countries

WAYS = {"invoice": "One invoice", "paste": "Paste rows", "file": "Upload a CSV"}


class CampaignForm(forms.Form):
    """What every way shares. Nothing of it is checked here: the preview asks the API's own checks."""

    company = forms.CharField(label="Your name on the mails", max_length=200, help_text="As your debtors know you.")
    name = forms.CharField(
        label="Name of the campaign",
        max_length=120,
        required=False,
        help_text="For yourself, such as “October overdue”.",
    )
    from_email = forms.CharField(
        label="Sender", max_length=254, required=False, help_text="Such as ar@yourcompany.com. Live mode needs one."
    )
    primary = forms.CharField(
        label="Colour", max_length=7, required=False, help_text="Of buttons and headings: #1E40AF."
    )
    escalation = forms.ChoiceField(
        label="An attorney is asked",
        choices=[("auto", "When the reminders are spent"), ("ask", "Only when I say so"), ("never", "Never")],
    )
    test_clock = forms.ChoiceField(
        label="Test clock", required=False, help_text="On a clock, days pass when you advance it."
    )

    def __init__(self, *args: Any, clocks: dict[str, str], **kwargs: Any) -> None:
        """`clocks`: what it may live on, id → words; where there are none, it is not asked."""
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["test_clock"].choices = [("", "None: it runs in real time"), *clocks.items()]  # type: ignore[attr-defined]
        if not clocks:
            del self.fields["test_clock"]

    def rows(self) -> tuple[list[dict[str, str]], list[str]]:
        """(rows, unread columns). Raises Unreadable."""
        raise NotImplementedError

    def draft(self) -> Draft:
        """What was filled in. Raises Unreadable."""
        said = self.cleaned_data
        rows, unknown = self.rows()
        colors = {"colors": {"primary": said["primary"]}} if said["primary"] else {}
        brand = {"from_email": said["from_email"]} if said["from_email"] else {}
        settings: dict[str, Any] = {"company": said["company"], "escalation": said["escalation"]}
        settings |= {"name": said["name"]} if said["name"] else {}
        settings |= {"brand": brand | colors} if brand or colors else {}
        settings |= {"test_clock": said["test_clock"]} if said.get("test_clock") else {}
        return Draft(rows, settings, unknown)


class InvoiceForm(CampaignForm):
    """One invoice, field by field."""

    company_name = forms.CharField(label="Debtor", max_length=200, help_text="The company that owes you.")
    contact_email = forms.CharField(
        label="Debtor's e-mail",
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
        help_text="Accounts payable, if you know it.",
    )
    contact_name = forms.CharField(label="Contact person", max_length=200, required=False)
    invoice_number = forms.CharField(label="Invoice number", max_length=60, required=False)
    invoice_amount = forms.CharField(
        label="Amount owed", max_length=30, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    currency = forms.CharField(label="Currency", max_length=3)
    invoice_date = forms.CharField(
        label="Invoice date", max_length=10, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    due_date = forms.CharField(
        label="Due date", max_length=10, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    country = forms.ChoiceField(label="Debtor's country", choices=countries)
    state = forms.CharField(
        label="State", max_length=10, required=False, help_text="Such as NY: it decides the hours of contact."
    )
    ROW = (
        "company_name",
        "contact_email",
        "contact_name",
        "invoice_number",
        "invoice_amount",
        "currency",
        "invoice_date",
        "due_date",
        "country",
        "state",
    )

    def rows(self) -> tuple[list[dict[str, str]], list[str]]:
        return [{name: self.cleaned_data[name] for name in self.ROW if self.cleaned_data[name]}], []


class PasteForm(CampaignForm):
    """A table from a spreadsheet."""

    table = forms.CharField(
        label="Rows",
        max_length=drafts.MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "wrap": "off"}),
        help_text="Copy the cells from your spreadsheet, or write CSV. The first line names the columns.",
    )

    def rows(self) -> tuple[list[dict[str, str]], list[str]]:
        return drafts.read_table(self.cleaned_data["table"])


class FileForm(CampaignForm):
    """A CSV file."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
        help_text="Up to 500 rows and 2 MB. The first line names the columns.",
    )

    def rows(self) -> tuple[list[dict[str, str]], list[str]]:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > drafts.MAX_BYTES:
            raise Unreadable("The file is larger than 2 MB. Send it by the API's csv_url.")
        return drafts.read_table(drafts.decode(uploaded.read()))


FORMS: dict[str, type[CampaignForm]] = {"invoice": InvoiceForm, "paste": PasteForm, "file": FileForm}
