"""What the supervisor tells the person at the terminal: plain lines, never a traceback."""

import sys
from collections import deque
from pathlib import Path


class Stop(Exception):
    """An end that a person can act on; its text is the one line they see."""


def say(text: str) -> None:
    """One line, out at once even where the output is a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty when there is no such log."""
    try:
        with log.open(errors="replace") as text:
            return "\n".join(f"    {line.rstrip()}" for line in deque(text, maxlen=lines))
    except OSError:
        return ""
