"""What may be asked of a list, said once for each: the view checks it, the query follows it, the document shows it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any, NamedTuple, TypeVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view

from agentcollect.kit import errors, shapes
from agentcollect.kit.db import holds_pair
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pagination import read_time

errors.define("invalid_expand", 400, "`expand` names something that cannot be expanded here.")

View = TypeVar("View", bound=type)
Narrow = Callable[[QuerySet, str], QuerySet]
# (organisation, mode, ids) → the object each id stands for, in its public shape.
Read = Callable[[str, bool, list[str]], dict[str, dict[str, Any]]]


class Expand(NamedTuple):
    """A part of each item that `expand=` shows whole: `column` of the item holds its id, `shape` describes it."""

    column: str
    read: Read
    shape: shapes.Shape


class Filter(NamedTuple):
    """One parameter of a list: equality on `column` (the parameter's own name when empty), or what `narrow` does.

    `values` are all it may be; empty: any text.
    """

    says: str = ""
    column: str = ""
    values: tuple[str, ...] = ()
    narrow: Narrow | None = None

    def apply(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if self.values and value not in self.values:
            raise ApiError("invalid_parameter", f"{name} must be one of {', '.join(self.values)}.", param=name)
        return self.narrow(rows, value) if self.narrow else rows.filter(**{self.column or name: value})


def one_of(values: Iterable[str], says: str = "", column: str = "", narrow: Narrow | None = None) -> Filter:
    """One of `values`."""
    return Filter(says, column, tuple(values), narrow)


def yes_no(column: str, says: str = "") -> Filter:
    """`true` or `false` of a column."""
    return Filter(says, "", ("true", "false"), lambda rows, value: rows.filter(**{column: value == "true"}))


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The parameters of one list: paging and times as everywhere, its own `filters`, what may be expanded.

    `updated` is the column, or the columns, that `updated_since` looks at: a row that never changes was last changed
    when it was recorded.
    `metadata` is the column with the customer's own keys; empty where there are none. `columns` are all that the shown
    item is made of, for lists that are read often: rows are then fetched without their models.
    """

    filters: Mapping[str, Filter] = field(default_factory=dict)
    expands: Mapping[str, Expand] = field(default_factory=dict)
    updated: str | tuple[str, ...] = "updated_at"
    metadata: str = "metadata"
    columns: tuple[str, ...] = ()

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names a request may use."""
        names = {"cursor", "limit", "created_after", "created_before", "updated_since", *self.filters}
        return frozenset(names | ({"metadata"} if self.metadata else set()) | ({"expand"} if self.expands else set()))

    def narrow(self, rows: QuerySet, params: Mapping[str, str]) -> QuerySet:
        """`rows` as the checked `params` ask for them. Raises ApiError(invalid_parameter)."""
        given = dict(params)
        if after := read_time(given, "created_after"):
            rows = rows.filter(created_at__gte=after)
        if before := read_time(given, "created_before"):
            rows = rows.filter(created_at__lt=before)
        if since := read_time(given, "updated_since"):
            rows = rows.filter(self._changed(since))
        for name, value in given.items():
            if "\0" in name + value:
                return rows.none()  # no row holds one, and PostgreSQL refuses it even in a question
            if name in self.filters:
                rows = self.filters[name].apply(rows, name, value)
            elif self.metadata and name.startswith("metadata["):
                rows = rows.filter(holds_pair(self.metadata, name[len("metadata[") : -1], value))
        return rows

    def _changed(self, since: datetime) -> Q:
        columns = (self.updated,) if isinstance(self.updated, str) else self.updated
        return reduce(or_, (Q(**{f"{column}__gte": since}) for column in columns))

    def documented(self) -> list[OpenApiParameter]:
        """The parameters with a text of their own; the shared ones are described in one place (kit.openapi)."""
        own = [
            OpenApiParameter(name, str, description=given.says, enum=given.values or None)
            for name, given in self.filters.items()
        ]
        if self.expands:
            names = {"type": "array", "items": {"type": "string", "enum": sorted(self.expands)}, "uniqueItems": True}
            words = "Shown whole in each item, separated by commas."
            own.append(OpenApiParameter("expand", names, description=words, style="form", explode=False))
        return own


def expand(items: list[dict[str, Any]], asked: str, expands: Mapping[str, Expand], asks: Any) -> None:
    """Put into each of `items` what `asked` names. Raises ApiError(invalid_expand)."""
    for name in dict.fromkeys(part for part in asked.split(",") if part):
        if name not in expands:
            words = f"{name[:60]!r} cannot be expanded here; {', '.join(sorted(expands))} can."
            raise ApiError("invalid_expand", words, param="expand")
        how = expands[name]
        wanted = sorted({item[how.column] for item in items if item[how.column]})
        found = how.read(asks.organisation_id, asks.livemode, wanted) if wanted else {}
        for item in items:
            item[name] = found.get(item[how.column])


def expanded(item: shapes.Shape, expands: Mapping[str, Expand]) -> shapes.Shape:
    """The shape of an item that may come with its parts whole."""
    more = {name: _either(item["properties"].get(name), how.shape) for name, how in expands.items()}
    return item | {"properties": item["properties"] | more}


def _either(plain: shapes.Shape | None, whole: shapes.Shape) -> shapes.Shape:
    return {"oneOf": [plain or {"type": "null"}, whole]}


def document(
    operation_id: str, summary: str, item: shapes.Shape, example: Any, *, tag: str, description: str = ""
) -> Callable[[View], View]:
    """Describe the list a view answers to GET; the view's `lists` says its parameters."""

    def describe(view: View) -> View:
        asked: Listing = view.lists  # type: ignore[attr-defined]
        shown = OpenApiExample("Page", value=shapes.page_of(example), response_only=True, status_codes=["200"])
        return extend_schema_view(
            get=extend_schema(
                operation_id=operation_id,
                summary=summary,
                description=description or None,
                tags=[tag],
                parameters=asked.documented(),
                responses={200: shapes.page(expanded(item, asked.expands))},
                examples=[shown],
            )
        )(view)

    return describe
