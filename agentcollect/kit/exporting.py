"""Lists as CSV files: which there are (settings.EXPORT_SOURCES), and how a cell is written.

Each room says what its rows look like; the exporter, which lies below some of them, knows the sources by name only.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

import orjson
from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from agentcollect.kit.listing import Listing

# Parameters of a list that make no sense of a whole file.
_PAGING = frozenset({"cursor", "limit", "expand"})
# What a spreadsheet would run as a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of export: who may have it (`scope`), whose rows, what may be asked of them, how a row is shown.

    `columns` name what is taken of the shown row; `breakdown.net` looks into an object.
    """

    scope: str
    listing: Listing
    rows: Callable[[str, bool], QuerySet]
    shown: Callable[[Any], dict[str, Any]]
    columns: tuple[str, ...]

    @property
    def filters(self) -> frozenset[str]:
        return self.listing.parameters - _PAGING


@cache
def sources() -> dict[str, Source]:
    """Every kind there is."""
    return {kind: import_string(path) for kind, path in settings.EXPORT_SOURCES.items()}


def write_header(source: Source, file: IO[str]) -> None:
    csv.writer(file).writerow(source.columns)


def write_rows(source: Source, rows: list[Any], file: IO[str]) -> None:
    """`rows` as lines of CSV (RFC 4180)."""
    shown = (source.shown(row) for row in rows)
    csv.writer(file).writerows([cell(_of(row, column)) for column in source.columns] for row in shown)


def csv_of(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Shown rows as a file, line by line: a header, then `columns` of each row."""
    line = _Line()
    writer = csv.writer(line)
    writer.writerow(columns)
    yield line.text
    for row in rows:
        writer.writerow([cell(_of(row, column)) for column in columns])
        yield line.text


class _Line:
    """What a csv.writer writes to: the last line."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def _of(row: dict[str, Any], column: str) -> Any:
    value: Any = row
    for name in column.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def cell(value: Any) -> str:
    """A value as a spreadsheet reads it; a text that would be run as a formula is made plain by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return orjson.dumps(value).decode()


def walk(rows: QuerySet, size: int) -> Iterator[list[Any]]:
    """Every row, latest first, in pieces of at most `size`: bounded memory, no long transaction, no sorting.

    By the primary key, whose time part makes its order that of recording: every table has that index.
    """
    ordered = rows.order_by("-id")
    piece = list(ordered[:size])
    while piece:
        yield piece
        if len(piece) < size:
            return
        piece = list(ordered.filter(id__lt=piece[-1].id)[:size])
