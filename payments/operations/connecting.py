"""The creditor's own account at Stripe: made there by an owner, and looked at before it may be proposed.

The processor is asked here, so never inside a transaction.
"""

from agentcollect.kit.errors import ApiError
from payments.providers.base import ProcessorError
from payments.providers.stripe import ConnectLink, account_state, configured, connect_link


def may_connect(*, livemode: bool) -> bool:
    """Test mode has a processor of its own."""
    return livemode and configured()


def connect_stripe(*, organisation_id: str, account: str, refresh_url: str, return_url: str) -> ConnectLink:
    """Where an owner goes on at Stripe; `account`: the one begun before. Raises ApiError(service_unavailable)."""
    try:
        return connect_link(
            organisation_id=organisation_id, account=account, refresh_url=refresh_url, return_url=return_url
        )
    except ProcessorError as error:
        raise ApiError("service_unavailable", "Stripe does not answer just now. Try again in a minute.") from error


def check_stripe(*, organisation_id: str, account: str) -> None:
    """Raises ApiError: illegal_transition for an account that another organisation connected, or nobody, or that
    cannot take money yet; service_unavailable."""
    try:
        state = account_state(account)
    except ProcessorError as error:
        if not error.permanent:
            raise ApiError("service_unavailable", "Stripe does not answer just now. Try again in a minute.") from error
        raise ApiError("illegal_transition", "Stripe knows no such account that is connected here.") from error
    if state.organisation_id != organisation_id:
        raise ApiError("illegal_transition", "Stripe knows no such account that is connected here.")
    if not state.ready:
        raise ApiError("illegal_transition", "This account cannot take money yet: finish what Stripe asks for first.")
