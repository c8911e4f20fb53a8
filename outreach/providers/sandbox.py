"""The other side of test mode's transports: debtors who react. They live above this room: settings name them."""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings

from outreach.models import Message


class Peer(Protocol):
    """Who picks up at a test number: `outcome` of outreach.models.Call.Outcome; "": no call can be placed, `permanent`
    or only today."""

    @property
    def outcome(self) -> str: ...
    @property
    def permanent(self) -> bool: ...


class Debtors(Protocol):
    """What test mode's transports tell and ask."""

    def arrived(self, messages: Sequence[Message]) -> None:
        """These messages are in their mailboxes; called in the transaction that put them there."""

    def peer(self, number: str) -> Peer | None:
        """Who picks up at `number`; None: nobody does."""


def debtors() -> Debtors:
    return cast(Debtors, import_module(settings.SANDBOX_DEBTORS))
