"""Payment page addresses in the ops admin: who has which name, and what keeps it from being proven."""

from django.contrib import admin

from agentcollect.kit.admin import ReadOnlyAdmin
from payments.models import AccessLink, LinkRequest, PayDomain


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


@admin.register(AccessLink)
class AccessLinkAdmin(ReadOnlyAdmin):
    """Which one-time links to a debtor's own view were made, and used. Nobody here can make one of a row."""

    list_display = ("id", "organisation", "livemode", "debtor", "created_at", "expires_at", "used_at")
    list_filter = ("livemode", ("used_at", admin.EmptyFieldListFilter))
    search_fields = ("=id", "=debtor__id", "=case__id")
    ordering = ("-created_at", "-id")
    exclude = ("digest",)
    list_select_related = ("organisation", "debtor")
