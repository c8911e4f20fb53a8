"""The room in the ops admin: read-mostly; keys show their prefix, never more."""

import django.contrib.auth.admin  # noqa: F401  (registers Group with Django's own look; replaced below)
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from accounts import operations
from accounts.models import ApiKey, Member, Organisation, User
from agentcollect.kit import clock
from agentcollect.kit.admin import ReadOnlyAdmin, actor

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    list_display = ("name",)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    exclude = ("password", "user_permissions")


class MemberInline(TabularInline):
    model = Member
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ("name", "id", "country", "parent", "live_approved", "attested_class", "paused_at", "created_at")
    list_filter = ("live_approved", "attested_class", "country")
    list_select_related = ("parent",)
    search_fields = ("id", "name", "legal_name")
    inlines = (MemberInline,)
    actions = ("approve_live",)

    @admin.action(description="Approve for live mode", permissions=["approve"])
    def approve_live(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        for row in queryset:
            operations.approve_live(organisation_id=row.id, by=actor(request), at=clock.now())
        self.message_user(request, "Approved for live mode.", messages.SUCCESS)

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
    list_filter = ("livemode", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("organisation",)
    search_fields = ("id", "name", "prefix", "organisation__name")
    exclude = ("digest", "pepper_version")
    actions = ("revoke",)

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            operations.revoke_key(key_id=key.id, organisation_id=key.organisation_id, by=actor(request), at=clock.now())
        self.message_user(request, "Revoked: these keys and their tokens no longer work.", messages.SUCCESS)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_apikey")
