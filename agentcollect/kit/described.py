"""How the answer to a GET of one thing is described in the OpenAPI document; lists have `kit.listing.document`."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view

from agentcollect.kit import shapes

View = TypeVar("View", bound=type)


def described(
    operation_id: str,
    summary: str,
    shape: shapes.Shape,
    example: OpenApiExample | Any,
    *,
    tag: str,
    description: str = "",
    called: str = "Answer",
) -> Callable[[View], View]:
    """Describe what a view answers to GET: `shape`, with an `example` (a value, or one made ready) named `called`."""
    ready = isinstance(example, OpenApiExample)
    shown = example if ready else OpenApiExample(called, value=example, response_only=True)
    return extend_schema_view(
        get=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=description or None,
            tags=[tag],
            responses={200: shape},
            examples=[shown],
        )
    )
