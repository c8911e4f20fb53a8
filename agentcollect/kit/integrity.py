"""Rules the database keeps by itself: append-only rows, and children that stay with their parent's tenant and mode.

A model declares them in `class Integrity`; PostgreSQL gets triggers and composite foreign keys, SQLite triggers. They
are laid again after every `migrate`, since SQLite drops a table's triggers when Django rebuilds the table
(docs/decisions/0003-rules-the-database-keeps.md).
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection, models

from agentcollect.kit.db import is_postgresql


def declared() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model, "Integrity")]


def install() -> None:
    """(Re-)install append-only triggers and tenant keys for every model that declares an `Integrity` class."""
    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def statements() -> Iterator[str]:
    """Every statement of `install`, each safe to repeat."""
    for model in declared():
        table, rules = model._meta.db_table, model.Integrity  # type: ignore[attr-defined]
        if getattr(rules, "append_only", False):
            yield from _append_only_sql(table, getattr(rules, "test_rows_deletable", True))
        for column, parent in getattr(rules, "tenant_parents", {}).items():
            yield from _tenant_sql(table, column, _parent_table(parent))


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


def _append_only_sql(table: str, test_rows_deletable: bool) -> Iterator[str]:
    """No UPDATE ever; DELETE only of test-mode rows (a sandbox reset)."""
    deletable = "OLD.livemode = false" if test_rows_deletable else "false"
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
    for verb, when in (("update", "1"), ("delete", f"NOT ({deletable.replace('false', '0')})")):
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
