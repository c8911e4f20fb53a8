"""How the terminal sees an answer: a table for people, a JSON line each for programs."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from agentcollect import _core


def line(item: Any) -> None:
    """One JSON line."""
    click.echo(_core.encode(item).decode())


def table(items: Iterable[Mapping[str, Any]], columns: list[str], *, as_json: bool) -> None:
    """`items` as they come (JSON), or in columns as wide as they need."""
    if as_json:
        for item in items:
            line(item)
        return
    rows = [[_cell(item.get(name)) for name in columns] for item in items]
    if not rows:
        click.echo("Nothing here yet.")
        return
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [[name.replace("_", " ").upper() for name in columns], *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def facts(item: Mapping[str, Any], names: list[str], *, as_json: bool) -> None:
    """One object: a line for each of its named facts."""
    if as_json:
        line(item)
        return
    width = max(map(len, names))
    for name in names:
        if item.get(name) is not None:
            click.echo(f"{name.replace('_', ' ').ljust(width)}  {_cell(item[name])}")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list | dict):
        return _core.encode(value).decode()
    # A debtor's name must not move the cursor or colour the screen.
    return "".join(char if char.isprintable() else " " for char in str(value))
