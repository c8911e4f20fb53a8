"""What stands still with nobody knowing; exit code 1 if there is anything."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import timeline
from agentcollect.kit import clock
from outreach import queries


class Command(BaseCommand):
    help = "Show rows that have no next step and no reason. Exit code 1 if there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mode", choices=["live", "test"], help="one mode only")
        parser.add_argument("--clock", default="", help="a test clock's things, at the moment it shows")

    def handle(self, *, mode: str | None, **options: Any) -> None:
        clock_id = options["clock"]
        at = timeline.now(clock_id) if clock_id else clock.now()
        found = queries.stuck(at=at, livemode=None if mode is None else mode == "live", clock_id=clock_id)
        for one in found:
            self.stdout.write(f"{one.what:9} {one.id:27} {one.about:27} since {clock.iso(one.since)}  {one.words}")
        self.stdout.write(f"{len(found)} stuck." if found else "Nothing is stuck.")
        if found:
            sys.exit(1)
