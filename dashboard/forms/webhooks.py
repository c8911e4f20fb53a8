"""An endpoint as its form gives it: read by the same checks as the API's, each fault beside the field it is about."""

from typing import Any

from django import forms

from agentcollect.kit.errors import ApiError, FieldError
from events.catalogue import PUBLIC
from webhooks.rules import DIRECTED, EVERYTHING, MASK
from webhooks.serializers import read_endpoint

ALL, SOME = "all", "some"


def subjects(chosen: list[str]) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Every type one can ask for with whether it is chosen, by what it is about: `payment` → payment.received, …"""
    found: dict[str, list[tuple[str, bool]]] = {}
    for name in sorted((PUBLIC - DIRECTED) | (set(chosen) & PUBLIC)):
        found.setdefault(name.partition(".")[0], []).append((name, name in chosen))
    return sorted(found.items())


class EndpointForm(forms.Form):
    """`changes()` is what the operations take. Fields are texts: what is wrong with them is said by `read_endpoint`."""

    url = forms.CharField(
        label="Address",
        help_text="A full https address that answers 2xx within ten seconds.",
        error_messages={"required": "Write the address that should be told."},
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "maxlength": 2048}
        ),
    )
    description = forms.CharField(
        label="Description",
        required=False,
        help_text="What listens there, such as “ledger, staging”.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 200}),
    )
    scope = forms.ChoiceField(choices=[(ALL, ALL), (SOME, SOME)], initial=ALL)
    events = forms.MultipleChoiceField(required=False, choices=[])
    headers = forms.CharField(
        label="Own headers",
        required=False,
        help_text="One a line, such as Authorization: Bearer … Kept encrypted; secret values are shown masked, and a "
        "masked line left as it is keeps its value.",
        widget=forms.Textarea(
            attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "placeholder": "X-Team: billing"}
        ),
    )
    rate_limit = forms.CharField(
        label="At most so many requests a second",
        required=False,
        help_text="1 to 1,000. Empty: as fast as it answers.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 5}),
    )
    long_tail = forms.BooleanField(
        label="Go on trying for 3 days",
        required=False,
        help_text="Otherwise a delivery has failed after four attempts in about 40 seconds.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"label_suffix": ""}))
        self.fields["events"].choices = [(name, name) for name in sorted(PUBLIC)]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> list[str]:
        """The types that are ticked just now."""
        return self.data.getlist("events") if self.is_bound else list(self.initial.get("events", []))  # type: ignore[attr-defined]

    @property
    def everything(self) -> bool:
        return (self.data.get("scope") if self.is_bound else self.initial.get("scope", ALL)) != SOME

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "url" in self.errors or "scope" in self.errors or "events" in self.errors:
            return said
        try:
            self.read = read_endpoint(self._body(said))
        except ApiError as refused:
            self.refuse(refused)
        return said

    def _body(self, said: dict[str, Any]) -> dict[str, Any]:
        chosen = said["events"] if said["scope"] == SOME else [EVERYTHING]
        if not chosen:
            self.add_error("events", "Choose at least one type, or all of them.")
        return {
            "url": said["url"],
            "description": said.get("description", ""),
            "events": chosen or [EVERYTHING],  # the empty one has been refused: it must not hide other faults
            "headers": self._headers(said.get("headers", "")),
            "rate_limit": self._rate(said.get("rate_limit", "")),
            "long_tail": said.get("long_tail", False),
        }

    def _headers(self, text: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or not name:
                self.add_error("headers", f"“{line[:60]}” is not a name, a colon and a value.")
            elif name in found:
                self.add_error("headers", f"{name} is given twice.")
            found[name] = value
        return {} if "headers" in self.errors else found

    def _rate(self, text: str) -> int | None:
        text = text.replace(",", "")
        if text and not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000):
            self.add_error("rate_limit", "Write a whole number from 1 to 1,000, or leave it empty.")
            return None
        return int(text) if text else None

    def refuse(self, refused: ApiError) -> None:
        """Each fault of a refusal beside its field; what belongs to none stands above them all."""
        for fault in refused.errors or [FieldError(refused.param, refused.code, refused.message)]:
            name = fault.param.partition(".")[0].partition("[")[0]
            self.add_error(name if name in self.fields else None, fault.message)

    def changes(self) -> dict[str, Any]:
        """The fields as `create_endpoint` and `change_endpoint` take them. Headers nobody touched are left alone."""
        untouched = self.data.get("headers", "").split() == str(self.initial.get("headers", "")).split()
        return {name: value for name, value in self.read.items() if name != "headers" or not untouched}


def as_lines(headers: dict[str, str]) -> str:
    """Masked headers as the form shows them."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


def without_masks(headers: dict[str, str]) -> list[str]:
    """The names whose value is a mask: a new endpoint has nothing that a mask could stand for."""
    return [name for name, value in headers.items() if value.startswith(MASK)]
