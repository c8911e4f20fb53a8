"""`manage.py sample_bank_statement org_… > statement.xml`: pretended transfers for what is open in test mode."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organisation
from agentcollect.kit import clock
from payments import operations


class Command(BaseCommand):
    help = "Write a camt.053 of pretended transfers for an organisation's open invoices of test mode."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", metavar="org_…")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Organisation.objects.filter(id=options["organisation"]).exists():
            raise CommandError(f"There is no organisation {options['organisation']}.")
        made = operations.sample_statement(organisation_id=options["organisation"], at=clock.now())
        self.stdout.write(made.decode(), ending="")
