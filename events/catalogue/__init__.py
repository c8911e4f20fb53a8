"""The catalogue of events: what each type means, what it looks like in a timeline, and an example of its data.

Webhooks, the timeline, the OpenAPI document's `webhooks` section and the docs are all read from here. A type that is
not here cannot be recorded.
"""

from events.catalogue import cases, people, money, work, internal  # isort: skip  (the order of the reference)
from events.catalogue.shape import TYPES, EventType

__all__ = ["PUBLIC", "TYPES", "EventType", "cases", "internal", "money", "people", "work"]

PUBLIC = frozenset(name for name, definition in TYPES.items() if definition.public)
