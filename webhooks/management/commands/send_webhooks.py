"""Run a webhook sender in the foreground, without Celery."""

import asyncio
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from webhooks.sender import Sender


class Command(BaseCommand):
    help = "Send webhooks until stopped, or until nothing is due (--until-idle)."
    requires_system_checks: list[str] = []  # it serves no pages: a fault in a view must not keep webhooks back

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--until-idle", action="store_true", help="stop when nothing is due and nothing is out")

    def handle(self, *, until_idle: bool, **options: Any) -> None:
        began = time.perf_counter()
        made = asyncio.run(_send(until_idle))
        self.stdout.write(f"{made} attempts in {time.perf_counter() - began:.2f} s")


async def _send(until_idle: bool) -> int:
    sender = Sender()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, sender.stop)
    await sender.run(until_idle=until_idle)
    return sender.delivered
