"""What every dashboard page's shell shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agentcollect.kit import clock
from dashboard.queries import clocks, people, waiting

THEMES = frozenset({"light", "dark"})


def shell(request: HttpRequest) -> dict[str, Any]:
    """Theme for every page; organisation, mode and zone where a member is seated; `now` for relative days.

    `members` and `clocks` are read by the tags that name one.
    """
    theme = request.COOKIES.get("theme", "")
    match = getattr(request, "resolver_match", None)
    seat = getattr(request, "seat", None)
    return {
        "theme": theme if theme in THEMES else "",
        "seat": seat,
        "members": SimpleLazyObject(lambda: people.members(seat)) if seat else {},
        "clocks": SimpleLazyObject(lambda: clocks.by_id(seat)) if seat else {},
        "to_do": SimpleLazyObject(lambda: waiting.count(seat)) if seat else 0,
        "section": (match.url_name or "").partition("-")[0] if match else "",
        "now": clock.now(),
        "base_url": settings.PUBLIC_URL,
    }
