"""Payment page addresses in the ops admin: who has which name, and what keeps it from being proven."""

from django.contrib import admin

from agentcollect.kit.admin import ReadOnlyAdmin
from payments.models import LinkRequest, PayDomain


@admin.register(PayDomain)
class PayDomainAdmin(ReadOnlyAdmin):
    list_display = ("host", "organisation", "livemode", "status", "failures", "fault", "checked_at", "check_at")
    list_filter = ("livemode", "status")
    search_fields = ("=id", "host", "=organisation__id")
    ordering = ("-created_at", "-id")
    list_select_related = ("organisation",)


@admin.register(LinkRequest)
class LinkRequestAdmin(ReadOnlyAdmin):
    """Who asked for a payment link by the address on file, and whether a worker has looked at it."""

    list_display = ("id", "host", "slug", "email", "created_at", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    search_fields = ("=id", "=email", "=host")
    ordering = ("-created_at", "-id")
