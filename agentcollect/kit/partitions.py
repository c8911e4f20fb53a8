"""A table in pieces of a month each, on PostgreSQL: a month is dropped in a moment, where deleting its rows takes long.

The pieces are ranges of the id itself, since ids begin with the time they were drawn at: the primary key stays what it
is, and Django sees the same table. A unique constraint without the id holds within each piece only, because PostgreSQL
knows no other; so this is for tables whose rows are already made one at a time under their parent's fence.

A row that fits no month goes to the piece `…_rest`: no insert ever fails because nobody made the next month.
"""

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db import connection, models

from agentcollect.kit import clock, db, ids, integrity

LOCK_TIMEOUT = "2s"  # everybody who wants these tables queues behind us for as long as we wait
MONTHS_AHEAD = 3
Model = type[models.Model]


class Piece(NamedTuple):
    """One partition and the id that its rows stay below; `until` is empty for the rest."""

    name: str
    until: str


def month(moment: datetime, after: int = 0) -> datetime:
    """The beginning (UTC) of the month of `moment`, or of the one so many months after."""
    whole = moment.astimezone(UTC)
    years, index = divmod(whole.year * 12 + whole.month - 1 + after, 12)
    return datetime(years, index + 1, 1, tzinfo=UTC)


def is_partitioned(model: Model) -> bool:
    """False on SQLite, which has no partitions."""
    if not db.is_postgresql():
        return False
    found = _rows("SELECT relkind FROM pg_class WHERE oid = to_regclass(%s)", [f'"{_table(model)}"'])
    return bool(found) and found[0][0] == "p"


def pieces(model: Model) -> list[Piece]:
    """The partitions of `model`, oldest first, the rest last."""
    found = _rows(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = to_regclass(%s)",
        [f'"{_table(model)}"'],
    )
    bounds = [(name, re.search(r"TO \('([^']+)'\)", words)) for name, words in found]
    return sorted((Piece(name, until[1] if until else "") for name, until in bounds), key=lambda p: p.until or "~")


