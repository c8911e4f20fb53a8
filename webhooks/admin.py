"""The room in the ops admin: read-mostly, secrets never; to pause, to disable and to replay are the only actions."""

from collections import defaultdict
from datetime import datetime

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import TabularInline

from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from webhooks import operations, serializers
from webhooks.health import summary
from webhooks.models import Attempt, Delivery, Endpoint, Health, Rendering, Replay


@admin.register(Endpoint)
class EndpointAdmin(ReadOnlyAdmin):
    list_display = (
        *("id", "url", "kind", "organisation", "livemode", "status"),
        *("failing_since", "last_success", "last_error", "created_at"),
    )
    list_filter = ("livemode", "kind", "status", ("health__failing_since", admin.EmptyFieldListFilter))
    list_select_related = ("organisation", "health")
    search_fields = ("id", "url", "organisation__name")
    exclude = ("secrets", "headers", "challenge")
    readonly_fields = ("shown_headers", "health_now")
    actions = ("pause", "disable")

    @admin.display(description="headers")
    def shown_headers(self, endpoint: Endpoint) -> str:
        return "\n".join(f"{name}: {value}" for name, value in serializers.shown_headers(endpoint).items()) or "—"

    @admin.display(description="health")
    def health_now(self, endpoint: Endpoint) -> str:
        """The same figures that the API gives its owner."""
        found = serializers.health_json(summary([endpoint.id], clock.now()).get(endpoint.id))
        return ", ".join(f"{name} {value}" for name, value in (found or {}).items() if value is not None) or "—"

    @admin.display(ordering="health__failing_since")
    def failing_since(self, endpoint: Endpoint) -> datetime | None:
        return endpoint.health.failing_since if hasattr(endpoint, "health") else None

    @admin.display(ordering="health__last_success_at")
    def last_success(self, endpoint: Endpoint) -> datetime | None:
        return endpoint.health.last_success_at if hasattr(endpoint, "health") else None

    @admin.display
    def last_error(self, endpoint: Endpoint) -> str:
        return endpoint.health.last_error if hasattr(endpoint, "health") else ""

    @admin.action(description="Pause: keep what happens, send nothing", permissions=["switch"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        self._switch(request, queryset, Endpoint.Status.PAUSED)

    @admin.action(description="Disable: their owner must switch them on again", permissions=["switch"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        self._switch(request, queryset, Endpoint.Status.DISABLED)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Endpoint], status: Endpoint.Status) -> None:
        """Each is recorded as `endpoint.updated`, with who pressed the button; one that is gone is passed over."""
        done = 0
        for endpoint in queryset.filter(kind=Endpoint.Kind.WEBHOOK).exclude(status=Endpoint.Status.DELETED):
            operations.update_endpoint(
                endpoint_id=endpoint.id,
                organisation_id=endpoint.organisation_id,
                livemode=endpoint.livemode,
                changes={"status": status.value},
                by=actor(request),
                at=clock.now(),
            )
            done += 1
        self.message_user(request, f"{done} {status.value}: what happens meanwhile is kept.", messages.SUCCESS)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_endpoint")


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
        "reason",
        "attempts_made",
        "last_status_code",
        "last_error",
        "created_at",
    )
    list_filter = ("status", "reason", "livemode", "event_type")
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


@admin.register(Health)
class HealthAdmin(ReadOnlyAdmin):
    """How each endpoint fares, the worst at hand: its page under Endpoints tells it in words."""

    list_display = ("endpoint", "failures_in_row", "failing_since", "open_until", "last_success_at", "last_error")
    list_filter = (("failing_since", admin.EmptyFieldListFilter), ("open_until", admin.EmptyFieldListFilter))
    list_select_related = ("endpoint",)
    search_fields = ("endpoint__id", "endpoint__url")
    raw_id_fields = ("endpoint",)


@admin.register(Rendering)
class RenderingAdmin(ReadOnlyAdmin):
    """Bytes that are not the event's own: an older version's, or a test of another type."""

    list_display = ("event_id", "api_version", "organisation", "livemode", "created_at")
    list_filter = ("livemode", "api_version")
    list_select_related = ("organisation",)
    search_fields = ("event_id",)


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Jobs that send again, with who asked for them and how far they are."""

    list_display = ("id", "organisation", "livemode", "status", "total", "replayed", "skipped", "created_at")
    list_filter = ("livemode", "status")
    list_select_related = ("organisation",)
    search_fields = ("id", "organisation__name")
