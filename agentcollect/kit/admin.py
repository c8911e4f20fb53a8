"""The base of the ops admin: what a person may look at, and change only through a named action."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows; adds, changes and deletes none. What may be done to one is an action that calls an operation."""

    list_fullwidth = True
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor(request: HttpRequest) -> str:
    """Who presses a button here, as `by` of an operation."""
    return f"ops:{request.user.get_username()}"[:80]
