"""Rules the database keeps by itself: append-only rows, and children that stay with their parent's tenant and mode.

A model declares them in `class Integrity`; PostgreSQL gets triggers and composite foreign keys, SQLite triggers. They
are laid again after every `migrate`, since SQLite drops a table's triggers when Django rebuilds the table
(docs/decisions/0003-rules-the-database-keeps.md).

`append_only` rows are never changed, and deleted only in test mode; where the model is `prunable` too, also inside
`pruning`, which opens the rows from before a moment to the transaction that asks. `found_by_parts` (column → name
of the index) is no rule but an index that Django has no word for.
"""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models

from agentcollect.kit import ids
from agentcollect.kit.db import atomic, is_postgresql


def declared() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model, "Integrity")]


def install() -> None:
    """(Re-)install append-only triggers and tenant keys for every model that declares an `Integrity` class."""
    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)
    for model in declared():
        for column, index in getattr(model.Integrity, "found_by_parts", {}).items():  # type: ignore[attr-defined]
            _find_parts_fast(model._meta.db_table, column, index)


def _find_parts_fast(table: str, column: str, index: str) -> None:
    """Trigrams find any part of a text by index, on PostgreSQL. Where the extension cannot be had, rows are read."""
    if not is_postgresql():
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = %s", [index])
        if cursor.fetchone() or not _has_trigrams(cursor):
            return
        found = f'"{table}" USING gin ("{column}" gin_trgm_ops) WHERE "{column}"'
        cursor.execute(f"""CREATE INDEX "{index}" ON {found} <> ''""")


def _has_trigrams(cursor: Any) -> bool:
    cursor.execute("SELECT installed_version FROM pg_available_extensions WHERE name = 'pg_trgm'")
    known = cursor.fetchone()
    if known is None or known[0] is not None:
        return known is not None
    cursor.execute(
        "SELECT rolsuper OR has_database_privilege(current_database(), 'CREATE') FROM pg_roles "
        "WHERE rolname = current_user"
    )
    if not cursor.fetchone()[0]:
        return False
    cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    return True


def statements() -> Iterator[str]:
    """Every statement of `install`, each safe to repeat."""
    if not is_postgresql():
        yield from _PRUNING_ON_SQLITE
    for model in declared():
        yield from statements_of(model)


def statements_of(model: type[models.Model]) -> Iterator[str]:
    """Those of one model that declares an `Integrity` class."""
    table, rules = model._meta.db_table, model.Integrity  # type: ignore[attr-defined]
    if getattr(rules, "append_only", False):
        yield from _append_only_sql(table, _deletable(rules))
    for column, parent in getattr(rules, "tenant_parents", {}).items():
        yield from _tenant_sql(table, column, _parent_table(parent))


@contextlib.contextmanager
def pruning(before: datetime) -> Iterator[None]:
    """A transaction that may delete rows of `prunable` models whose ids were drawn before `before`, and no others.

    PostgreSQL keeps the moment in a setting that ends with the transaction; SQLite in a row that nobody else sees,
    since it has one writer and this one takes it back. A crash in between leaves nothing open.
    """
    with atomic():
        _open(ids.first_of("", before).removeprefix("_"))
        yield
        _open("")


def _open(stamp: str) -> None:
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute("SELECT set_config('agentcollect.pruning', %s, true)", [stamp])
        else:
            cursor.execute("UPDATE ac_pruning SET before = %s", [stamp])


_PRUNING_ON_SQLITE = (
    "CREATE TABLE IF NOT EXISTS ac_pruning (only INTEGER PRIMARY KEY CHECK (only = 1), before TEXT NOT NULL)",
    "INSERT OR IGNORE INTO ac_pruning (only, before) VALUES (1, '')",
)


def _parent_table(label: str) -> str:
    return apps.get_model(label)._meta.db_table


