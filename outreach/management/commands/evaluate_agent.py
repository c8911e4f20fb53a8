"""`manage.py evaluate_agent`: the golden set through phrase lists and templates, or through the configured model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outreach import agent
from outreach.agent import Endpoint
from outreach.operations import evaluating

# Below these the command fails. A stop that is missed fails it always.
LEAST_RIGHT = 0.9
LEAST_PASSED = 1.0


class Command(BaseCommand):
    help = "Read and write the golden set, print what came of it, and fail where it is not good enough."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--model", metavar="NAME", help="this model at AGENT_BASE_URL; without it, lists and templates"
        )
        parser.add_argument("--configured", action="store_true", help="the model that AGENT_MODEL names")
        parser.add_argument("--only", choices=["interpret", "draft"], help="one half of the set")
        parser.add_argument("--cases", type=Path, metavar="FOLDER", help="another set, in the same form")

    def handle(self, *args: Any, **options: Any) -> None:
        where = self._where(options["model"], options["configured"])
        self.stdout.write(f"asked: {where.model if where else 'phrase lists and templates'}")
        good = True
        try:
            if options["only"] != "draft":
                good &= self._replies(options["cases"], where)
            if options["only"] != "interpret":
                good &= self._drafts(options["cases"], where)
        except FileNotFoundError as error:
            raise CommandError(f"no such set: {error.filename}") from error
        if not good:
            raise CommandError("not good enough")

    def _where(self, model: str | None, configured: bool) -> Endpoint | None:
        if not model and not configured:
            return None
        where = agent.endpoint()
        if where is None:
            raise CommandError("no model is configured: AGENT_BASE_URL and AGENT_MODEL")
        return replace(where, model=model) if model else where

    def _replies(self, folder: Path | None, where: Endpoint | None) -> bool:
        score = evaluating.evaluate_replies(folder=folder, where=where)
        self.stdout.write(f"\n{'label':24}{'right':>6}{'of':>6}")
        for label, asked in sorted(score.asked.items()):
            self.stdout.write(f"{label:24}{score.right[label]:>6}{asked:>6}")
        self.stdout.write(
            f"{'all':24}{sum(score.right.values()):>6}{sum(score.asked.values()):>6}  {score.accuracy:.1%}"
        )
        self.stdout.write(f"{'stops heard':24}{score.stops_heard:>6}{score.stops:>6}")
        self.stdout.write(f"cost: {score.cost_micros / 1_000_000:.4f} USD")
        for one, expected, found in score.wrong:
            self.stdout.write(f"  {one}: expected {expected}, read {found}")
        return score.stops_heard == score.stops and score.accuracy >= LEAST_RIGHT

    def _drafts(self, folder: Path | None, where: Endpoint | None) -> bool:
        written = evaluating.evaluate_drafts(folder=folder, where=where)
        self.stdout.write(f"\n{'messages':24}{'passed':>6}{'of':>6}")
        self.stdout.write(f"{'guards':24}{written.passed:>6}{written.asked:>6}")
        if where:
            self.stdout.write(f"{'written by the model':24}{written.by_model:>6}{written.asked:>6}")
            self.stdout.write(f"cost: {written.cost_micros / 1_000_000:.4f} USD")
        for one, reason in written.wrong:
            self.stdout.write(f"  {one}: {reason}")
        return written.passed >= LEAST_PASSED * written.asked
