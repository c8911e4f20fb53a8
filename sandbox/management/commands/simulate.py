"""`manage.py simulate --debtors 500 --months 12 --seed 7`: a portfolio through the engine, and what came of it."""

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect import embedded
from agentcollect.kit import clock
from sandbox.simulation import Order, Stopped, simulate
from sandbox.simulation.mixes import MIXES
from sandbox.simulation.portfolio import START

_BAR = 40


class Command(BaseCommand):
    help = "Run a simulated portfolio on a test clock, and write report.html and report.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--debtors", type=int, default=500)
        parser.add_argument("--months", type=int, default=12, help="1 to 24")
        parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same report")
        parser.add_argument("--mix", choices=sorted(MIXES), default="default")
        parser.add_argument(
            "--start", default=clock.iso(START), help=f"when the story begins; default {clock.iso(START)}"
        )
        parser.add_argument("--out", type=Path, help="the report's folder; default var/simulations/<name>")
        parser.add_argument("--erase", action="store_true", help="delete the clock and everything on it afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        order = _order(options)
        folder = options["out"] or embedded.ensure_var() / "simulations" / order.name
        bar = Bar(order, self.stderr)
        asked = {"folder": folder, "erase": options["erase"], "progress": bar}
        try:
            done = simulate(order, **asked, by="ops:simulate", wall=clock.now())
        except Stopped as why:
            raise CommandError(str(why)) from None
        bar.end()
        self.stdout.write(f"Report       {done.page}\n             {done.data}")
        self.stdout.write(f"Took         {done.seconds:.1f} s for {done.acts:,} acts, {done.memory_mb:.0f} MB at most")
        if not options["erase"]:
            self.stdout.write(f"Kept         organisation {done.organisation_id}, clock {done.clock_id}")
            self.stdout.write(f"Dashboard    {done.login}")


def _order(options: dict[str, Any]) -> Order:
    try:
        start = datetime.fromisoformat(options["start"])
    except ValueError:
        raise CommandError("--start is a moment such as 2026-03-02T14:00:00Z.") from None
    if start.tzinfo is None:
        raise CommandError("--start needs its zone: end it with Z.")
    if not 1 <= options["months"] <= 24 or options["debtors"] < 1:
        raise CommandError("--months is 1 to 24, --debtors at least 1.")
    named = {name: options[name] for name in ("debtors", "months", "seed", "mix")}
    return Order(start=start, **named)


class Bar:
    """How far the story has come, on one line of a terminal; a line a month elsewhere."""

    def __init__(self, order: Order, out: Any) -> None:
        self.order, self.out, self.began, self.last = order, out, time.monotonic(), ""

    def __call__(self, at: datetime, acts: int) -> None:
        whole = timedelta(days=self.order.months * 30.5)
        part = min(max((at - self.order.start) / whole, 0), 1)
        seconds = time.monotonic() - self.began
        if sys.stderr.isatty():
            drawn = "█" * round(part * _BAR)
            self.out.write(f"\r{drawn:░<{_BAR}} {at:%d %b %Y}  {acts:,} acts  {seconds:.0f} s ", ending="")
            self.out.flush()
        elif self.last != f"{at:%Y-%m}":
            self.last = f"{at:%Y-%m}"
            self.out.write(f"{at:%d %b %Y}  {acts:,} acts  {seconds:.0f} s")

    def end(self) -> None:
        if sys.stderr.isatty():
            self.out.write("")
