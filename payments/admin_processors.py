"""Processors in the ops admin: what they told us, what their books say, what they paid out. Nothing is ever changed; a
callback that was given up may be tried again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from payments import operations
from payments.models import Payout, ProcessorCallback, ProcessorEntry


@admin.register(ProcessorCallback)
class ProcessorCallbackAdmin(ReadOnlyAdmin):
    list_display = ("id", "provider", "kind", "account", "subject", "status", "tries", "error", "received_at", "due_at")
    list_filter = ("status", "provider", "kind")
    search_fields = ("=id", "=event_id", "=account", "=subject")
    ordering = ("-received_at", "-id")
    # A creditor's debtors stand in it.
    exclude = ("body",)
    actions = ("try_again",)

    @admin.action(description="Try again those that were given up", permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ProcessorCallback]) -> None:
        given_up = queryset.values_list("id", flat=True)
        again = sum(operations.retry_callback(callback_id=one, by=actor(request), at=clock.now()) for one in given_up)
        self.message_user(request, f"{again} will be tried again.", messages.SUCCESS if again else messages.WARNING)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_processorcallback")


@admin.register(ProcessorEntry)
class ProcessorEntryAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "organisation", "livemode", "kind", "amount_minor", "fee_minor", "currency", "payment_id"),
        *("payout_reference", "booked_at"),
    )
    list_filter = ("livemode", "provider", "kind")
    search_fields = ("=id", "=reference", "=charge_reference", "=payment_id", "=payout_reference", "=account")
    ordering = ("-booked_at", "-id")
    list_select_related = ("organisation",)


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "organisation", "livemode", "amount_minor", "currency", "status", "arrival_on", "reference"),
        "created_at",
    )
    list_filter = ("livemode", "provider", "status")
    search_fields = ("=id", "=reference", "=account")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation",)
