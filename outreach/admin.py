"""The room in the ops admin: everything can be read; a message in doubt and an offered referral can be settled."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from agentcollect.kit.errors import ApiError
from outreach import operations
from outreach.models import Attorney, Decision, MailboxItem, Message, Referral


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("id", "outcome", "rule", "reason", "channel", "case", "livemode", "created_at")
    list_filter = ("outcome", "rule", "livemode")
    search_fields = ("id", "case__id", "debtor_id", "step_id")
    raw_id_fields = ("case",)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("subject", "recipient", "status", "intent", "livemode", "created_at", "sent_at")
    list_filter = ("status", "intent", "livemode")
    search_fields = ("id", "recipient", "subject", "step_id", "rfc_message_id")
    exclude = ("html",)
    actions = ("was_sent", "was_not_sent")

    @admin.action(description="In doubt: it was sent", permissions=["resolve"])
    def was_sent(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        self._resolve(request, queryset, "sent")

    @admin.action(description="In doubt: it was not sent, plan it again", permissions=["resolve"])
    def was_not_sent(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        self._resolve(request, queryset, "not_sent")

    def _resolve(self, request: HttpRequest, queryset: QuerySet[Message], outcome: str) -> None:
        settled = 0
        for row in queryset:
            try:
                operations.resolve_unconfirmed(step_id=row.step_id, outcome=outcome, by=actor(request), at=clock.now())
                settled += 1
            except ApiError as error:
                self.message_user(request, f"{row.subject}: {error.message}", messages.WARNING)
        if settled:
            self.message_user(request, f"Settled {settled}.", messages.SUCCESS)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.change_message")


@admin.register(MailboxItem)
class MailboxItemAdmin(ReadOnlyAdmin):
    list_display = ("recipient", "message_id", "organisation", "created_at")
    list_select_related = ("organisation",)
    search_fields = ("recipient", "message_id")


@admin.register(Attorney)
class AttorneyAdmin(ModelAdmin):
    """The directory is kept here: who may be asked, where, until when."""

    list_display = ("name", "firm", "bar_state", "bar_number", "licence_expires_on", "capacity", "sandbox", "active")
    list_filter = ("active", "sandbox", "bar_state")
    search_fields = ("name", "firm", "bar_number", "email")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    list_display = ("id", "case", "attorney", "status", "livemode", "created_at", "accepted_at")
    list_filter = ("status", "livemode")
    list_select_related = ("attorney", "case")
    search_fields = ("id", "case__id", "attorney__name")
    actions = ("accept",)

    @admin.action(description="The attorney has accepted", permissions=["accept"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Referral]) -> None:
        for row in queryset:
            try:
                operations.accept_referral(referral_id=row.id, by=actor(request), at=clock.now())
                self.message_user(request, f"{row.id} accepted.", messages.SUCCESS)
            except ApiError as error:
                self.message_user(request, f"{row.id}: {error.message}", messages.WARNING)

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.change_referral")
