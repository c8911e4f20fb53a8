"""Ops admin: what sandbox debtors are still going to do is read, never typed."""

from django.contrib import admin

from agentcollect.kit.admin import ReadOnlyAdmin
from sandbox.models import Reaction


@admin.register(Reaction)
class ReactionAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "persona", "act", "status", "due_at", "done_at", "clock_id")
    list_filter = ("status", "act")
    search_fields = ("id", "case__id", "cause")
