"""Forms of the sandbox's pages: a clock, how far it goes, and a scenario."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django import forms

from accounts.models import Organisation, TestClock
from agentcollect.kit import money
from dashboard.queries.hooks import local_time
from payments.rules import read_amount
from sandbox import personas, scenarios

STEPS = {
    "day": ("+1 day", relativedelta(days=1)),
    "week": ("+1 week", relativedelta(weeks=1)),
    "month": ("+1 month", relativedelta(months=1)),
}
WALL, NEW, MIXED = "wall", "new", "dozen"
_MINUTES = forms.TextInput(attrs={"type": "datetime-local", "autocomplete": "off"})


class Moment(forms.CharField):
    """A `datetime-local` field, read in the organisation's zone; a time with its own zone is taken as it is."""

    widget = _MINUTES
    zone = ZoneInfo("UTC")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return local_time(text, self.zone)
        except (ValueError, OverflowError):
            raise forms.ValidationError("Choose a day and a time.") from None


class ClockForm(forms.Form):
    """A new clock."""

    frozen_time = Moment(
        label="It shows",
        help_text="Any moment; it stands still until you advance it.",
        error_messages={"required": "Choose a day and a time."},
    )
    name = forms.CharField(
        label="Name",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "A year in a minute"}),
    )

    def __init__(self, zone: ZoneInfo, at: datetime, data: Any = None) -> None:
        shown = f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"
        super().__init__(data, initial={"frozen_time": shown}, auto_id="clock-%s", label_suffix="")
        self.fields["frozen_time"].zone = zone  # type: ignore[attr-defined]


class AdvanceForm(forms.Form):
    """How far: one of STEPS (`by`), or a moment (`to`)."""

    by = forms.ChoiceField(required=False, choices=[(name, label) for name, (label, _) in STEPS.items()])
    to = Moment(label="To", required=False)

    def __init__(self, clock: TestClock, zone: ZoneInfo, data: Any) -> None:
        super().__init__(data, auto_id="advance-%s", label_suffix="")
        self.clock, self.zone = clock, zone
        self.fields["to"].zone = zone  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not (found.get("by") or found.get("to")) and not self.errors:
            raise forms.ValidationError("Choose how far it goes.")
        return found

    def target(self) -> datetime:
        """A month is a month of the organisation's calendar, to the same hour there."""
        step = self.cleaned_data.get("by")
        if not step:
            return self.cleaned_data["to"]
        return stepped(self.clock, self.zone, step)


def stepped(clock: TestClock, zone: ZoneInfo, step: str) -> datetime:
    """Where one of STEPS leads."""
    from_here = clock.frozen_time.astimezone(zone)
    return (from_here + STEPS[step][1]).astimezone(clock.frozen_time.tzinfo)


class ScenarioForm(forms.Form):
    """Who, how much, and by which time."""

    persona = forms.ChoiceField(
        choices=[(MIXED, "A mixed dozen"), *((one.name, scenarios.readable(one.name)) for one in personas.PERSONAS)],
        error_messages={"required": "Choose a debtor."},
    )
    amount = forms.CharField(
        label="Amount of each invoice",
        max_length=20,
        initial="1250.00",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}),
        error_messages={"required": "Write the amount."},
    )
    where = forms.ChoiceField(label="Time")
    phone = forms.ChoiceField(
        label="Telephone",
        required=False,
        choices=[
            ("", "None: they are written to only"),
            *(
                (one.ending, f"…{one.ending[:3]} {one.ending[3:]}: {one.does.replace('`', '')}")
                for one in personas.PEERS
            ),
        ],
    )

    def __init__(self, organisation: Organisation, clocks: Iterable[TestClock], data: Any = None) -> None:
        initial = {"persona": MIXED, "where": NEW}
        super().__init__(data, initial=initial, auto_id="scenario-%s", label_suffix="")
        self.organisation = organisation
        ready = [(row.id, f"Test clock {row}, {row.frozen_time.date().isoformat()}") for row in clocks]
        choices = [(NEW, "A new test clock that shows now"), *ready, (WALL, "The wall clock, as in live mode")]
        self.fields["where"].choices = choices  # type: ignore[attr-defined]

    def clean_amount(self) -> int | float:
        """Major units, as the API takes them."""
        try:
            minor = money.to_minor(read_amount(self.cleaned_data["amount"]), self.organisation.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return money.to_json(minor, self.organisation.currency)

    def personas(self) -> tuple[str, ...]:
        chosen = self.cleaned_data["persona"]
        return scenarios.DOZEN if chosen == MIXED else (chosen,)
