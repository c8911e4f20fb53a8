"""Querysets that are asked over and over, made into SQL once.

Building a query of a wide model and putting it into words costs Django more processor time than PostgreSQL takes to
answer it. The few reads that almost every request makes are therefore written as functions of their values and wrapped:

    _newest = Prepared(lambda case_id: Step.objects.filter(case_id=case_id).order_by("-version"))
    _newest(case_id="cas_…")   # → [Step, …], the same as list(…) of the queryset

On PostgreSQL the first call notes the statement and the places of the values; later ones only fill them in. Elsewhere
the queryset is evaluated as it stands.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]
from django.db.models.sql.compiler import SQLCompiler

from agentcollect.kit import db

Row = TypeVar("Row", bound=Model)


class Prepared(Generic[Row]):
    """A queryset of model instances as a function of texts and moments (values), booleans and None (kept apart).

    `build` takes keyword arguments and may use them only as values of lookups: whatever it decides by looking at a text
    would be decided once and for all. It says `db.locked` itself where rows are to be locked; call it in a transaction.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]]) -> None:
        self._build = build
        self._statements: dict[tuple[Any, ...], _Statement] = {}

    def __call__(self, **values: str | datetime | bool | None) -> list[Row]:
        if not db.is_postgresql():
            return list(self._build(**values))
        fixed = {name: value for name, value in values.items() if not isinstance(value, str | datetime)}
        shape = (tuple(fixed.items()), tuple(values))
        if shape not in self._statements:
            marks = {name: _mark(number, value) for number, (name, value) in enumerate(values.items())}
            self._statements[shape] = _Statement(self._build(**(marks | fixed)), marks)
        return self._statements[shape].rows(values)


def _mark(number: int, value: Any) -> Any:
    """Stands for a value while the statement is made; nothing real is equal to it."""
    return datetime(1, 1, 1, microsecond=number, tzinfo=UTC) if isinstance(value, datetime) else f"\ue000{number}\ue001"


class _Statement:
    """SQL, the names of the values in their places, and how a row becomes an instance."""

    def __init__(self, queryset: QuerySet[Any], marks: dict[str, Any]) -> None:
        compiler: SQLCompiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, params = compiler.as_sql()
        names = {mark: name for name, mark in marks.items()}
        self._params = [(names.get(param) if isinstance(param, str | datetime) else None, param) for param in params]
        self._compiler = compiler
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select])
        shape = compiler.klass_info
        places = shape["select_fields"]
        self._model, self._own = shape["model"], slice(places[0], places[-1] + 1)
        self._names = [column.target.attname for column, _, _ in compiler.select[self._own]]
        self._related = get_related_populators(shape, compiler.select, DEFAULT_DB_ALIAS)
        self._added = list(compiler.annotation_col_map.items())
        self._prefetched = queryset._prefetch_related_lookups  # type: ignore[attr-defined]

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """The instances that answer for these values."""
        filled = [values[name] if name is not None else param for name, param in self._params]
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self._sql, filled)
            found = cursor.fetchall()
        rows = [self._instance(row) for row in self._compiler.apply_converters(found, self._converters)]
        if self._prefetched:
            prefetch_related_objects(rows, *self._prefetched)
        return rows

    def _instance(self, row: list[Any]) -> Any:
        one = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._own])
        for populator in self._related:
            populator.populate(row, one)
        for name, place in self._added:
            setattr(one, name, row[place])
        return one
