"""What the database must promise, in both dialects: commit order, bulk insert, locks and claims.

Raw SQL of the project lives here and in kit/due.py and nowhere else, each statement with its twin for both dialects.
"""

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from django.db import connection, models, transaction

_local = threading.local()
Flush = Callable[[list[Any]], None]


class _Unit:
    """Rows collected by the transaction under way, by the function that will write them just before commit."""

    def __init__(self) -> None:
        self.collected: dict[Flush, list[Any]] = {}

    def merge(self, inner: "_Unit") -> None:
        for flush, items in inner.collected.items():
            self.collected.setdefault(flush, []).extend(items)


def _units() -> list[_Unit]:
    if not hasattr(_local, "units"):
        _local.units = []
    return _local.units


@contextlib.contextmanager
def atomic() -> Iterator[None]:
    """A transaction (or a savepoint inside one) whose collected rows are written last.

    The outermost block calls each flush function once with everything that `collect` gathered, so that the counter
    they lock is the last lock of every transaction: it is held for the shortest time, and its order is the commit
    order. What an inner block collected before failing is dropped with its savepoint.
    """
    units = _units()
    unit = _Unit()
    units.append(unit)
    try:
        with transaction.atomic():  # noqa: TID251  (one of the two permitted uses)
            yield
            if len(units) == 1:
                _flush(unit)
        if len(units) > 1:
            units[-2].merge(unit)
    finally:
        units.remove(unit)


def _flush(unit: _Unit) -> None:
    while unit.collected:
        flush = next(iter(unit.collected))
        flush(unit.collected.pop(flush))


def collect(flush: Flush, item: Any) -> None:
    """Hand `item` to `flush` when the outermost `atomic` is about to commit. Outside one: RuntimeError."""
    units = _units()
    if not units:
        raise RuntimeError("A fact is recorded inside kit.db.atomic(), with the rows it is about.")
    units[-1].collected.setdefault(flush, []).append(item)


def keep(flush: Flush, item: Any) -> None:
    """`collect`, in a transaction of its own where there is none."""
    if _units():
        collect(flush, item)
        return
    with atomic():
        collect(flush, item)


@contextlib.contextmanager
def enclosing() -> Iterator[None]:
    """A transaction around work that has its own blocks of `atomic`, so that something else commits with it.

    Each of those blocks still writes what it collected at its own end, as if it were outermost: who reads the events or
    deliveries of a fact after its block finds them. What is done after the last of them is short: the counter is held.
    """
    before = getattr(_local, "enclosed", False)
    _local.enclosed = True
    try:
        with transaction.atomic():  # noqa: TID251  (the other one)
            yield
    finally:
        _local.enclosed = before


def in_transaction() -> bool:
    """True inside any `atomic` or `enclosing` of this thread: the network must not be waited for here."""
    return bool(_units()) or getattr(_local, "enclosed", False)


def after_commit(call: Callable[[], None]) -> None:
    """Run `call` once the present transaction is committed (at once outside one)."""
    transaction.on_commit(call, robust=True)


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


# --- bulk insert


def bulk_insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """`insert_rows` for rows that exist as model instances already."""
    insert_rows(model, [{f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields} for row in rows])


def insert_rows(
    model: type[models.Model], rows: Sequence[Mapping[str, Any]], shared: Mapping[str, Any] | None = None
) -> None:
    """Insert `rows` (attribute name → value, the same names in each) in one statement: COPY or one prepared INSERT.

    `shared` holds what all of them have in common; names left out of both take the field's default. Each is prepared
    once for the batch: a model instance per row would cost more than the insert itself. No returned keys, no conflict
    handling: ids are drawn before (kit.ids), a conflict is an IntegrityError for the whole batch.
    """
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not _serial(field)]
    named = [field for field in fields if field.attname in rows[0]]
    common = [field for field in fields if field.attname not in rows[0]]
    given = shared or {}
    constants = [_plain(f, given[f.attname] if f.attname in given else f.get_default()) for f in common]
    table = f'"{model._meta.db_table}"'
    columns = ", ".join(f'"{field.column}"' for field in named + common)
    values = [_prepared(field, [row[field.attname] for row in rows]) for field in named]
    with connection.cursor() as cursor:
        if is_postgresql():
            tail = "".join(f"\t{_copy_value(value)}" for value in constants) + "\n"
            lines = map("\t".join, zip(*map(_copy_column, values), strict=True))
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(tail.join(lines) + tail)
        else:
            marks = ", ".join(["%s"] * len(fields))
            whole = [[*line, *constants] for line in zip(*values, strict=True)]
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", whole)  # noqa: S608


def _prepared(field: models.Field, values: list[Any]) -> list[Any]:
    """A column's values, ready for the driver; a column of empty objects (mostly a default) only once."""
    read = _reader(field)
    if read is None:
        return values
    if not any(values) and set(map(type, values)) == {dict}:
        return [read({})] * len(values)
    return [read(value) for value in values]


def _copy_column(values: list[Any]) -> list[str]:
    """A column as COPY text. A column of plain texts is searched for what must be escaped as a whole."""
    kinds = set(map(type, values))
    if kinds == {str} and not _SPECIAL.search("".join(values)):
        return values
    if kinds == {int}:
        return list(map(str, values))
    return [_copy_value(value) for value in values]


def _serial(field: models.Field) -> bool:
    """A number the database draws itself."""
    return isinstance(field, models.AutoField)


