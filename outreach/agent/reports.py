"""What is kept of one run, whoever answered."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`model`: who answered: the model's name, "template" or "lexicon". `failed`: the server did not do its part.

    `guards`: denied answers with what was objected to, or the guards that the template passed.
    `cost_micros`: millionths of a US dollar.
    """

    model: str
    prompt: str = ""
    prompt_hash: str = ""
    messages: list[Any] = field(default_factory=list)
    output: dict[str, Any] = field(default_factory=dict)
    guards: list[Any] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_micros: int = 0
    latency_ms: int = 0
    fallback_reason: str = ""
    failed: bool = False
