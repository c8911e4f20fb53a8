"""What a person records about one invoice: a promise, an objection, an answer to it, and how it ended."""

from datetime import timedelta
from typing import Any, cast

from django import forms

from accounts import timeline
from agentcollect.kit import money
from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Dispute
from campaigns.rules import offers
from dashboard import words
from payments import operations as payments
from payments.rules import plans, read_amount


class CaseForm(forms.Form):
    """A form about `case`; ids carry the form's name, as several stand on one page."""

    name = ""
    # Parameters of an operation whose field here is called otherwise.
    params: dict[str, str] = {}

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{self.name}-%s", label_suffix="")
        self.case = case

    def refuse(self, refused: ApiError) -> None:
        """The operation's refusal beside the field it is about, else above the form."""
        field = self.params.get(refused.param, refused.param)
        self.add_error(field if field in self.fields else None, refused.message)

    def _minor(self, field: str) -> int | None:
        """Minor units of a typed amount; None where the field is empty."""
        text = self.cleaned_data.get(field) or ""
        if not text:
            return None
        try:
            minor = money.to_minor(read_amount(text), self.case.currency)
        except ValueError as error:
            said = str(error)
            raise forms.ValidationError(said if said[:1].isupper() else f"The amount {said}.") from error
        if minor <= 0:
            raise forms.ValidationError("Enter an amount above zero.")
        return minor


def amount_field(label: str, *, required: bool, help_text: str = "") -> forms.CharField:
    box = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20})
    missing = {"required": "Write the amount."}
    return forms.CharField(
        label=label, required=required, help_text=help_text, max_length=20, widget=box, error_messages=missing
    )


def _text(label: str, missing: str, longest: int, *, required: bool = True, help_text: str = "") -> forms.CharField:
    box = forms.Textarea(attrs={"rows": 3, "maxlength": longest})
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=longest,
        widget=box,
        error_messages={"required": missing},
    )


class PromiseForm(CaseForm):
    """Cleaned: `amount` in minor units, `due_on`."""

    name = "promise"
    amount = amount_field("They will pay", required=True)
    due_on = forms.DateField(
        label="By the end of",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day.", "invalid": "Choose a day, like 2026-03-31."},
    )

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        self.initial["amount"] = str(money.to_major(case.balance_minor, case.currency))

    def clean_amount(self) -> int | None:
        return self._minor("amount")


class PlanForm(CaseForm):
    """Cleaned: `instalments`, `first_on`, `every`, and `parts`: the days and amounts (minor units) that they make.

    `case` has its campaign and organisation.
    """

    name = "plan"
    params = {"schedule": "first_on"}
    instalments = forms.TypedChoiceField(
        label="In how many parts", coerce=int, error_messages={"required": "Choose in how many parts."}
    )
    every = forms.ChoiceField(
        label="One every", choices=[("month", "month"), ("two_weeks", "two weeks"), ("week", "week")]
    )
    first_on = forms.DateField(
        label="The first one on",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day.", "invalid": "Choose a day, like 2026-03-31."},
    )

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        self.bounds = payments.bounds_of(case)
        self.today = offers.today(case.organisation.timezone, timeline.now(case.clock_id))
        counts = range(2, self.bounds.max_instalments + 1)
        choice = cast(forms.TypedChoiceField, self.fields["instalments"])
        choice.choices = [(count, f"{count} parts of {self._share(count)}") for count in counts]
        self.initial["first_on"] = (self.today + timedelta(days=7)).isoformat()

    def _share(self, count: int) -> str:
        return money.display(-(-self.case.balance_minor // count), self.case.currency)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        balance, count = self.case.balance_minor, said["instalments"]
        if count > balance:
            raise forms.ValidationError("There is not enough owed to share out.")
        said["parts"] = plans.schedule(balance, count, said["first_on"], said["every"])
        field, words = plans.refusal(said["parts"], balance, self.bounds, today=self.today)
        if words:
            named = {"instalments": "The parts", "first_on": "The day", "schedule": "The plan"}
            self.add_error(self.params.get(field, field), f"{named[field]} {words}.")
        return said


class OfferForm(CaseForm):
    """Cleaned: `amount` in minor units, `valid_until`, `conditions`, `reason`. `case` has its campaign and
    organisation; what it may be at least is said to who drafts it, and to no debtor."""

    name = "offer"
    amount = amount_field("They pay", required=True)
    valid_until = forms.DateField(
        label="By the end of",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Choose the day.", "invalid": "Choose a day, like 2026-03-31."},
    )
    conditions = _text("Conditions", "", 500, required=False, help_text="They read them on the payment page.")
    reason = _text("Why", "", 300, required=False, help_text="For your colleagues; they do not see it.")

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        at = timeline.now(case.clock_id)
        least = money.display(payments.floor_of(case, at), case.currency)
        self.fields["amount"].help_text = f"At least {least} by your settings, instead of what is owed."
        last = offers.today(case.organisation.timezone, at) + timedelta(days=payments.policy_of(case).settlement_days)
        self.initial["valid_until"] = last.isoformat()

    def clean_amount(self) -> int | None:
        return self._minor("amount")


class DisputeForm(CaseForm):
    """Cleaned: `reason`, `text`, `amount` in minor units (None: the whole invoice)."""

    name = "dispute"
    reason = forms.ChoiceField(
        label="What is wrong, they say",
        choices=[(value, words.DISPUTE_REASON[value]) for value in Dispute.Reason.values],
    )
    text = _text("In their words", "", 2000, required=False)
    amount = amount_field("How much of it", required=False, help_text="Empty: the whole invoice.")

    def clean_amount(self) -> int | None:
        return self._minor("amount")


class AnswerForm(CaseForm):
    """Cleaned: `answer`."""

    name = "answer"
    answer = _text(
        "Your answer", "Write your answer.", 2000, help_text="The invoice goes on waiting until you say how it ended."
    )


class AskForm(CaseForm):
    """Cleaned: `question`."""

    name = "ask"
    params = {"note": "question"}
    question = _text(
        "What you need to know",
        "Write what you ask.",
        300,
        help_text="It stands on their payment page. The invoice goes on waiting.",
    )


class ResolveForm(CaseForm):
    """Cleaned: `outcome`, `amount` in minor units (0 where the outcome takes none), `note`."""

    name = "resolve"
    outcome = forms.ChoiceField(
        label="How it ended",
        choices=[
            ("rejected", "They were not right: all of it is owed"),
            ("partially_upheld", "Partly right: take an amount off"),
            ("upheld", "They were right: take off what is disputed"),
            ("withdrawn", "They took it back"),
        ],
    )
    amount = amount_field("Taken off", required=False, help_text="Only where they are partly right.")
    note = _text("Note", "", 300, required=False)

    def clean_amount(self) -> int:
        return self._minor("amount") or 0

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("outcome") == "partially_upheld" and not said.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "Write how much is taken off.")
        return said
