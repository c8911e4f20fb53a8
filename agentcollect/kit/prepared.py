"""Querysets that are asked over and over, made into SQL once.

Building a query of a wide model and putting it into words costs Django more processor time than PostgreSQL takes to
answer it. The few reads that almost every request makes are therefore written as functions of their values and wrapped:

    _newest = Prepared(lambda case_id: Step.objects.filter(case_id=case_id).order_by("-version"))
    _newest(case_id="cas_…")   # → [Step, …], the same as list(…) of the queryset

The first call notes the statement and the places of the values; later ones only fill them in.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

import orjson
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)
Value = str | datetime | Collection[str] | bool | None


class Prepared(Generic[Row]):
    """A queryset of model instances as a function of texts and moments (values), booleans and None (kept apart).

    Several texts are one value too, where `build` hands them to `db.among`. `build` takes keyword arguments and may use
    them only as values of lookups: whatever it decides by looking at a text would be decided once and for all. It says
    `db.locked` itself where rows are to be locked; call it in a transaction.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]]) -> None:
        self._build = build
        self._statements: dict[tuple[Any, ...], _Statement] = {}

    def __call__(self, **values: Value) -> list[Row]:
        return self._statement(values).rows(values)

    def first(self, **values: Value) -> Row | None:
        """The first row, in the order that the queryset itself says."""
        return next(iter(self(**values)), None)

    def one(self, **values: Value) -> Row:
        """The one row there is. Raises the model's DoesNotExist."""
        statement = self._statement(values)
        found = statement.rows(values)
        if not found:
            raise statement.model.DoesNotExist
        return cast(Row, found[0])

    def _statement(self, values: dict[str, Any]) -> "_Statement":
        fixed = {name: value for name, value in values.items() if value is None or isinstance(value, bool)}
        shape = (connections[DEFAULT_DB_ALIAS].vendor, tuple(fixed.items()), tuple(values))
        if shape not in self._statements:
            given = {name: value for name, value in values.items() if name not in fixed}
            marks = {name: _mark(number, value) for number, (name, value) in enumerate(given.items())}
            self._statements[shape] = self._made(self._build(**(marks | fixed)), marks)
        return self._statements[shape]

    def _made(self, queryset: QuerySet[Any], marks: dict[str, Any]) -> "_Statement":
        return _Instances(queryset, marks)


class PreparedValues(Prepared[Any]):
    """The same for a queryset of `values_list`, a union of several too: tuples, as the queryset gives them."""

    def _made(self, queryset: QuerySet[Any, Any], marks: dict[str, Any]) -> "_Statement":
        return _Tuples(queryset, marks)


def _mark(number: int, value: Any) -> Any:
    """Stands for a value while the statement is made; nothing real is equal to it."""
    if isinstance(value, datetime):
        return datetime(1, 1, 1, microsecond=number, tzinfo=UTC)
    text = f"\ue000{number}\ue001"
    return text if isinstance(value, str) else [text]


def _parameter(value: Any) -> Any:
    """`value` as the compiler hands it on: a moment in the dialect's spelling, several texts as db.among's."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(value)
    return orjson.dumps(sorted(value)).decode()


class _Statement:
    """SQL, the names of the values in their places, and what a row becomes."""

    def __init__(self, queryset: QuerySet[Any, Any], marks: dict[str, Any]) -> None:
        self.model = queryset.model
        compiler: SQLCompiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql, params = compiler.as_sql()
        names = {_parameter(mark): name for name, mark in marks.items()}
        self._params = [(names.get(param) if isinstance(param, str | datetime) else None, param) for param in params]
        if lost := marks.keys() - {name for name, _ in self._params}:
            raise ValueError(f"not a value of a lookup as it stands: {', '.join(sorted(lost))}")
        self._compiler = compiler
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def _found(self, values: dict[str, Any]) -> Any:
        filled = [_parameter(values[name]) if name is not None else param for name, param in self._params]
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self._sql, filled)
            found = cursor.fetchall()
        return self._compiler.apply_converters(found, self._converters) if self._converters else found

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """What answers for these values."""
        raise NotImplementedError


class _Tuples(_Statement):
    """Rows as they come: a statement has its columns in the order in which they were asked for."""

    def rows(self, values: dict[str, Any]) -> list[Any]:
        return [*map(tuple, self._found(values))]


class _Instances(_Statement):
    """Rows as model instances, with what was joined, annotated and prefetched."""

    def __init__(self, queryset: QuerySet[Any], marks: dict[str, Any]) -> None:
        super().__init__(queryset, marks)
        compiler = self._compiler
        shape = compiler.klass_info
        places = shape["select_fields"]
        self._model, self._own = shape["model"], slice(places[0], places[-1] + 1)
        self._names = [column.target.attname for column, _, _ in compiler.select[self._own]]
        self._related = get_related_populators(shape, compiler.select, DEFAULT_DB_ALIAS)
        self._added = list(compiler.annotation_col_map.items())
        self._prefetched = queryset._prefetch_related_lookups  # type: ignore[attr-defined]

    def rows(self, values: dict[str, Any]) -> list[Any]:
        rows = [self._instance(row) for row in self._found(values)]
        if self._prefetched:
            prefetch_related_objects(rows, *self._prefetched)
        return rows

    def _instance(self, row: list[Any]) -> Any:
        # What Model.from_db does, without asking every field and telling signals that nobody hears (no model has its
        # own __init__, and the house has no signals): a wide row costs a fifth of it.
        one = self._model.__new__(self._model)
        one.__dict__.update(zip(self._names, row[self._own], strict=True))
        state = one._state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        for populator in self._related:
            populator.populate(row, one)
        for name, place in self._added:
            setattr(one, name, row[place])
        return one
