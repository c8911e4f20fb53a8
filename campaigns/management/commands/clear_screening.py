"""`manage.py clear_screening dbt_… --reason "…" --by kim`: the debtor is not the one on the sanctions list."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit import clock
from campaigns import operations
from campaigns.models import Debtor


class Command(BaseCommand):
    help = "Release a debtor whose name met an entry of the sanctions list and who is somebody else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("debtor", metavar="dbt_…")
        parser.add_argument("--reason", required=True, help="how it was found out; kept with the hold")
        parser.add_argument("--by", required=True, help="who decided it")

    def handle(self, *args: Any, **options: Any) -> None:
        about = {"reason": options["reason"], "by": f"ops:{options['by']}"[:80], "at": clock.now()}
        try:
            row = operations.clear_screening(debtor_id=options["debtor"], **about)
        except Debtor.DoesNotExist as error:
            raise CommandError(f"There is no debtor {options['debtor'][:40]}.") from error
        self.stdout.write(f"{row.name}: released; the next list asks again")
