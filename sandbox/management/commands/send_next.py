"""`manage.py send_next cmp_…`: send the next planned message of a test campaign or case now, in story time."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit.errors import ApiError
from sandbox import operations


class Command(BaseCommand):
    help = "Send the next planned message of a test campaign (cmp_…) or case (cas_…) without waiting for its day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", help="cmp_… or cas_…")

    def handle(self, *args: Any, **options: Any) -> None:
        name = "campaign_id" if options["id"].startswith("cmp_") else "case_id"
        try:
            step = operations.run_next_step(by="ops:send_next", **{name: options["id"]})
        except ApiError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{step.intent}: {step.status}{f' ({step.reason})' if step.reason else ''}")
