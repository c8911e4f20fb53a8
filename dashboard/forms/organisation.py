"""Who an organisation is: asked once at the start, changed in the settings."""

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies
from django import forms
from django.conf import settings
from django.utils.html import format_html

from accounts.models import Organisation
from accounts.operations.signup import ATTESTATION
from agentcollect.kit import money
from campaigns.rules import offers
from payments.rules import read_amount

DEFAULT_COUNTRY, DEFAULT_ZONE = "US", "America/New_York"


@cache
def countries() -> list[tuple[str, str]]:
    """(code, English name) of every country with a time zone, by name; the United States first."""
    names = Locale("en").territories
    codes = (code for code in get_global("territory_zones") if len(code) == 2 and code.isalpha() and code in names)
    found = sorted(((code, names[code]) for code in codes), key=lambda entry: entry[1])
    return sorted(found, key=lambda entry: entry[0] != DEFAULT_COUNTRY)


@cache
def zones() -> list[tuple[str, str]]:
    """IANA names of places, as a list to choose from."""
    return [
        (name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name and "Etc/" not in name
    ]


@cache
def currency_of(country: str) -> str:
    """What is paid with in `country` today; US dollars where nobody knows."""
    return next((code for code in get_territory_currencies(country) if code in money.CURRENCIES), "USD")


def _one_line(text: str) -> str:
    return " ".join(text.split())


class IdentityForm(forms.Form):
    """What every message to a debtor must carry (R-27), and the attestation that the law asks for (R-00, R-37)."""

    legal_name = forms.CharField(
        label="Legal name",
        max_length=200,
        help_text="As registered, such as “Your Company Inc.” Debtors read it in every message.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    postal_address = forms.CharField(
        label="Postal address",
        max_length=300,
        help_text="Street, city, postal code, country. Every e-mail must carry one (CAN-SPAM).",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "street-address"}),
    )
    timezone = forms.ChoiceField(label="Time zone", choices=zones, initial=DEFAULT_ZONE)
    attested = forms.BooleanField(
        label=ATTESTATION,
        error_messages={"required": "Tick this if it is true. Without it nobody may be contacted."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean_legal_name(self) -> str:
        return _one_line(self.cleaned_data["legal_name"])

    def clean_postal_address(self) -> str:
        return ", ".join(filter(None, (_one_line(line) for line in self.cleaned_data["postal_address"].splitlines())))


class OrganisationForm(IdentityForm):
    """The whole of it, for a new organisation."""

    name = forms.CharField(
        label="Organisation name",
        max_length=120,
        help_text="As your customers know you.",
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    country = forms.ChoiceField(label="Country", choices=countries, initial=DEFAULT_COUNTRY)
    terms = forms.BooleanField(error_messages={"required": "The terms must be accepted."})
    field_order = ["name", "legal_name", "postal_address", "country", "timezone", "attested", "terms"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.TERMS_URL:
            link = format_html('<a href="{}" rel="noopener" target="_blank">terms</a>', settings.TERMS_URL)
            self.fields["terms"].label = format_html("We accept the {}.", link)
        else:
            del self.fields["terms"]

    def clean_name(self) -> str:
        name = _one_line(self.cleaned_data["name"])
        if not any(letter.isalnum() for letter in name):
            raise forms.ValidationError("Write a name.")
        return name

    def facts(self) -> dict[str, str]:
        """The arguments of `open_organisation`."""
        said = self.cleaned_data
        return {name: said[name] for name in ("name", "legal_name", "postal_address", "country", "timezone")} | {
            "currency": currency_of(said["country"]),
            "terms_url": settings.TERMS_URL,
        }


class OfferPolicyForm(forms.Form):
    """What debtors who ask for time are granted. Cleaned: as the row has it (campaigns.rules.offers), in `policy`."""

    plans = forms.BooleanField(label="They may pay in instalments", required=False)
    settlement = forms.CharField(
        label="Settlements: what may be given up, by age",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "90 days: 10 %"}),
        help_text="One line each: days past due, then the percent at most. Empty: nothing is ever given up.",
    )
    settlement_approval = forms.ChoiceField(
        label="Who approves a settlement",
        choices=[
            ("person", "An owner, an admin or finance"),
            ("second_person", "The same, but not who drafted it"),
            ("auto", "Nobody, within these limits"),
        ],
    )

    def __init__(self, organisation: Organisation, data: Any = None) -> None:
        super().__init__(data, auto_id="offers-%s", label_suffix="")
        self.currency = organisation.currency
        now = offers.policy({}, organisation.offer_policy)
        self.initial = now._asdict() | {"min_instalment": str(money.to_major(now.min_instalment_minor, self.currency))}
        self.fields["min_instalment"] = forms.CharField(
            label=f"Each at least, in {self.currency}",
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )
        self.initial["settlement"] = "\n".join(f"{age} days: {percent} %" for age, percent in now.settlement)
        for name, label in _COUNTS.items():
            low, high = offers.BOUNDS[name]
            self.fields[name] = forms.IntegerField(label=label, min_value=low, max_value=high)

    def clean_min_instalment(self) -> int:
        low, high = offers.BOUNDS["min_instalment_minor"]
        try:
            minor = money.to_minor(read_amount(self.cleaned_data["min_instalment"]), self.currency)
        except ValueError as error:
            said = str(error)
            raise forms.ValidationError(said if said[:1].isupper() else f"The amount {said}.") from error
        if not low <= minor <= high:
            raise forms.ValidationError("Enter an amount above zero.")
        return minor

    def clean_settlement(self) -> list[dict[str, int]]:
        rungs = []
        for line in self.cleaned_data["settlement"].splitlines():
            found = re.fullmatch(r"\s*(\d{1,4})\D+?(\d{1,3})\s*%?\s*", line)
            if found:
                rungs.append({"min_age_days": int(found[1]), "max_discount_percent": int(found[2])})
            elif line.strip():
                raise forms.ValidationError(f"Write days and percent, like “90 days: 10 %”, not “{line.strip()[:40]}”.")
        if words := offers.fault(rungs):
            raise forms.ValidationError(f"The list {words}.")
        return rungs

    def policy(self) -> dict[str, Any]:
        """Of a valid form."""
        said = self.cleaned_data
        named = ("plans", *_COUNTS, "settlement", "settlement_approval")
        return {name: said[name] for name in named} | {"min_instalment_minor": said["min_instalment"]}


_COUNTS = {
    "max_instalments": "Instalments at most",
    "max_months": "Over so many months at most",
    "grace_days": "Days an instalment may be late",
    "max_promise_days": "Days ahead a promise may lie",
    "answer_days": "Working days you take to answer an objection",
    "settlement_days": "Days a settlement offer may stand",
}
