"""`manage.py openapi`: write the OpenAPI document; with --check, say whether the written one still fits the code."""

from argparse import ArgumentParser
from difflib import unified_diff
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agentcollect import openapi


class Command(BaseCommand):
    help = "Writes agentcollect/openapi.json from the code; --check fails when it has drifted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        drawn = openapi.build()
        if not check:
            openapi.PATH.write_text(drawn)
            print(f"wrote {openapi.PATH.name}")
            return
        written = openapi.PATH.read_text() if openapi.PATH.exists() else ""
        if drawn != written:
            difference = unified_diff(written.splitlines(), drawn.splitlines(), "committed", "code", lineterm="")
            print("\n".join(islice(difference, 40)))
            raise CommandError("agentcollect/openapi.json has drifted: run `manage.py openapi` and commit it.")
