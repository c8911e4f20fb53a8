"""`manage.py demo`: a believable month for the demo organisation, on every page of the dashboard."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit import clock
from sandbox import demo, month
from sandbox.month.cast import EVERYBODY

_BY = "ops:demo"


class Command(BaseCommand):
    help = "Play a month for the demo organisation. Once: a second run changes nothing, --again makes it anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", metavar="NAME", default=demo.NAME, help=f"default: {demo.NAME}")
        parser.add_argument("--again", action="store_true", help="erase the month that is there, and make it anew")
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same names and amounts")
        parser.add_argument("--debtors", type=int, default=EVERYBODY, help="at most so many in each campaign")

    def handle(self, *args: Any, **options: Any) -> None:
        name, at = options["organisation"].strip()[:120] or demo.NAME, clock.now()
        login = demo.ensure(name=name, by=_BY, at=at)
        with _quiet():
            self._run(name, login, options, at)
        self.stdout.write(f"Dashboard    {settings.PUBLIC_URL}/dashboard")
        self.stdout.write(f"Login        {login.email}  /  {login.password}")

    def _run(self, name: str, login: demo.Demo, options: dict[str, Any], at: datetime) -> None:
        if month.finished(login.organisation_id) and not options["again"]:
            there = month.standing(login.organisation_id)
            self.stdout.write(f"The month is there already, in {there.count()} campaigns; --again makes it anew.")
        else:
            # What an interrupted run left is in nobody's way.
            try:
                month.erase(login.organisation_id, by=_BY, at=at)
            except month.NotLandedError as why:
                raise CommandError(str(why)) from why
            self._make(name, options)

    def _make(self, name: str, options: dict[str, Any]) -> None:
        asked = {"seed": options["seed"], "most": options["debtors"]}
        try:
            made = month.make(name=name, **asked, progress=self._progress, by=_BY, at=clock.now())
        except month.NotMadeError as why:
            raise CommandError(str(why)) from why
        if sys.stderr.isatty():
            self.stderr.write("")
        for words in made.skipped:
            self.stderr.write(f"Did not come about: {words}")
        self.stdout.write(f"A month in {made.seconds:.0f} s.")

    def _progress(self, at: datetime) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{at:%a %d %b %Y} ", ending="")
            self.stderr.flush()


@contextmanager
def _quiet() -> Iterator[None]:
    """Two hundred requests of its own, and a broker that need not run, are nothing to read."""
    log = logging.getLogger("agentcollect")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No directory at")  # static files: nobody asks for any here
            yield
    finally:
        log.setLevel(before)
