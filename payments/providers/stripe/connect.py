"""Connecting a creditor's own account: theirs at Stripe, with Stripe's own dashboard, made and filled in by themselves
on Stripe's pages (docs.stripe.com/connect/standard-accounts). We keep its id only."""

from dataclasses import dataclass
from typing import Any

from payments.providers.stripe import reading
from payments.providers.stripe.client import ask

# Whose account it is, in its metadata there: only we can write it.
_OWNER = "organisation_id"


@dataclass(frozen=True, slots=True)
class ConnectLink:
    """The account, and Stripe's page where its owner goes on. The address works once, for some minutes."""

    account: str
    url: str


@dataclass(frozen=True, slots=True)
class AccountState:
    """What Stripe lets an account do. `requirements`: what is due of its owner, in Stripe's own names;
    `organisation_id`: who connected it."""

    account: str
    organisation_id: str
    name: str
    charges_enabled: bool
    payouts_enabled: bool
    requirements: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return self.charges_enabled and self.payouts_enabled


def connect_link(*, organisation_id: str, account: str = "", refresh_url: str, return_url: str) -> ConnectLink:
    """Where an owner connects the organisation's account; `account`: one begun before, else one is made.

    `refresh_url`: where Stripe sends them when the link has expired (make a new one there), `return_url`: when they are
    done or give up (look at `account_state`). Raises ProcessorError.
    """
    if account and account_state(account).organisation_id != organisation_id:
        account = ""
    account = account or _made(organisation_id)
    params: Any = {
        "account": account,
        "type": "account_onboarding",
        "refresh_url": refresh_url,
        "return_url": return_url,
    }
    return ConnectLink(account, ask(lambda api: api.v1.account_links.create(params), page=True).url)


def account_state(account: str) -> AccountState:
    """How an account stands at Stripe now. Raises ProcessorError: `permanent` where it is not connected to us."""
    found = ask(lambda api: api.v1.accounts.retrieve(account), page=True)
    due = getattr(found, "requirements", None)
    profile = getattr(found, "business_profile", None)
    return AccountState(
        account=found.id,
        organisation_id=reading.noted(found, _OWNER),
        name=str(getattr(profile, "name", "") or "")[:200],
        charges_enabled=bool(found.charges_enabled),
        payouts_enabled=bool(found.payouts_enabled),
        requirements=tuple(getattr(due, "currently_due", None) or ()),
    )


def _made(organisation_id: str) -> str:
    """One account for an organisation that asks twice at once: Stripe knows the key for a day."""
    params: Any = {"type": "standard", "metadata": {_OWNER: organisation_id}}
    options: Any = {"idempotency_key": f"connect-{organisation_id}"}
    return ask(lambda api: api.v1.accounts.create(params, options), page=True).id
