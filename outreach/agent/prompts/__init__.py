"""What the models are told: text files with a version in their name; a changed text is a new file."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
DRAFT, INTERPRET = "draft@1", "interpret@1"


@dataclass(frozen=True, slots=True)
class Prompt:
    """`version`: "draft@1"; `hash`: SHA-256 of the text, so that a record shows which words were used."""

    version: str
    text: str
    hash: str


@cache
def load(version: str) -> Prompt:
    """The prompt of that version. Raises FileNotFoundError."""
    text = (_FOLDER / f"{version.replace('@', '.')}.md").read_text(encoding="utf-8")
    return Prompt(version, text, hashlib.sha256(text.encode()).hexdigest())


@cache
def goals() -> dict[str, str]:
    """Intent → what its message is for, in one sentence."""
    goals: dict[str, str] = json.loads((_FOLDER / "goals.1.json").read_text(encoding="utf-8"))
    return goals
