"""The ops admin's side bar: every registered model, by room, in the order of the house."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

# App label → (title, Material symbol of unfold's own font).
ROOMS = {
    "accounts": ("Organisations", "domain"),
    "campaigns": ("Collection", "request_quote"),
    "payments": ("Money", "payments"),
    "outreach": ("Outreach", "forward_to_inbox"),
    "webhooks": ("Webhooks", "webhook"),
    "events": ("Events", "timeline"),
    "auth": ("Permissions", "lock"),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """One group a room; a model the member of staff may not view is left out."""
    groups = []
    for label, (title, symbol) in ROOMS.items():
        items = [
            {
                "title": str(model._meta.verbose_name_plural).capitalize(),
                "icon": symbol,
                "link": reverse(f"admin:{label}_{model._meta.model_name}_changelist"),
            }
            for model, options in admin.site._registry.items()
            if model._meta.app_label == label and options.has_view_permission(request)
        ]
        if items:
            groups.append({"title": title, "separator": True, "collapsible": False, "items": items})
    return groups
