"""Keep the attempt log in monthly partitions (PostgreSQL); see docs/operations.md, "Attempts by month"."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from agentcollect.kit import clock, db, partitions
from webhooks import operations
from webhooks.models import Attempt

BUSY = "The tables were not free within 2 seconds. Nothing was changed; run it again."


class Command(BaseCommand):
    help = "Attempts by month: convert the table, make months ahead and drop old ones, or show what there is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["convert", "keep", "show"])

    def handle(self, *, act: str, **options: Any) -> None:
        if not db.is_postgresql():
            raise CommandError("SQLite has no partitions. webhooks.prune deletes old attempts there.")
        if act == "convert" and partitions.is_partitioned(Attempt):
            raise CommandError("Attempts are in partitions already.")
        if act != "convert" and not partitions.is_partitioned(Attempt):
            raise CommandError("Attempts are one table. Run: manage.py partition_attempts convert")
        try:
            getattr(self, act)()
        except OperationalError as error:
            raise CommandError(f"{BUSY} ({error})") from error

    def convert(self) -> None:
        self.stdout.write(f"All rows so far: {partitions.convert(Attempt, at=clock.now())}")
        self.show()

    def keep(self) -> None:
        for name, kept in operations.drop_months(at=clock.now()).items():
            self.stdout.write(f"dropped {name}; {kept} attempts of unresolved deliveries kept")
        self.show()

    def show(self) -> None:
        for piece in partitions.pieces(Attempt):
            self.stdout.write(f"{piece.name}  {f'below {piece.until}' if piece.until else 'everything else'}")
