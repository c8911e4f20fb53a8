"""The room in the ops admin: facts are read, never changed."""

from django.contrib import admin

from agentcollect.kit.admin import ReadOnlyAdmin
from events.models import Counter, Event


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("id", "type", "organisation", "livemode", "sequence", "actor", "created_at")
    list_filter = ("livemode", "type")
    list_select_related = ("organisation",)
    search_fields = ("id", "campaign_id", "case_id", "debtor_id", "request_id")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Counter)
class CounterAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "livemode", "value")
    list_select_related = ("organisation",)
