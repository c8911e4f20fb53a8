"""How the OpenAPI 3.1 document is drawn from the views."""

from typing import Any

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """Operations named by the view, scopes by the view's own table."""


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The last touches on the document."""
    return result
