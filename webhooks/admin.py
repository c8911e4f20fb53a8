"""The room in the ops admin: read-mostly, secrets never; replay is the one action."""

from collections import defaultdict

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import TabularInline

from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from webhooks import operations
from webhooks.models import Attempt, Delivery, Endpoint


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    list_display = ("id", "url", "organisation", "livemode", "status", "created_at")
    list_filter = ("livemode", "status")
    list_select_related = ("organisation",)
    search_fields = ("id", "url", "organisation__name")
    exclude = ("secrets",)


class AttemptInline(TabularInline):
    model = Attempt
    fields = ("number", "created_at", "status_code", "error", "address", "replay")
    ordering = ("number",)
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "event_type",
        "endpoint",
        "status",
        "attempts_made",
        "last_status_code",
        "last_error",
        "created_at",
    )
    list_filter = ("status", "livemode", "event_type")
    list_select_related = ("endpoint",)
    search_fields = ("id", "event_id", "endpoint__url")
    inlines = (AttemptInline,)
    actions = ("replay",)

    @admin.action(description="Replay the selected deliveries", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        """Asks first; then owes each once more, by organisation and mode."""
        if request.POST.get("confirmed") != "yes":
            shown = {
                "title": "Replay webhooks?",
                "deliveries": list(queryset.select_related("endpoint")),
                "checkbox": ACTION_CHECKBOX_NAME,
                "back": request.get_full_path(),
            }
            context = self.admin_site.each_context(request) | shown
            return TemplateResponse(request, "admin/webhooks/replay_confirmation.html", context)
        by_tenant = defaultdict(list)
        for delivery in queryset:
            by_tenant[delivery.organisation_id, delivery.livemode].append(delivery.id)
        for (organisation_id, livemode), names in sorted(by_tenant.items()):
            done = operations.replay(
                delivery_ids=names,
                organisation_id=organisation_id,
                livemode=livemode,
                by=actor(request),
                at=clock.now(),
            )
            if done.replayed:
                self.message_user(request, f"{len(done.replayed)} will be sent again.", messages.SUCCESS)
            for name, why in done.refused.items():
                self.message_user(request, f"{name} was not replayed. {why}", messages.WARNING)
        return None

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("id", "delivery", "number", "status_code", "error", "created_at")
    list_filter = ("livemode", "status_code", "replay")
    search_fields = ("id", "delivery__id")
    raw_id_fields = ("delivery",)
