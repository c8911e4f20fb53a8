"""The room in the ops admin: read-mostly; keys show their prefix, never more."""

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  (each registers models whose rows hold secrets; undone below)
import django.contrib.auth.admin  # noqa: F401  (registers Group with Django's own look; replaced below)
import oauth2_provider.admin  # noqa: F401  (registers the toolkit's models, which none of ours are kept in; undone below)
from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from accounts import operations, staff
from accounts.models import (
    AccessToken,
    ApiKey,
    Collector,
    IdempotentRequest,
    Invitation,
    Member,
    Organisation,
    RequestLog,
    SubmittedForm,
    TestClock,
    User,
)
from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor
from agentcollect.kit.errors import ApiError

admin.site.unregister(Group)
admin.site.login = staff.enter  # type: ignore[method-assign]
admin.site.has_permission = staff.may_enter  # type: ignore[method-assign]
_FOREIGN = ("oauth2_provider", "account", "mfa", "usersessions")
_undone: list[type[Model]] = [model for label in _FOREIGN for model in apps.get_app_config(label).get_models()]
_undone.append(AccessToken)
for _model in _undone:
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    list_display = ("name",)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    exclude = ("password", "user_permissions")
    actions = ("remove_second_factors",)

    @admin.action(description="Remove second factors (every device lost)", permissions=["help"])
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            operations.remove_second_factors(user=user, by=actor(request), at=clock.now())
        self.message_user(request, "Removed: only the password is asked for.", messages.SUCCESS)

    def has_help_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_user")


class MemberInline(TabularInline):
    model = Member
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Collector)
class CollectorAdmin(ModelAdmin):
    """The collectors of record: entered and kept by operations (LAW.md, R-31)."""

    list_display = ("legal_name", "id", "address", "bond")
    search_fields = ("id", "legal_name")


class RateLimitForm(ActionForm):
    """A number beside the list of actions, for the one that takes it."""

    requests_per_minute = forms.IntegerField(
        required=False,
        min_value=1,
        label="Requests a minute",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": "requests a minute"}),
    )


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "id",
        "country",
        "enabled_countries",
        "live_requested_at",
        "live_approved",
        "attested_class",
        "rate_limit",
        "paused_at",
        "created_at",
    )
    list_filter = ("live_approved", ("live_requested_at", admin.EmptyFieldListFilter), "attested_class", "country")
    list_select_related = ("parent",)
    search_fields = ("id", "name", "legal_name")
    inlines = (MemberInline,)
    actions = ("approve_live", "set_rate_limit")
    action_form = RateLimitForm

    @admin.action(description="Approve for live mode", permissions=["approve"])
    def approve_live(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        for row in queryset:
            operations.approve_live(organisation_id=row.id, by=actor(request), at=clock.now())
        self.message_user(request, "Approved for live mode.", messages.SUCCESS)

    @admin.action(description="Set the rate limit", permissions=["approve"])
    def set_rate_limit(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        """Requests a minute for each key of the chosen organisations; left empty, the usual number again."""
        typed = request.POST.get("requests_per_minute", "").strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 10):
            self.message_user(request, "A limit is a whole number of requests a minute.", messages.ERROR)
            return
        limit = int(typed) if typed else None
        try:
            for row in queryset:
                operations.set_rate_limit(
                    organisation_id=row.id, requests_per_minute=limit, by=actor(request), at=clock.now()
                )
        except ApiError as refused:
            self.message_user(request, refused.message, messages.ERROR)
            return
        said = f"{limit:,} requests a minute" if limit else "the usual number of requests"
        self.message_user(request, f"Rate limit set: {said} for each key.", messages.SUCCESS)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_organisation")


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    list_display = ("user", "organisation", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "organisation")
    search_fields = ("user__email", "organisation__name")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "name", "organisation", "livemode", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("livemode", ("revoked_at", admin.EmptyFieldListFilter), "pepper_version")
    list_select_related = ("organisation",)
    search_fields = ("id", "name", "prefix", "organisation__name")
    exclude = ("digest", "pepper_version")
    actions = ("revoke",)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        within = 0
        for key in queryset:
            stopped = operations.revoke_key(
                key_id=key.id, organisation_id=key.organisation_id, by=actor(request), at=clock.now()
            )
            within = max(within, stopped.effective_within)
        when = f"are refused everywhere within {within} seconds" if within else "no longer work"
        self.message_user(request, f"Revoked: these keys and their tokens {when}.", messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "livemode", "key", "last_four", "created", "expires", "revoked_at")
    list_filter = ("livemode",)
    list_select_related = ("organisation", "key")
    search_fields = ("id", "key__id", "organisation__name")
    exclude = ("token_checksum",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ("email", "organisation", "role", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("organisation",)
    search_fields = ("email", "organisation__name")


@admin.register(SubmittedForm)
class SubmittedFormAdmin(ReadOnlyAdmin):
    list_display = ("organisation", "result", "created_at")
    list_select_related = ("organisation",)


@admin.register(TestClock)
class TestClockAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "name", "status", "frozen_time", "target", "acts", "created_at")
    list_filter = ("status",)
    list_select_related = ("organisation",)
    search_fields = ("=id", "name", "organisation__name")


@admin.register(RequestLog)
class RequestLogAdmin(ReadOnlyAdmin):
    """What was called and how it ended; the bodies are the tenant's own to read, in the dashboard."""

    list_display = ("created_at", "organisation", "livemode", "method", "path", "status", "error", "request_id")
    list_filter = ("livemode", "method")
    list_select_related = ("organisation",)
    search_fields = ("=request_id", "=key_id")
    exclude = ("request_body", "response_body", "request_headers", "response_headers")


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "organisation", "livemode", "key", "status", "location")
    list_select_related = ("organisation",)
    search_fields = ("=key",)
    exclude = ("body", "fingerprint")
