"""The room in the ops admin: everything can be read; a message in doubt and an offered referral can be settled."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from agentcollect.kit.errors import ApiError
from outreach import operations
from outreach.models import (
    AgentRun,
    Attorney,
    Call,
    Decision,
    FuseTrip,
    Inbound,
    KillSwitch,
    MailboxItem,
    Message,
    Referral,
    Reply,
    ReplyPath,
)


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
                at = timeline.act_on(case_id=row.case_id)
                operations.resolve_unconfirmed(step_id=row.step_id, outcome=outcome, by=actor(request), at=at)
                settled += 1
            except ApiError as error:
                self.message_user(request, f"{row.subject}: {error.message}", messages.WARNING)
        if settled:
            self.message_user(request, f"Settled {settled}.", messages.SUCCESS)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.change_message")


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    list_display = ("id", "case", "mode", "status", "outcome", "livemode", "created_at")
    list_filter = ("status", "outcome", "mode", "livemode")
    search_fields = ("id", "case__id", "step_id")
    raw_id_fields = ("campaign", "debtor", "case", "contact")


@admin.register(Reply)
class ReplyAdmin(ReadOnlyAdmin):
    list_display = ("id", "case", "label", "confidence", "status", "outcome", "livemode", "created_at")
    list_filter = ("status", "label", "identity", "livemode")
    search_fields = ("id", "case__id", "debtor__id", "rfc_message_id")
    raw_id_fields = ("campaign", "debtor", "case", "contact")


@admin.register(Inbound)
class InboundAdmin(ReadOnlyAdmin):
    """What came in at the door. The mail itself is not shown: whose it is may not be known yet."""

    list_display = ("id", "provider", "organisation_id", "status", "error", "tries", "received_at")
    list_filter = ("status", "provider")
    search_fields = ("id", "dedupe")
    exclude = ("raw",)
    ordering = ("-received_at",)


@admin.register(ReplyPath)
class ReplyPathAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "livemode", "kind", "address", "status", "proven_at", "error")
    list_filter = ("status", "kind", "livemode")
    exclude = ("secret", "probe")


@admin.register(AgentRun)
class AgentRunAdmin(ReadOnlyAdmin):
    list_display = ("id", "purpose", "model", "prompt", "cost_micros", "latency_ms", "fallback_reason", "created_at")
    list_filter = ("purpose", "model", "livemode")
    search_fields = ("id", "case_id", "step_id", "reply_id")


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
    actions = ("accept", "decline")

    @admin.action(description="The attorney has accepted", permissions=["accept"])
    def accept(self, request: HttpRequest, queryset: QuerySet[Referral]) -> None:
        self._answer(request, queryset, operations.accept_referral, "accepted")

    @admin.action(description="The attorney has declined", permissions=["accept"])
    def decline(self, request: HttpRequest, queryset: QuerySet[Referral]) -> None:
        """The next attorney who may is asked at once."""
        self._answer(request, queryset, operations.decline_referral, "declined")

    def _answer(
        self, request: HttpRequest, queryset: QuerySet[Referral], answer: Callable[..., Referral], word: str
    ) -> None:
        for row in queryset:
            try:
                at = timeline.act_on(case_id=row.case_id)
                answer(referral_id=row.id, by=actor(request), at=at)
                self.message_user(request, f"{row.id} {word}.", messages.SUCCESS)
            except ApiError as error:
                self.message_user(request, f"{row.id}: {error.message}", messages.WARNING)

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.change_referral")


class SwitchForm(forms.ModelForm):
    """What to stop, and why; ticked twice, since everybody's messages may hang on it."""

    confirmed = forms.BooleanField(label="Stop this now, for everybody whom it concerns")

    class Meta:
        model = KillSwitch
        fields = ("scope", "key", "reason")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("key")) == (said.get("scope") == KillSwitch.Scope.ALL):
            raise forms.ValidationError("Everything takes no key; every other scope needs one.")
        return said


def _confirm(
    options: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any], *, action: str, title: str, words: str
) -> TemplateResponse | None:
    """The page that asks first; None once it was answered."""
    if request.POST.get("confirmed") == "yes":
        return None
    shown = {"title": title, "words": words, "rows": list(queryset), "action": action}
    shown |= {"checkbox": ACTION_CHECKBOX_NAME, "back": request.get_full_path()}
    context = options.admin_site.each_context(request) | shown
    return TemplateResponse(request, "admin/outreach/confirmation.html", context)


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnlyAdmin):
    """What operations stopped, by whom and why; set here, lifted here, never edited: the rows are the audit."""

    list_display = ("scope", "key", "reason", "set_by", "set_at", "lifted_by", "lifted_at")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter), "scope")
    search_fields = ("key", "reason")
    ordering = ("-set_at",)
    form = SwitchForm
    fields = ("scope", "key", "reason", "confirmed")
    actions = ("lift",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return request.user.has_perm("outreach.add_killswitch")

    def get_fields(self, request: HttpRequest, obj: KillSwitch | None = None) -> Any:
        return self.list_display if obj else self.fields

    def save_model(self, request: HttpRequest, obj: KillSwitch, form: Any, change: bool) -> None:
        said = form.cleaned_data
        made = operations.set_switch(
            scope=said["scope"], key=said["key"], reason=said["reason"], by=actor(request), at=clock.now()
        )
        obj.pk = made.pk

    @admin.action(description="Lift: go on", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[KillSwitch]) -> HttpResponse | None:
        """Asks first; then what is due is spread over ten minutes and judged anew."""
        words = "What is due is spread over the next ten minutes; each message is judged anew."
        if page := _confirm(self, request, queryset, action="lift", title="Lift kill switches?", words=words):
            return page
        for switch in queryset:
            operations.lift_switch(switch_id=switch.id, by=actor(request), at=clock.now())
        self.message_user(request, "Lifted.", messages.SUCCESS)
        return None

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.change_killswitch")


@admin.register(FuseTrip)
class FuseTripAdmin(ReadOnlyAdmin):
    """When the contact fuse blew, what it had seen, and who started again."""

    list_display = ("livemode", "cause", "reason", "tripped_at", "restarted_by", "restarted_at")
    list_filter = ("livemode", ("restarted_at", admin.EmptyFieldListFilter))
    ordering = ("-tripped_at",)
    actions = ("restart",)

    @admin.action(description="Restart: the cause is found and gone", permissions=["restart"])
    def restart(self, request: HttpRequest, queryset: QuerySet[FuseTrip]) -> HttpResponse | None:
        words = "Messages leave again in this mode. Restart only when you know why it blew."
        if page := _confirm(self, request, queryset, action="restart", title="Restart the contact fuse?", words=words):
            return page
        for trip in queryset.filter(restarted_at=None):
            operations.fuse.restart(livemode=trip.livemode, by=actor(request), at=clock.now())
        self.message_user(request, "Restarted.", messages.SUCCESS)
        return None

    def has_restart_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.change_fusetrip")
