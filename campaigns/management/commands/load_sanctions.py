"""`manage.py load_sanctions FILE.csv`: put a sanctions list in force; a worker screens live debtors against it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit import clock
from campaigns import operations


class Command(BaseCommand):
    help = "Load a sanctions list (CSV with a header and a column `name`); the youngest list is in force."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument("--source", default="", help="where it is from; the file's name unless told")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                source = options["source"] or path.name
                made = operations.load_sanctions(lines=lines, source=source, by="ops:load_sanctions", at=clock.now())
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.id}: {made.entries} names from {made.source} are in force")
