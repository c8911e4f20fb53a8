"""Rows as a queue: who is due, fairly by owner, and how many rows are settled in one statement, in both dialects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, models
from django.db.models.expressions import RawSQL

from agentcollect.kit.db import is_postgresql


def parents_owing(model: type[models.Model], *, parent: str, state: str) -> list[str]:
    """Every `parent` id that has a row in `status` = `state`, by one index step each: rows are not walked.

    Needs a partial index on `state` that leads by `parent`.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{_owing_sql(model, parent, state)} SELECT parent FROM owing WHERE parent IS NOT NULL")  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def _owing_sql(model: type[models.Model], parent: str, state: str) -> str:
    table, column = model._meta.db_table, f'"{parent}"'
    least = f'SELECT min({column}) AS parent FROM "{table}" WHERE status = {literal(state).sql}'  # noqa: S608
    return (
        f"WITH RECURSIVE owing AS ({least} UNION ALL "  # noqa: S608
        f"SELECT ({least} AND {column} > owing.parent) FROM owing WHERE owing.parent IS NOT NULL)"
    )


def due_by_parent(
    model: type[models.Model],
    *,
    parent: str,
    owners: type[models.Model],
    state: str,
    at: datetime,
    room: dict[str, int],
    default_room: int,
    limit: int,
) -> list[str]:
    """Ids of due rows, oldest first: of each active owner at most its room, so none crowds out another.

    Due: `status` = `state`, `next_attempt_at` reached, not leased (`lease_until`). Owners count while their own
    `status` is active. The cost follows the number of owners that owe, not the length of their backlogs.
    """
    if not is_postgresql():
        return _due_on_sqlite(model, parent, owners, state, at, room, default_room, limit)
    table, own = model._meta.db_table, owners._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_owing_sql(model, parent, state)} "  # noqa: S608
            f"SELECT d.id FROM owing JOIN \"{own}\" o ON o.id = owing.parent AND o.status = 'active' "
            "LEFT JOIN unnest(%s::text[], %s::int[]) AS r(parent, room) ON r.parent = owing.parent "
            f'CROSS JOIN LATERAL (SELECT t.id, t.next_attempt_at FROM "{table}" t '
            f'WHERE t."{parent}" = owing.parent AND t.status = {literal(state).sql} AND t.next_attempt_at <= %s '
            "AND (t.lease_until IS NULL OR t.lease_until <= %s) "
            "ORDER BY t.next_attempt_at, t.id LIMIT COALESCE(r.room, %s)) d "
            "ORDER BY d.next_attempt_at, d.id LIMIT %s",
            [list(room), list(room.values()), at, at, default_room, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def _due_on_sqlite(
    model: type[models.Model],
    parent: str,
    owners: type[models.Model],
    state: str,
    at: datetime,
    room: dict[str, int],
    default_room: int,
    limit: int,
) -> list[str]:
    """SQLite has no LATERAL, and no journey to the server either: one small query for each owner."""
    owing = parents_owing(model, parent=parent, state=state)
    if not owing:
        return []
    moment = connection.ops.adapt_datetimefield_value(at)
    statement = (
        f'SELECT next_attempt_at, id FROM "{model._meta.db_table}" '  # noqa: S608
        f'WHERE "{parent}" = %s AND status = {literal(state).sql} AND next_attempt_at <= %s '
        "AND (lease_until IS NULL OR lease_until <= %s) ORDER BY next_attempt_at, id LIMIT %s"
    )
    found: list[tuple[str, str]] = []
    active = list(owners._default_manager.filter(id__in=owing, status="active").values_list("id", flat=True))
    with connection.cursor() as cursor:
        for owner in active:
            cursor.execute(statement, [owner, moment, moment, room.get(owner, default_room)])
            found += cursor.fetchall()
    return [row_id for _, row_id in sorted(found)[:limit]]


def unleased(at: datetime) -> models.Q:
    """No worker has the row in hand at `at`."""
    return models.Q(lease_until=None) | models.Q(lease_until__lte=at)


def literal(state: str) -> RawSQL:
    """`state` written into the statement: SQLite takes a partial index only for a constant, never for a parameter."""
    if not state.isidentifier():
        raise ValueError(f"{state} is no state")
    return RawSQL(f"'{state}'", ())  # noqa: S611  (an identifier, checked above)


def update_where(
    model: type[models.Model], *, match: Sequence[str], change: Sequence[str], rows: Sequence[Sequence[Any]]
) -> set[str]:
    """Give each row its own values, in one statement: a compare-and-set of many rows at once.

    A row of `rows` holds the values of the `match` columns (the primary key first), then those of `change`. Only
    table rows that still match are written; their primary keys are returned, so the caller sees who lost.
    """
    if not rows:
        return set()
    fields: list[Any] = [model._meta.get_field(name) for name in (*match, *change)]
    names = [f"column{place}" for place in range(1, len(fields) + 1)]  # what SQLite calls the columns of VALUES
    source, values = (_recordset if is_postgresql() else _values)(fields, names, rows)
    pairs = [(f'"{field.column}"', f"v.{name}") for field, name in zip(fields, names, strict=True)]
    same = " AND ".join(f"t.{column} = {value}" for column, value in pairs[: len(match)])
    sets = ", ".join(f"{column} = {value}" for column, value in pairs[len(match) :])
    key = f'{"t." if is_postgresql() else ""}"{fields[0].column}"'
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" AS t SET {sets} FROM {source} WHERE {same} RETURNING {key}',  # noqa: S608
            values,
        )
        return {row[0] for row in cursor.fetchall()}


def _recordset(fields: list[Any], names: list[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """All values as one JSON parameter: the driver would take longer over thousands of them than the server."""
    types = [field.db_type(connection).partition(" COLLATE")[0] for field in fields]
    # Text stays unmeasured: a cast to varchar(n) would cut silently what the column itself refuses.
    types = ["text" if kind.startswith(("varchar", "character varying")) else kind for kind in types]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
    records = [dict(zip(names, row, strict=True)) for row in rows]
    return f"json_to_recordset(%s::json) AS v({columns})", [orjson.dumps(records).decode()]


def _values(fields: list[Any], names: list[str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    marks = "(" + ", ".join(["%s"] * len(fields)) + ")"
    values = [
        field.get_db_prep_save(value, connection) for row in rows for field, value in zip(fields, row, strict=True)
    ]
    return f"(VALUES {', '.join([marks] * len(rows))}) AS v", values
