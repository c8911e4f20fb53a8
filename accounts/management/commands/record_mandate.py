"""`manage.py record_mandate org_… --signed-by "Kim Lee, CFO" (--first-party | --collector col_…)`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import operations
from accounts.models import Collector, Organisation
from agentcollect.kit import clock


class Command(BaseCommand):
    help = "Record who signed the creditor's mandate, and who contacts its debtors: without both nothing goes out live."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", metavar="org_…")
        parser.add_argument("--signed-by", required=True, help="the person of the creditor who signed")
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--first-party", action="store_true", help="the creditor contacts its debtors itself")
        who.add_argument("--collector", metavar="col_…", help="a collector of record, entered in the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        about = {"organisation_id": options["organisation"], "by": "ops:record_mandate", "at": clock.now()}
        try:
            operations.set_collector(collector_id=options["collector"], **about)
            row = operations.sign_mandate(signed_by=options["signed_by"], **about)
        except (Organisation.DoesNotExist, Collector.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{row.name}: signed by {row.mandate_signed_by}; contacts are made by {self._who(row)}")

    def _who(self, row: Organisation) -> str:
        return "the creditor itself" if row.first_party else str(row.collector)
