"""Replies as debtors write them, good and hostile, with what must come of each: `tests/data/golden`, `…/injection`."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"
# What the sets are read against: a Tuesday, and the open balance of the product page's invoice.
TODAY = date(2026, 3, 17)
BALANCE, CURRENCY = 1_500_000, "USD"
SENDER = "ap@acmecorp.com"


@cache
def golden() -> tuple[dict[str, Any], ...]:
    """Replies with `labels` (any is right) and, where given, `amount` (minor), `on`, `contact`, `agrees`."""
    return _cases("golden/replies.json")


@cache
def drafts() -> tuple[dict[str, Any], ...]:
    """Messages to write: `intent`, `language`, `tone`."""
    return _cases("golden/drafts.json")


@cache
def injections() -> tuple[dict[str, Any], ...]:
    """Hostile replies: `kind`, `subject`, `text`, `labels`, `stop` (never missed), `no_promise`, `agrees`."""
    return _cases("injection/replies.json")


@cache
def unseen_stops(number: str = "") -> tuple[str, ...]:
    """Stops that the phrase lists were never tuned on; adding one of their phrases to a list ends what this shows.

    "_2" was, by kinds of words (its file tells what it showed before), "_3" was written after that.
    """
    return tuple(json.loads((DATA / f"golden/unseen_stops{number}.json").read_text(encoding="utf-8"))["texts"])


def _cases(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((DATA / name).read_text(encoding="utf-8"))["cases"])