def _reader(field: models.Field) -> Callable[[Any], Any] | None:
    """What makes a value of `field` ready for the driver; None where it goes as it is."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.CharField | models.TextField | models.IntegerField | models.BooleanField):
        return None
    if isinstance(target, models.DateField) and is_postgresql():
        return None  # COPY reads days and aware moments in Python's own spelling
    return _json_text if isinstance(target, models.JSONField) else partial(_plain, field)


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a whole number beyond 64 bits, or a key that is no text: rare, and slower
        return json.dumps(value)


def _plain(field: models.Field, value: Any) -> Any:
    """`value` as the driver takes it; JSON as its text."""
    prepared = field.get_db_prep_save(value, connection)
    return prepared.dumps(prepared.obj) if hasattr(prepared, "dumps") else prepared


_SPECIAL = re.compile(r"[\\\t\n\r\0]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_value(value: Any) -> str:
    """One COPY text field (PostgreSQL manual, COPY, "Text Format"). NUL cannot be stored and is refused."""
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    text = value if type(value) is str else str(value)
    if _SPECIAL.search(text):
        if "\0" in text:
            raise ValueError("a text holds a NUL character, which no row can hold")
        return text.translate(_ESCAPES)
    return text


# --- questions


class among(models.Func):
    """Condition: the text in `column` is one of `values`: texts, however many, or a query for them.

    Texts travel as one parameter: as 500 parameters they would cost the driver more time than the server takes to look
    them up. A query is asked first, so that PostgreSQL may use the index of each part of an OR; a subquery of Django's
    own inside an OR makes it look at every row.
    """

    output_field = models.BooleanField()

    def __init__(self, column: str, values: "Iterable[str] | models.QuerySet", **extra: Any) -> None:
        asked = models.Subquery(values) if isinstance(values, models.QuerySet) else _Texts(values)
        super().__init__(models.F(column), asked, **extra)

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        (column, first), (found, second) = map(compiler.compile, self.source_expressions)
        test = f"= ANY(ARRAY{found})" if is_postgresql() else f"IN {found}"
        return f"{column} {test}", [*first, *second]


class _Texts(models.Func):
    """Texts as rows of one column."""

    output_field = models.TextField()

    def __init__(self, values: Iterable[str], **extra: Any) -> None:
        self.values = sorted(values)
        super().__init__(**extra)

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        read = "json_array_elements_text(%s::json)" if is_postgresql() else "value FROM json_each(%s)"
        return f"(SELECT {read})", [orjson.dumps(self.values).decode()]


class holds_pair(models.Func):
    """Condition: the JSON object in `column` holds `key` with the text `value`; a GIN index can answer it.

    Django's own `column__key` reads a key of digits as a place in an array, and one with `__` as a lookup.
    """

    output_field = models.BooleanField()

    def __init__(self, column: str, key: str, value: str, **extra: Any) -> None:
        self.key, self.value = key, value
        super().__init__(models.F(column), **extra)

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        column, params = compiler.compile(self.source_expressions[0])
        if is_postgresql():
            # The second half says what the index leaves out (kit.indexes.metadata).
            pair = json.dumps({self.key: self.value})
            return f"({column} @> %s::jsonb AND {column} <> '{{}}'::jsonb)", [*params, pair, *params]
        pairs = f"SELECT 1 FROM json_each({column}) AS pair WHERE pair.key = %s AND pair.value = %s"  # noqa: S608
        return f"EXISTS ({pairs})", [*params, self.key, self.value]


# --- claims


def claimable(queryset: models.QuerySet) -> models.QuerySet:
    """Lock the rows about to be claimed and pass over those another worker holds (SQLite has one writer anyway)."""
    return queryset.select_for_update(skip_locked=True, **_LOCK) if is_postgresql() else queryset


def locked(queryset: models.QuerySet) -> models.QuerySet:
    """Lock rows for the rest of the transaction. Order, everywhere: organisation, campaign, debtor, case, step,
    payment, replay, endpoint, delivery; the event counter is last and taken by `atomic` itself. Rows joined by
    `select_related` are read, not locked: a parent locked by the way would break that order."""
    return queryset.select_for_update(**_LOCK) if is_postgresql() else queryset


# No key ever changes, so that children may be inserted under a locked parent. With FOR UPDATE they wait for it: who
# held the event counter and told an endpoint's deliveries met who had locked that endpoint and wanted the counter.
_LOCK: dict[str, Any] = {"of": ("self",), "no_key": True}


def advisory_slot(name: str, slots: int) -> None:
    """Wait for one of `slots` places until the transaction ends (PostgreSQL; SQLite has one writer already)."""
    if not is_postgresql():
        return
    with connection.cursor() as cursor:
        for slot in range(slots):
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [name, slot])
            if cursor.fetchone()[0]:
                return
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [name, threading.get_ident() % slots])


def try_lock(name: str) -> bool:
    """Take the lock called `name` until the transaction ends; False when somebody else has it. Never waits.

    PostgreSQL only: on SQLite the transaction itself is the lock.
    """
    if not is_postgresql():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def next_numbers(table: str, *, organisation_id: str, livemode: bool, count: int) -> int:
    """Take `count` numbers from the (organisation, mode) counter in `table`; returns the last one taken.

    Both dialects lock the row until commit, so numbers follow each other in commit order with no gap.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{table}" (organisation_id, livemode, value) VALUES (%s, %s, %s) '  # noqa: S608
            f'ON CONFLICT (organisation_id, livemode) DO UPDATE SET value = "{table}".value + excluded.value '
            "RETURNING value",
            [organisation_id, livemode, count],
        )
        return int(cursor.fetchone()[0])
