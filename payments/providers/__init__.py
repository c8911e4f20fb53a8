"""The processors: the sandbox's in test mode; Stripe in live mode, where the creditor's own account is connected."""

from payments import queries
from payments.providers.base import Processor
from payments.providers.sandbox import SandboxProcessor
from payments.providers.stripe import StripeProcessor, configured

_SANDBOX = SandboxProcessor()
_STRIPE = StripeProcessor()
_ALL: tuple[Processor, ...] = (_SANDBOX, _STRIPE)


def processor_for(*, livemode: bool, organisation_id: str) -> Processor | None:
    """Who takes a payment made on the page of this organisation in this mode; None where nobody does."""
    if not livemode:
        return _SANDBOX
    return _STRIPE if configured() and queries.stripe_account(organisation_id, livemode) else None


def processor_named(name: str) -> Processor | None:
    """The processor that a stored payment was handed to; None for one that no longer exists here."""
    return next((one for one in _ALL if one.name == name), None)
