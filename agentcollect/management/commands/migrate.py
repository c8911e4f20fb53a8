"""`migrate`, then the rules that live in triggers and composite keys, then ANALYZE.

SQLite drops a table's triggers when Django rebuilds the table, so they are laid again after every migration.

An empty database needs none of the steps that brought older ones here: its tables are made as the models have them now,
and the migrations are written down as applied. Ten seconds become one, at every first start and every test run
(docs/decisions/0013-an-empty-database-is-laid-at-once.md); `--by-steps` goes the long way, and a test compares both.
"""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from agentcollect.kit import integrity
from agentcollect.kit.indexes import PostgresIndex


class Command(Migrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--by-steps", action="store_true", help="Apply every migration, on an empty database too.")

    def handle(self, *args: Any, **options: Any) -> None:
        if self._lays_at_once(options):
            self._lay_at_once(*args, **options)
        else:
            super().handle(*args, **options)
        if options.get("plan") or options.get("check_unapplied"):
            return
        integrity.install()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _lays_at_once(self, options: dict[str, Any]) -> bool:
        asks_for_less = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "prune", "by_steps")
        return not any(options.get(name) for name in asks_for_less) and not connection.introspection.table_names()

    def _lay_at_once(self, *args: Any, **options: Any) -> None:
        """All or nothing on PostgreSQL; a half of it on SQLite is no empty database, and migrates by steps, loudly."""
        given = settings.MIGRATION_MODULES
        settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
        try:
            # Aloud, Django would go on to compare the models with migrations that it sees none of.
            super().handle(*args, **{**options, "run_syncdb": True, "verbosity": 0})
        finally:
            settings.MIGRATION_MODULES = given
        if options["verbosity"]:
            self.stdout.write("An empty database: every table is laid as the models have it.")
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        migrations = MigrationLoader(connection).disk_migrations
        recorder.migration_qs.bulk_create(recorder.Migration(app=app, name=name) for app, name in sorted(migrations))
        for (app, _), migration in sorted(migrations.items()):
            for operation in migration.operations:
                if isinstance(operation, PostgresIndex):
                    with connection.schema_editor() as editor:
                        operation.database_forwards(app, editor, None, None)
