"""Form fields in the dashboard's look: label, control, help and fault, each tied to the control for screen readers."""

import json
from typing import Any

from django import forms, template
from django.forms import BoundField

register = template.Library()

# allauth's labels in our spelling.
_LABELS = {
    "Email": "E-mail",
    "Authenticator code": "Code from the app",
    "Current Password": "Present password",
    "New Password": "New password",
    "New Password (again)": "New password, again",
}


@register.inclusion_tag("dashboard/parts/field.html")
def field(bound: BoundField, required_mark: bool = True) -> dict[str, Any]:
    """One field. Django ties help and faults to the control by id (`_helptext`, `_error`)."""
    widget = bound.field.widget
    # allauth repeats each label as a placeholder, which vanishes when it is needed.
    widget.attrs.pop("placeholder", None)
    bound.label = _LABELS.get(str(bound.label), bound.label)
    box = isinstance(widget, forms.CheckboxInput)
    control = bound if box or isinstance(widget, forms.RadioSelect) else bound.as_widget(attrs={"class": "input"})
    optional = required_mark and not bound.field.required and not box
    return {"field": bound, "control": control, "box": box, "optional": optional}


@register.filter
def as_json(value: Any) -> str:
    """`value` as JSON for a data attribute, which the template escapes as it does any text."""
    return json.dumps(value)
