"""Stripe, by its official SDK: Checkout on the creditor's own account, its callbacks, its books, onboarding."""

from payments.providers.stripe.client import configured
from payments.providers.stripe.connect import AccountState, ConnectLink, account_state, connect_link
from payments.providers.stripe.processor import StripeProcessor

__all__ = ["AccountState", "ConnectLink", "StripeProcessor", "account_state", "configured", "connect_link"]
