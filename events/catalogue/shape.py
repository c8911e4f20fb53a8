"""What a type of event is, and the facts that many examples share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(frozen=True, slots=True)
class EventType:
    """`public` types get a sequence number and reach webhooks; `says` writes the timeline's one line from the data."""

    name: str
    description: str
    says: Callable[[dict[str, Any]], str]
    kind: str
    public: bool = True
    channel: str = ""
    example: dict[str, Any] = field(default_factory=dict)


TYPES: dict[str, EventType] = {}


def define(name: str, description: str, says: str | Callable[[dict[str, Any]], str], kind: str, **more: Any) -> None:
    writer = says if callable(says) else partial(filled, says)
    TYPES[name] = EventType(name, description, writer, kind, **more)


def filled(template: str, data: dict[str, Any]) -> str:
    """`template` with the facts of `data`."""
    return template.format_map(_Forgiving(data))


class _Forgiving(dict[str, Any]):
    """A timeline line is still worth reading when a fact is missing."""

    def __missing__(self, key: str) -> str:
        return "—"


def count(data: dict[str, Any], name: str, noun: str) -> str:
    number = data.get(name)
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def method(data: Mapping[str, Any]) -> str:
    """How money came, within a sentence: `ach_debit` → "ACH debit"."""
    return str(data.get("method") or "").replace("_", " ").replace("ach ", "ACH ")


def amount(data: dict[str, Any], name: str) -> str:
    amount = data.get(name)
    return f"{amount:,.2f} {data.get('currency', '')}".strip() if isinstance(amount, int | float) else "an amount"


CASE = {
    "campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": "cas_0UZ8pq1K7Lm3pRx1aBcDeF",
    "debtor_id": "dbt_0UZ8pq1KKp2mZxQ8aBcDeF",
    "debtor": "Acme Corp",
    "invoice_number": "INV-2025-0847",
    "currency": "USD",
    "metadata": {},
}
CAMPAIGN = {"campaign_id": "cmp_0UZ8pq1K9xQk4Fw2aBcDeF", "currency": "USD", "metadata": {}}
