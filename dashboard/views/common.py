"""What the pages share: looking up one row, pressing one operation, one page of a list."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from agentcollect.kit import pagination
from agentcollect.kit.errors import ApiError

Row = TypeVar("Row", bound=models.Model)


def one(rows: "QuerySet[Row]", public_id: str | int) -> Row:
    """The row with that id among `rows`; 404 for everything else, another tenant's row included."""
    found = rows.filter(pk=plain(public_id) if isinstance(public_id, str) else public_id).first()
    if found is None:
        raise Http404
    return found


def plain(text: str) -> str:
    """`text` without NUL, which PostgreSQL refuses even in a question."""
    return text.replace("\0", "").strip()[:200]


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """The filters of the address, trimmed; those left empty are left out."""
    found = {name: plain(request.GET.get(name, "")) for name in names}
    return {name: value for name, value in found.items() if value}


def page_of(
    rows: QuerySet, request: HttpRequest, filters: dict[str, str], *, scope: str, size: int = 25
) -> dict[str, Any]:
    """One page of `rows` by keyset: `rows`, `next_cursor`, `first` (is it page one), and the filters as `query` string.

    A cursor of another list opens page one instead of an error: the address may be an old bookmark.
    """
    params = filters | {"limit": str(size)}
    cursor = request.GET.get("cursor", "")
    try:
        found = pagination.page(rows, params | ({"cursor": cursor} if cursor else {}), scope=scope, serialise=_same)
    except ApiError:
        cursor = ""
        found = pagination.page(rows, params, scope=scope, serialise=_same)
    return {
        "rows": found["data"],
        "next_cursor": found["next_cursor"],
        "first": not cursor,
        "filters": filters,
        "query": urlencode(filters),
    }


def _same(row: Any) -> Any:
    return row


def press(request: HttpRequest, done: str, operation: Callable[[], object]) -> bool:
    """Call one operation and say how it went in a message: `done`, or the refusal in its own words."""
    try:
        operation()
    except ApiError as refused:
        messages.error(request, refused.message)
        return False
    messages.success(request, done)
    return True


def back(request: HttpRequest, otherwise: str) -> str:
    """Where the form says to return to, when that is a page of ours."""
    asked_for = request.POST.get("next", "")
    return asked_for if url_has_allowed_host_and_scheme(asked_for, allowed_hosts=None) else otherwise
