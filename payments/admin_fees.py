"""Fees in the ops admin: a schedule is added after a look at what it means, and nothing is ever changed."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from agentcollect.kit import clock, money
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from agentcollect.kit.errors import ApiError
from payments import rules
from payments.models import FeeEntry, FeeSchedule, Statement
from payments.operations import fees

_TIERS_HELP = "One tier a line, by the invoice's days past due when it is placed: “90: 15”, last “older: 25” (percent)."


class ScheduleForm(ModelForm):
    """Sent without the tick, it answers with what the tiers mean; with it, it is agreed."""

    tiers = forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}), help_text=_TIERS_HELP)
    confirmed = forms.BooleanField(required=False, label="I have read what it means, and this is what was agreed")

    class Meta:
        model = FeeSchedule
        fields = ("organisation", "effective_at", "tiers", "card_basis_points", "discovery_minor", "currency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["effective_at"].required = False
        self.fields["effective_at"].help_text = "Left empty: from now on."

    def clean_tiers(self) -> list[dict[str, Any]]:
        try:
            return rules.read_tiers(self.cleaned_data["tiers"])
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        try:
            fees.check_agreed(**_agreed(given), at=clock.now())
        except ApiError as refused:
            raise ValidationError([fault.message for fault in refused.errors] or [refused.message]) from refused
        if not given["confirmed"]:
            raise ValidationError([*meaning(_agreed(given)), "Tick the box and save, if this is what was agreed."])
        return given


def _agreed(given: dict[str, Any]) -> dict[str, Any]:
    """The form as fees.agree takes it."""
    names = ("tiers", "card_basis_points", "discovery_minor", "currency", "effective_at")
    return {name: given[name] for name in names} | {"organisation_id": given["organisation"].id}


def meaning(terms: dict[str, Any]) -> list[str]:
    """What a schedule means, a sentence for each part of it."""
    sample = money.to_minor(Decimal(1000), terms["currency"])
    said = []
    for (ages, rate), tier in zip(rules.tier_words(terms["tiers"]), terms["tiers"], strict=True):
        fee = money.display(rules.share(sample, tier["basis_points"]), terms["currency"])
        of = money.display(sample, terms["currency"])
        said.append(f"Invoices placed {ages}: {rate} of what is collected ({fee} of {of}).")
    said.append(f"Of a payment by card, besides: {rules.percent(terms['card_basis_points'])}.")
    found = money.display(terms["discovery_minor"], terms["currency"])
    said.append(f"For each contact that is found: {found}.")
    return said


@admin.register(FeeSchedule)
class FeeScheduleAdmin(ModelAdmin):
    """Added, and read. A later one takes over; what was earned stays as it was charged."""

    list_display = ("organisation", "effective_at", "card_basis_points", "discovery_minor", "currency", "actor")
    list_select_related = ("organisation",)
    search_fields = ("=id", "=organisation__id", "organisation__name")
    autocomplete_fields = ("organisation",)
    ordering = ("-effective_at",)
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return (*ScheduleForm.Meta.fields, "confirmed")
        return ("organisation", "effective_at", "what_it_means", "actor", "created_at")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs | {"form": ModelForm if obj else ScheduleForm})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    @admin.display(description="What it means")
    def what_it_means(self, row: FeeSchedule) -> SafeString:
        terms = {name: getattr(row, name) for name in ("tiers", "card_basis_points", "discovery_minor", "currency")}
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((said,) for said in meaning(terms))))

    def save_model(self, request: HttpRequest, obj: FeeSchedule, form: Any, change: bool) -> None:
        agreed = fees.agree(**_agreed(form.cleaned_data), by=actor(request), at=clock.now())
        obj.pk, obj.effective_at, obj._state.adding = agreed.pk, agreed.effective_at, False


@admin.register(FeeEntry)
class FeeEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "livemode", "kind", "payment_id", "amount_minor", "currency", "created_at")
    list_filter = ("livemode", "kind")
    search_fields = ("=id", "=payment_id", "=case__id", "=cause")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation",)


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "livemode", "month", "currency", "created_at")
    list_filter = ("livemode", "currency")
    search_fields = ("=id", "=organisation__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation",)
