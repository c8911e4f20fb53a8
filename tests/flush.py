"""Between transactional tests only the tables that the test filled are emptied.

Django empties every table and writes content types and permissions anew: a third of a second on PostgreSQL, 0.15 on
SQLite, after each of some hundred tests that fill ten tables of a hundred.
"""

import functools

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

# Laid with the tables, and the same for good.
_KEPT = {model._meta.db_table for model in (ContentType, Permission)}
_flush_everything = TransactionTestCase._fixture_teardown


def install() -> None:
    """From now on transactional tests end like this."""
    TransactionTestCase._fixture_teardown = _flush_filled


def _flush_filled(case: TransactionTestCase) -> None:
    used = [connections[name] for name in case._databases_names(include_mirrors=False)]
    if not all(map(_may_pass_triggers, used)):
        return _flush_everything(case)
    for connection in used:
        with connection.constraint_checks_disabled(), transaction.atomic(connection.alias):  # noqa: TID251
            empty(connection, filled(connection))


def _may_pass_triggers(connection: BaseDatabaseWrapper) -> bool:
    """Append-only tables refuse a DELETE: on PostgreSQL only a superuser gets past their triggers."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser')")
        return bool(cursor.fetchone()[0] == "on")


def filled(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables with any row in them."""
    with connection.cursor() as cursor:
        cursor.execute(_which_filled())
        return [name for (name,) in cursor.fetchall()]


@functools.cache
def _which_filled() -> str:
    """One statement over all tables of ours; their partitions are theirs."""
    tables = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    } - _KEPT
    return " UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (SELECT 1 FROM \"{one}\")" for one in sorted(tables))


def empty(connection: BaseDatabaseWrapper, tables: list[str]) -> None:
    """Every row of these tables, past triggers and keys; inside a transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return _without_triggers(cursor, tables)
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            cursor.execute(f'DELETE FROM "{table}"')


def _without_triggers(cursor, tables: list[str]) -> None:  # type: ignore[no-untyped-def]
    for table in tables:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s AND name LIKE '%%_no_delete'",
            [table],
        )
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute(f'DELETE FROM "{table}"')
        for _, definition in triggers:
            cursor.execute(definition, None)
