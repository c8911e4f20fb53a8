"""`migrate`, then the rules that live in triggers and composite keys, then ANALYZE.

SQLite drops a table's triggers when Django rebuilds the table, so they are laid again after every migration.
"""

from typing import Any

from django.core.management.commands.migrate import Command as Migrate
from django.db import connection

from agentcollect.kit import integrity


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options.get("plan") or options.get("check_unapplied"):
            return
        integrity.install()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
