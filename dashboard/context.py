"""What every dashboard page's shell shows."""

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Organisation, mode and theme of the signed-in member; empty elsewhere."""
    return {}
