"""Ops admin: where money goes, and what banks said. Read, never typed: both change in the dashboard alone."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from payments.models import BankLine, BankReference, BankStatement, RemitTo


class _ReadOnly(ModelAdmin):
    list_select_related: tuple[str, ...] = ("organisation",)
    ordering = ("-created_at", "-id")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(RemitTo)
class RemitToAdmin(_ReadOnly):
    list_display = ("id", "organisation", "livemode", "kind", "currency", "status", "proposed_by", "effective_at")
    list_filter = ("livemode", "kind", "status")
    search_fields = ("=id", "=organisation__id")


@admin.register(BankReference)
class BankReferenceAdmin(_ReadOnly):
    list_display = ("reference", "organisation", "livemode", "case", "created_at")
    list_filter = ("livemode",)
    search_fields = ("=reference", "=case__id")
    list_select_related = ("organisation", "case")


@admin.register(BankStatement)
class BankStatementAdmin(_ReadOnly):
    list_display = ("id", "organisation", "livemode", "name", "format", "lines_read", "lines_new", "created_at")
    list_filter = ("livemode", "format")
    search_fields = ("=id", "=organisation__id")


@admin.register(BankLine)
class BankLineAdmin(_ReadOnly):
    list_display = ("id", "organisation", "livemode", "booked_on", "amount_minor", "currency", "status", "outcome")
    list_filter = ("livemode", "status", "outcome")
    search_fields = ("=id", "=statement__id", "=payment_id")