def missing() -> list[str]:
    """Names of the triggers and keys that should stand and do not; empty when all is well (`/readyz` asks)."""
    expected = set()
    for model in declared():
        table, rules = model._meta.db_table, model.Integrity  # type: ignore[attr-defined]
        if getattr(rules, "append_only", False):
            expected |= {f"{table}_no_update", f"{table}_no_delete"}
        expected |= {name for column in getattr(rules, "tenant_parents", {}) for name in _tenant_names(table, column)}
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute("SELECT tgname FROM pg_trigger UNION SELECT conname FROM pg_constraint")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return sorted(expected - {row[0] for row in cursor.fetchall()})


def _deletable(rules: type) -> str:
    """The condition under which a row of this table may be deleted."""
    false, place = ("false", "strpos") if is_postgresql() else ("0", "instr")
    ways = [f"OLD.livemode = {false}"] if getattr(rules, "test_rows_deletable", True) else []
    if getattr(rules, "prunable", False):
        drawn = f"substr(OLD.id, {place}(OLD.id, '_') + 1, {ids.TIME_LENGTH})"
        if is_postgresql():
            # Never set: NULL. Set by an earlier transaction of this session: empty, which no id is smaller than.
            ways.append(
                f"{drawn} COLLATE \"C\" < coalesce(current_setting('agentcollect.pruning', true), '') COLLATE \"C\""
            )
        else:
            ways.append(f"{drawn} < (SELECT coalesce(max(before), '') FROM ac_pruning)")  # noqa: S608
    return " OR ".join(ways) or false


def _append_only_sql(table: str, deletable: str) -> Iterator[str]:
    """No UPDATE ever; DELETE only where `deletable` holds (a sandbox reset, pruning)."""
    if is_postgresql():
        yield (
            "CREATE OR REPLACE FUNCTION ac_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'append-only: % on %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
        )
        yield f'DROP TRIGGER IF EXISTS "{table}_no_update" ON "{table}"'
        yield (
            f'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" FOR EACH ROW '
            "EXECUTE FUNCTION ac_append_only()"
        )
        yield f'DROP TRIGGER IF EXISTS "{table}_no_delete" ON "{table}"'
        yield (
            f'CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}" FOR EACH ROW '
            f"WHEN (NOT ({deletable})) EXECUTE FUNCTION ac_append_only()"
        )
        return
    for verb, when in (("update", "1"), ("delete", f"NOT ({deletable})")):
        yield f'DROP TRIGGER IF EXISTS "{table}_no_{verb}"'
        yield (
            f'CREATE TRIGGER "{table}_no_{verb}" BEFORE {verb.upper()} ON "{table}" WHEN {when} '
            f"BEGIN SELECT RAISE(ABORT, 'append-only: {verb} on {table}'); END"
        )


def _tenant_names(table: str, column: str) -> list[str]:
    base = f"{table}_{column}_tenant"[:55]
    return [base] if is_postgresql() else [f"{base}_ins", f"{base}_upd"]


def _tenant_sql(table: str, column: str, parent: str) -> Iterator[str]:
    """A child refers to (id, organisation, livemode) of its parent: no row can cross a tenant or a mode."""
    names = _tenant_names(table, column)
    if is_postgresql():
        unique = f"{parent}_tenant_key"[:60]
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{unique}') THEN "  # noqa: S608
            f'ALTER TABLE "{parent}" ADD CONSTRAINT "{unique}" UNIQUE (id, organisation_id, livemode); END IF; END $$'
        )
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{names[0]}') THEN "  # noqa: S608
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{names[0]}" FOREIGN KEY ("{column}", organisation_id, livemode) '
            f'REFERENCES "{parent}" (id, organisation_id, livemode); END IF; END $$'
        )
        return
    for name, verb in zip(names, ("INSERT", f'UPDATE OF "{column}", organisation_id, livemode'), strict=True):
        yield f'DROP TRIGGER IF EXISTS "{name}"'
        yield (
            f'CREATE TRIGGER "{name}" BEFORE {verb} ON "{table}" WHEN NEW."{column}" IS NOT NULL AND NOT EXISTS '  # noqa: S608
            f'(SELECT 1 FROM "{parent}" p WHERE p.id = NEW."{column}" AND p.organisation_id = NEW.organisation_id '
            f"AND p.livemode = NEW.livemode) BEGIN SELECT RAISE(ABORT, 'tenant mismatch: {table}.{column}'); END"
        )
