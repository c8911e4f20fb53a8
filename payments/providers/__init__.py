"""The processors. Test mode has the sandbox's; live mode has none yet, and its page says how to pay instead."""

from payments.providers.base import Processor
from payments.providers.sandbox import SandboxProcessor

_SANDBOX = SandboxProcessor()


def processor_for(*, livemode: bool) -> Processor | None:
    """Who takes a payment made on the page in this mode; None where nobody does."""
    return None if livemode else _SANDBOX


def processor_named(name: str) -> Processor | None:
    """The processor that a stored payment was handed to; None for one that no longer exists here."""
    return _SANDBOX if name == _SANDBOX.name else None
