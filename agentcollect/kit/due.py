"""Rows as a queue: who is due, fairly by owner, and how many rows are settled in one statement, in both dialects."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

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


# No worker takes a row for longer. A lease that ends later still was written by a clock that has been put back since.
LONGEST_LEASE = timedelta(minutes=10)


class Brake(NamedTuple):
    """A table with at most one row for each owner: moments before which nothing of the owner is due.

    `moments`: column → the furthest ahead that it is ever set. One that lies further ahead was written by a clock that
    has been put back since, and holds nothing up.
    """

    model: type[models.Model]
    owner: str
    moments: Mapping[str, timedelta]

    def condition(self, at: datetime) -> tuple[str, list[Any]]:
        """SQL on owner `o` that none of the moments lies ahead, and its parameters."""
        now = _moment(at)
        ahead = [(f'(h."{name}" > %s AND h."{name}" <= %s)', _moment(at + most)) for name, most in self.moments.items()]
        table, words = self.model._meta.db_table, " OR ".join(words for words, _ in ahead)
        sql = f'NOT EXISTS (SELECT 1 FROM "{table}" h WHERE h."{self.owner}" = o.id AND ({words}))'  # noqa: S608
        return sql, [value for _, furthest in ahead for value in (now, furthest)]


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
    owned: str = "o.status = 'active'",
    kept: str = "TRUE",
    brake: Brake | None = None,
    holding: Collection[str] | None = None,
) -> list[str]:
    """Ids of due rows: of each owner its oldest, at most its room; everybody's oldest first, then everybody's second.

    So a `limit` that is too small for all is shared by turns, and no owner's backlog stands before another's one row.
    Due: `status` = `state`, `next_attempt_at` reached, not leased (`lease_until`), not held back by `brake`.
    `owned` is an SQL condition on the owner `o`; one that names no status means active owners only. `kept` is one on
    owner `o` and found row `t`, asked last: what it leaves out still takes room. Both are literals, never a user's
    text. With `holding` (the owners of which the caller has rows in hand) the room is that of all workers together:
    what anybody has leased of an owner's oldest rows takes room. Who has none in hand may take one all the same, so
    that a dead worker's leases slow an owner down and never stop it. The cost follows the number of owners that owe,
    not the length of their backlogs.
    """
    if "o.status" not in owned:
        owned = f"o.status = 'active' AND ({owned or 'TRUE'})"
    free, held = brake.condition(at) if brake else ("TRUE", [])
    ask = _due_on_postgresql if is_postgresql() else _due_on_sqlite
    asked = _Asked(model, parent, owners, state, at, room, default_room, limit, f"{owned} AND {free}", kept, held)
    return list(dict.fromkeys(ask(asked, holding)))


class _Asked(NamedTuple):
    """The arguments of `due_by_parent`, for either dialect; `held` are the parameters that `owned` has."""

    model: type[models.Model]
    parent: str
    owners: type[models.Model]
    state: str
    at: datetime
    room: dict[str, int]
    default_room: int
    limit: int
    owned: str
    kept: str
    held: list[Any]

    def named(self) -> str:
        """`owned` with named parameters, held0, held1, … in their order."""
        pieces = self.owned.split("%s")
        return "".join(f"{piece}%(held{place})s" for place, piece in enumerate(pieces[:-1])) + pieces[-1]


_FREE = "(t.lease_until IS NULL OR t.lease_until <= {now} OR t.lease_until > {furthest})"


def _due_on_postgresql(to: _Asked, holding: Collection[str] | None) -> list[str]:
    own, free = to.owners._meta.db_table, _FREE.format(now="%(now)s", furthest="%(furthest)s")
    rows = (
        f'SELECT t.id, t.next_attempt_at, {to.kept} AS fits, {{free}} AS free FROM "{to.model._meta.db_table}" t '  # noqa: S608
        f'WHERE t."{to.parent}" = owing.parent AND t.status = {literal(to.state).sql} AND t.next_attempt_at <= %(now)s '
    )
    oldest, room = "ORDER BY t.next_attempt_at, t.id LIMIT", "COALESCE(r.room, %(default_room)s)"
    if holding is None:
        found = f"{rows.format(free='TRUE')} AND {free} {oldest} {room}"
    else:  # the second may find what the first has found: callers take each id once
        one = f"{rows.format(free='TRUE')} AND {free} AND NOT COALESCE(r.holding, FALSE) {oldest} 1"
        found = f"({rows.format(free=free)} {oldest} {room}) UNION ALL ({one})"
    names = list({*to.room, *(holding or ())})
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_owing_sql(to.model, to.parent, to.state)} "  # noqa: S608
            f'SELECT d.id FROM owing JOIN "{own}" o ON o.id = owing.parent AND {to.named()} '
            "LEFT JOIN unnest(%(names)s::text[], %(rooms)s::int[], %(holding)s::bool[]) AS r(parent, room, holding) "
            "ON r.parent = owing.parent "
            "CROSS JOIN LATERAL (SELECT f.*, row_number() OVER (ORDER BY f.next_attempt_at, f.id) AS turn "
            f"FROM ({found}) f WHERE f.free) d "
            "WHERE d.fits ORDER BY d.turn, d.next_attempt_at, d.id LIMIT %(limit)s",
            {
                "names": names,
                "rooms": [to.room.get(name) for name in names],
                "holding": [name in (holding or ()) for name in names],
                "now": to.at,
                "furthest": to.at + LONGEST_LEASE,
                "default_room": to.default_room,
                "limit": to.limit,
                **{f"held{place}": value for place, value in enumerate(to.held)},
            },
        )
        return [row[0] for row in cursor.fetchall()]


def _due_on_sqlite(to: _Asked, holding: Collection[str] | None) -> list[str]:
    """SQLite has no LATERAL, and no journey to the server either: one or two small queries for each owner."""
    owing = parents_owing(to.model, parent=to.parent, state=to.state)
    if not owing:
        return []
    table, own = to.model._meta.db_table, to.owners._meta.db_table
    free = _FREE.format(now="%s", furthest="%s")
    statement = (
        f'SELECT t.next_attempt_at, t.id, {to.kept}, {free} AS free FROM "{table}" t JOIN "{own}" o '  # noqa: S608
        f'ON o.id = t."{to.parent}" WHERE t."{to.parent}" = %s AND t.status = {literal(to.state).sql} '
        f"AND t.next_attempt_at <= %s AND (%s OR {free}) ORDER BY t.next_attempt_at, t.id LIMIT %s"
    )
    moment, lease = _moment(to.at), [_moment(to.at), _moment(to.at + LONGEST_LEASE)]
    found: list[tuple[int, str, str]] = []
    with connection.cursor() as cursor:
        names = "SELECT value FROM json_each(%s)"
        cursor.execute(f'SELECT o.id FROM "{own}" o WHERE {to.owned} AND o.id IN ({names})', [*to.held, _list(owing)])  # noqa: S608
        for (owner,) in cursor.fetchall():
            asked = [(holding is not None, to.room.get(owner, to.default_room))]
            asked += [(False, 1)] if holding is not None and owner not in holding else []
            for leased_too, most in asked:
                cursor.execute(statement, [*lease, owner, moment, leased_too, *lease, most])
                rows = [row for row in cursor.fetchall() if row[3]]
                found += [(turn, when, name) for turn, (when, name, fits, _) in enumerate(rows) if fits]
    return list(dict.fromkeys(name for _, _, name in sorted(found)))[: to.limit]


def _moment(at: datetime) -> Any:
    return at if is_postgresql() else connection.ops.adapt_datetimefield_value(at)


def _list(texts: Sequence[str]) -> str:
    return orjson.dumps(texts).decode()


def unleased(at: datetime) -> models.Q:
    """No worker has the row in hand at `at`."""
    return models.Q(lease_until=None) | models.Q(lease_until__lte=at) | models.Q(lease_until__gt=at + LONGEST_LEASE)


def literal(state: str) -> RawSQL:
    """`state` written into the statement: SQLite takes a partial index only for a constant, never for a parameter."""
    if not state.isidentifier():
        raise ValueError(f"{state} is no state")
    return RawSQL(f"'{state}'", ())  # noqa: S611  (an identifier, checked above)


def on_a_clock() -> models.Q:
    """The row is on some test clock: written out, so that SQLite too takes the partial indexes of such rows."""
    return not_empty("clock_id")


def not_empty(column: str) -> models.Q:
    """The text in `column` is not empty, written out for the same reason."""
    return ~models.Q(**{column: RawSQL("''", ())})


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
