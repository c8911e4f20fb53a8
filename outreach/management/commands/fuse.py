"""The contact fuse: what it sees, and starting again after it has blown."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit import clock
from outreach import operations
from outreach.models import FuseTrip


class Command(BaseCommand):
    help = "show: what left in the last hour, and whether the fuse has blown; restart: go on after it has."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["show", "restart"])
        parser.add_argument("--mode", choices=["live", "test"], default="live")

    def handle(self, *, act: str, mode: str, **options: Any) -> None:
        at, livemode = clock.now(), mode == "live"
        if act == "restart":
            trip = operations.fuse.restart(livemode=livemode, by=f"ops:{getpass.getuser()}"[:80], at=at)
            if trip is None:
                raise CommandError(f"The fuse of {mode} mode has not blown.")
            self.stdout.write(f"{mode} mode goes on; what is due is spread over ten minutes.")
            return
        seen = operations.fuse.count(livemode=livemode, since=at - operations.fuse.WINDOW, at=at)
        blown = FuseTrip.objects.filter(livemode=livemode, restarted_at=None).first()
        words = f"{seen.handed_over} left within an hour; {seen.planned} were planned, {seen.allowed} are allowed."
        self.stdout.write(words)
        self.stdout.write(
            f"Blown since {clock.iso(blown.tripped_at)}: {blown.reason}" if blown else "It has not blown."
        )
