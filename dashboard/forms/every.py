"""Every form of an invoice's page, by name."""

from dashboard.forms.case import (
    AnswerForm,
    AskForm,
    CaseForm,
    DisputeForm,
    OfferForm,
    PlanForm,
    PromiseForm,
    ResolveForm,
)
from dashboard.forms.money import ReportForm

_ALL: tuple[type[CaseForm], ...] = (
    *(PromiseForm, PlanForm, OfferForm, DisputeForm, AskForm, AnswerForm, ResolveForm),
    ReportForm,
)
FORMS: dict[str, type[CaseForm]] = {form.name: form for form in _ALL}