def convert(model: Model, *, at: datetime, months: int = MONTHS_AHEAD) -> str:
    """Make the table of `model` partitioned without copying a row: all of it becomes the first piece. Its name.

    The long part, reading the table once to prove that no row belongs to a later month, keeps nobody waiting; the
    exchange itself takes milliseconds under an exclusive lock. Raises OperationalError where the lock is not to be
    had: nothing has changed then, run it again.
    """
    table, check = _table(model), f"{_table(model)}_until"
    end = month(clock.plus(at, days=2), 1)  # at least two days from now: the check holds for what is written meanwhile
    old = f"{table}_until_{end:%Y_%m}"
    with _alone(model):
        _run(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{check}"')
        _run(f'ALTER TABLE "{table}" ADD CONSTRAINT "{check}" CHECK (id < \'{_first(model, end)}\') NOT VALID')
    _run(f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{check}"')
    with _alone(model):
        _exchange(model, old, check, _first(model, end))
        _add_rest(model)
        for statement in integrity.statements_of(model):
            _run(statement)
    ahead(model, at=at, months=months)
    _run(f'ANALYZE "{table}"')
    return old


def _exchange(model: Model, old: str, check: str, end: str) -> None:
    """Put a partitioned table in the place of the plain one, and hang that one under it."""
    table = _table(model)
    named = "WHERE {} = to_regclass(%s)"
    keys = _rows(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "  # noqa: S608
        f"{named.format('conrelid')} AND contype IN ('p', 'f') ORDER BY contype DESC",
        [f'"{table}"'],
    )
    indexes = _rows(
        "SELECT c.relname, pg_get_indexdef(c.oid), i.indisunique FROM pg_index i "  # noqa: S608
        f"JOIN pg_class c ON c.oid = i.indexrelid {named.format('i.indrelid')}",
        [f'"{table}"'],
    )
    for verb in ("update", "delete"):  # the new table's own are laid by kit.integrity, for every piece
        _run(f'DROP TRIGGER IF EXISTS "{table}_no_{verb}" ON "{table}"')
    _run(f'ALTER TABLE "{table}" RENAME TO "{old}"')
    for name, _, _ in indexes:
        _run(f'ALTER INDEX "{name}" RENAME TO "{f"{name}_first"[-60:]}"')
    _run(
        f'CREATE TABLE "{table}" (LIKE "{old}" INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE '
        "INCLUDING COMPRESSION) PARTITION BY RANGE (id)"
    )
    _run(f'ALTER TABLE "{table}" DROP CONSTRAINT "{check}"')
    for name, definition in keys:
        _run(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
    for _, definition, unique in indexes:
        if not unique:
            _run(definition)
    _run(f'ALTER TABLE "{table}" ATTACH PARTITION "{old}" FOR VALUES FROM (MINVALUE) TO (\'{end}\')')
    _run(f'ALTER TABLE "{old}" DROP CONSTRAINT "{check}"')


def ahead(model: Model, *, at: datetime, months: int = MONTHS_AHEAD) -> list[str]:
    """Make the pieces of this month and of so many to come that are not there yet; their names."""
    made = []
    covered = max((piece.until for piece in pieces(model)), default="")
    for after in range(months + 1):
        begin, end = month(at, after), month(at, after + 1)
        if _first(model, begin) >= covered:
            made.append(f"{_table(model)}_{begin:%Y_%m}")
            _add(model, made[-1], _first(model, begin), _first(model, end))
    return made


def _add(model: Model, name: str, begin: str, end: str) -> None:
    """One piece more. What the rest holds of its range moves into it."""
    table, rest = _table(model), f"{_table(model)}_rest"
    with _alone(model):
        if _there(name):  # another worker was faster
            return
        strays = _rows(f'SELECT 1 FROM "{rest}" WHERE id >= %s AND id < %s LIMIT 1', [begin, end])  # noqa: S608
        if strays:
            _run(f'ALTER TABLE "{table}" DETACH PARTITION "{rest}"')
        _run(f"CREATE TABLE \"{name}\" PARTITION OF \"{table}\" FOR VALUES FROM ('{begin}') TO ('{end}')")
        _lay_unique(model, name)
        if strays:
            _run(f'ALTER TABLE "{rest}" RENAME TO "{rest}_old"')
            _add_rest(model)
            _run(_copying(model, f"{rest}_old"))
            _run(f'DROP TABLE "{rest}_old"')


def _add_rest(model: Model) -> None:
    rest = f"{_table(model)}_rest"
    _run(f'CREATE TABLE "{rest}" PARTITION OF "{_table(model)}" DEFAULT')
    _lay_unique(model, rest)


def _lay_unique(model: Model, piece: str) -> None:
    """The model's unique constraints that lack the id, within `piece`."""
    for rule in model._meta.constraints:
        if isinstance(rule, models.UniqueConstraint) and "id" not in rule.fields:
            columns = ", ".join(f'"{model._meta.get_field(name).column}"' for name in rule.fields)  # type: ignore[union-attr]
            # Without a name PostgreSQL chooses a free one: the rest is made anew now and then.
            _run(f'CREATE UNIQUE INDEX ON "{piece}" ({columns})')


def drop_before(model: Model, before: datetime, *, parent: str, keep: models.QuerySet) -> dict[str, int]:
    """Drop the pieces that hold nothing from `before` on; how many rows of each were kept, by name.

    Rows whose column `parent` is among `keep` (a query for ids) move to the rest. They are looked for first, with
    everybody at work; only the dropping itself is alone.
    """
    old = [piece.name for piece in pieces(model) if piece.until and piece.until <= _first(model, before)]
    dropped = {name: _drop(model, name, parent, keep) for name in old}
    return {name: kept for name, kept in dropped.items() if kept is not None}


def _drop(model: Model, name: str, parent: str, keep: models.QuerySet) -> int | None:
    """None: another worker is at it, or was."""
    table, (wanted, params) = _table(model), keep.query.sql_with_params()
    with db.atomic():
        if not db.try_lock(f"partitions of {table}") or not _there(name):
            return None
        _run(
            f'CREATE TEMP TABLE kept_rows ON COMMIT DROP AS SELECT * FROM "{name}" WHERE "{parent}" IN ({wanted})',  # noqa: S608
            params,
        )
        _lock(model)
        _run(f'ALTER TABLE "{table}" DETACH PARTITION "{name}"')
        kept = _run(_copying(model, "kept_rows"))
        _run("DROP TABLE kept_rows")  # the next month may be in the same transaction
        _run(f'DROP TABLE "{name}"')
    return kept


def size(model: Model) -> int | None:
    """Bytes on disk with indexes, over all pieces; None on SQLite, which does not know."""
    if not db.is_postgresql():
        return None
    names = [_table(model), *(piece.name for piece in pieces(model))]
    return sum(_rows("SELECT pg_total_relation_size(to_regclass(%s))", [f'"{name}"'])[0][0] for name in names)


def _copying(model: Model, source: str) -> str:
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    return f'INSERT INTO "{_table(model)}" ({columns}) SELECT {columns} FROM "{source}"'  # noqa: S608


@contextlib.contextmanager
def _alone(model: Model) -> Iterator[None]:
    with db.atomic():
        _lock(model)
        yield


def _lock(model: Model) -> None:
    """The table and its parents for this transaction alone, parents first, as every writer takes them.

    The parents too: a foreign key that comes or goes changes the table that it refers to.
    """
    parents = getattr(model.Integrity, "tenant_parents", {}).values()  # type: ignore[attr-defined]
    tables = [apps.get_model(label)._meta.db_table for label in parents] + [_table(model)]
    _run(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    for table in tables:
        _run(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')


def _table(model: Model) -> str:
    return model._meta.db_table


def _first(model: Model, moment: datetime) -> str:
    key = model._meta.pk
    if not isinstance(key, ids.PublicIdField):
        raise TypeError(f"{_table(model)} has no ids that begin with the time")
    return ids.first_of(key.prefix, moment)


def _there(table: str) -> bool:
    return bool(_rows("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", [f'"{table}"']))


def _run(statement: str, params: Any = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount


def _rows(statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()
