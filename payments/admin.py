"""Ops admin: money is read, never typed."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from payments import admin_bank as admin_bank  # registers bank statements and where money goes
from payments import admin_fees as admin_fees  # registers fees and statements
from payments import admin_hosts as admin_hosts  # registers payment page addresses
from payments import admin_processors as admin_processors  # registers callbacks, books and payouts
from payments.models import Allocation, Instalment, Offer, Payment, Plan, Promise, Refund


class _ReadOnly:
    """No adding, changing or deleting: what happened to money is corrected by a further entry."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class AllocationInline(_ReadOnly, TabularInline):
    model = Allocation
    fields = ("case", "component", "amount_minor", "currency", "cause")
    extra = 0


@admin.register(Payment)
class PaymentAdmin(_ReadOnly, ModelAdmin):
    list_display = (
        "id",
        "organisation",
        "livemode",
        "amount_minor",
        "currency",
        "method",
        "status",
        "source",
        "created_at",
    )
    list_filter = ("livemode", "status", "method", "source")
    search_fields = ("=id", "=provider_reference", "=reference", "=case__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation",)
    show_full_result_count = False
    inlines = (AllocationInline,)


@admin.register(Allocation)
class AllocationAdmin(_ReadOnly, ModelAdmin):
    list_display = ("id", "payment", "case", "component", "amount_minor", "currency", "livemode", "created_at")
    list_filter = ("livemode", "component")
    search_fields = ("=id", "=payment__id", "=case__id")
    ordering = ("-created_at", "-id")
    show_full_result_count = False


@admin.register(Refund)
class RefundAdmin(_ReadOnly, ModelAdmin):
    list_display = ("id", "payment", "amount_minor", "currency", "status", "credited", "livemode", "created_at")
    list_filter = ("livemode", "status", "credited")
    search_fields = ("=id", "=payment__id", "=reference")
    ordering = ("-created_at", "-id")
    show_full_result_count = False


@admin.register(Promise)
class PromiseAdmin(_ReadOnly, ModelAdmin):
    list_display = ("id", "organisation", "livemode", "case", "status", "amount_minor", "currency", "due_on", "source")
    list_filter = ("livemode", "status", "source")
    search_fields = ("=id", "=case__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation", "case")
    show_full_result_count = False


@admin.register(Offer)
class OfferAdmin(_ReadOnly, ModelAdmin):
    list_display = (
        *("id", "organisation", "livemode", "case", "status", "amount_minor", "balance_minor", "currency"),
        *("valid_until", "settled_at"),
    )
    list_filter = ("livemode", "status", "source")
    search_fields = ("=id", "=case__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation", "case")
    show_full_result_count = False


@admin.register(Plan)
class PlanAdmin(_ReadOnly, ModelAdmin):
    list_display = (
        "id",
        "organisation",
        "livemode",
        "case",
        "status",
        "total_minor",
        "currency",
        "started_at",
        "source",
    )
    list_filter = ("livemode", "status", "source")
    search_fields = ("=id", "=case__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation", "case")
    show_full_result_count = False


@admin.register(Instalment)
class InstalmentAdmin(_ReadOnly, ModelAdmin):
    list_display = ("id", "plan", "number", "due_on", "amount_minor", "paid_minor", "status", "livemode")
    list_filter = ("livemode", "status")
    search_fields = ("=id", "=plan__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("plan",)
    show_full_result_count = False
