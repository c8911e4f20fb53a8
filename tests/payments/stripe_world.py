"""What the tests of Stripe start from: a Stripe on loopback, a creditor whose own account is connected, callbacks."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.test import Client, override_settings

from accounts.models import Organisation
from agentcollect.kit import clock, ids
from campaigns.models import Case
from payments import operations
from payments.models import Payment, RemitTo
from payments.providers.stripe.client import breaker
from tests import factories
from tests.stripe_server import KEY, SECRET, Stripe, serving

SETTINGS = {"secret_key": KEY, "webhook_secret": [SECRET], "timeout": 1.0}


@contextmanager
def stripe(**more: Any) -> Iterator[Stripe]:
    """Stripe on loopback, and settings that lead there."""
    with serving() as state, override_settings(STRIPE=SETTINGS | {"api_base": state.url} | more):
        breaker.reset()
        yield state
    breaker.reset()


def creditor(api: Stripe, **facts: Any) -> tuple[Organisation, str]:
    """An organisation whose own account at Stripe is in force."""
    organisation = factories.organisation(**facts)
    return organisation, connect(organisation, api.account(organisation.id))


def connect(organisation: Organisation, account: str, status: str = "active") -> str:
    at = clock.now()
    RemitTo.objects.create(
        organisation=organisation,
        livemode=True,
        created_at=at,
        recorded_at=at,
        updated_at=at,
        kind="stripe",
        details={"account": account},
        status=status,
        proposed_by="test",
    )
    return account


def invoice(organisation: Organisation, minor: int = 100_000, **facts: Any) -> Case:
    return factories.case(organisation, amount_minor=minor, livemode=True, **facts)


def checkout(case: Case, minor: int = 0, nonce: str = "", **facts: Any) -> Payment:
    """The debtor sends the form of the payment page."""
    return operations.checkout(
        case=case,
        amount_minor=minor or case.balance_minor,
        nonce=nonce or ids.random62(12),
        by="debtor",
        at=clock.now(),
        **facts,
    )


def deliver(api: Stripe, *, times: int = 1, seed: int | None = None, since: int = 0) -> list[int]:
    """Post every callback to the door, `times` each, shuffled by `seed`; the answers."""
    posted = api.callbacks(since=since) * times
    if seed is not None:
        random.Random(seed).shuffle(posted)
    return [post(*one) for one in posted]


def post(body: bytes, signature: str) -> int:
    answer = Client().post(
        "/callbacks/stripe", body, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    return answer.status_code


def read(at: datetime | None = None) -> int:
    return operations.process_callbacks(at=at or clock.now())


def told(api: Stripe, **how: Any) -> None:
    """Everything that has happened is posted and read."""
    assert set(deliver(api, **how)) == {200}
    read()
