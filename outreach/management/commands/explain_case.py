"""`manage.py explain_case cas_…`: why a debtor was or was not contacted, and when next, in plain words."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from outreach import queries


class Command(BaseCommand):
    help = "Say why a case's debtor was or was not contacted, and when next."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("case", metavar="cas_…")
        parser.add_argument("--decisions", type=int, default=10, help="how many decisions to show (10)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            words = queries.explained(options["case"], at=clock.now(), limit=options["decisions"])
        except ApiError as error:
            raise CommandError(error.message) from error
        self.stdout.write(words)
