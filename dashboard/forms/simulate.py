"""What a developer makes happen on an invoice of test mode: each form is one simulation, as `/v1/sandbox/*` has it."""

from datetime import datetime
from typing import Any

from django import forms

from accounts import timeline
from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Dispute
from dashboard import words
from dashboard.forms.case import CaseForm
from outreach.models import Call
from sandbox import charges, operations, replies

_OUTCOMES = {
    "succeeded": "It comes at once",
    "card_declined": "Their card is declined",
    "insufficient_funds": "Their card has not enough funds",
    "ach_settles": "A bank debit, settled later",
    "ach_fails": "A bank debit that fails later",
    "ach_returned": "A bank debit that settles and then comes back",
}


class Simulation(CaseForm):
    """A form whose `run` makes it happen. `title` is what the page calls it, `done` what it says afterwards."""

    title = ""
    yes = ""
    done = ""

    def run(self, by: str) -> object:
        """Raises ApiError, as the operation behind it."""
        return self.act(by, timeline.act(self.case.clock_id))

    def act(self, by: str, at: datetime) -> object:
        raise NotImplementedError


class Reply(Simulation):
    """They write."""

    name, title, yes = "simulate-reply", "They answer", "Send the answer"
    done = "The answer came in; it is read within seconds."
    template = forms.ChoiceField(
        label="What they write", choices=[(one, words.readable(one)) for one in replies.TEMPLATES]
    )
    text = forms.CharField(
        label="Or in your own words",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": 20_000}),
    )

    def act(self, by: str, at: datetime) -> object:
        text = self.cleaned_data["text"]
        template = "" if text else self.cleaned_data["template"]
        return replies.reply(case=self.case, text=text, template=template, sender="", at=at)


class Pay(Simulation):
    """They pay, or try to."""

    name, title, yes = "simulate-pay", "They pay", "Pay"
    done = "Done: see the account and the timeline."
    outcome = forms.ChoiceField(label="What comes of it", choices=list(_OUTCOMES.items()))
    amount = forms.CharField(
        label="Amount",
        required=False,
        help_text="Left empty: the balance.",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20}),
    )

    def clean_amount(self) -> int | None:
        return self._minor("amount")

    def act(self, by: str, at: datetime) -> object:
        minor, outcome = self.cleaned_data["amount"], self.cleaned_data["outcome"]
        if outcome == "succeeded":
            return charges.transfer(case=self.case, amount_minor=minor, by=by, at=at)
        return charges.charge(case=self.case, amount_minor=minor, outcome=outcome, by=by, at=at)


class Bounce(Simulation):
    """The last message comes back, or its reader calls it spam."""

    name, title, yes = "simulate-bounce", "The last message is not welcome", "Report it"
    done = "The report came in; it is read within seconds."
    kind = forms.ChoiceField(
        label="What is wrong",
        choices=[
            ("hard", "It bounces: the address does not exist"),
            ("soft", "It bounces: the mailbox is full"),
            ("complaint", "They mark it as spam"),
        ],
    )

    def act(self, by: str, at: datetime) -> object:
        message = replies.last_sent(self.case)
        if self.cleaned_data["kind"] == "complaint":
            return replies.complain(message=message, clock_id=self.case.clock_id, at=at)
        return replies.bounce(message=message, kind=self.cleaned_data["kind"], at=at)


class PhoneCall(Simulation):
    """The next call is made, whatever the number."""

    name, title, yes = "simulate-call", "The next call is made", "Call"
    done = "The call was made."
    outcome = forms.ChoiceField(
        label="How it ends", choices=[(one, words.readable(one)) for one in Call.Outcome.values]
    )

    def act(self, by: str, at: datetime) -> object:
        return operations.call(case=self.case, outcome=self.cleaned_data["outcome"], by=by)


class Object(Simulation):
    """They object on the payment page."""

    name, title, yes = "simulate-dispute", "They object", "Object"
    done = "They objected; nothing is sent about this invoice meanwhile."
    reason = forms.ChoiceField(label="What is wrong", choices=list(words.DISPUTE_REASON.items()))

    def act(self, by: str, at: datetime) -> object:
        return campaigns.open_dispute(
            case_id=self.case.id,
            reason=self.cleaned_data["reason"],
            text="",
            amount_minor=None,
            source=Dispute.Source.SANDBOX,
            evidence={"recorded_by": by},
            by="debtor",
            at=at,
        )


class OptOut(Simulation):
    """Somebody wants no more of it."""

    name, title, yes = "simulate-opt-out", "Somebody opts out", "Opt out"
    done = "Their wish came in; it is kept within seconds."
    contact = forms.ModelChoiceField(label="Who", queryset=Contact.objects.none(), empty_label=None)
    channel = forms.ChoiceField(label="Of what", choices=[("email", "E-mail"), ("call", "Calls")])

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(case, data)
        self.fields["contact"].queryset = Contact.objects.filter(debtor_id=case.debtor_id).order_by("level", "id")  # type: ignore[attr-defined]

    def act(self, by: str, at: datetime) -> object:
        replies.opt_out(contact=self.cleaned_data["contact"], channel=self.cleaned_data["channel"], at=at)
        return self.case


SIMULATIONS: dict[str, type[Simulation]] = {
    "reply": Reply,
    "pay": Pay,
    "bounce": Bounce,
    "call": PhoneCall,
    "dispute": Object,
    "opt_out": OptOut,
}


def simulations(case: Case) -> list[tuple[str, Simulation]]:
    """The forms of the panel, in its order; none in live mode."""
    return [] if case.livemode else [(name, form(case)) for name, form in SIMULATIONS.items()]
