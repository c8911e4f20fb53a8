"""The one door to the outside network: an egress guard around aiohttp.

`check_url` when an address is registered (pure), `GuardedSession` for many requests on one event loop,
`fetch` for one download in a worker. No other module opens a connection to an address that a customer chose.
"""

from agentcollect.kit.http.addresses import is_loopback, is_public
from agentcollect.kit.http.client import BodyRefused, GuardedSession, Outcome
from agentcollect.kit.http.download import Fetched, fetch
from agentcollect.kit.http.targets import (
    EgressPolicy,
    EgressRefused,
    ParsedTarget,
    check_url,
    policy_from_settings,
)
from agentcollect.kit.http.transactions import refuse_in_transaction, set_transaction_probe

__all__ = [
    "BodyRefused",
    "EgressPolicy",
    "EgressRefused",
    "Fetched",
    "GuardedSession",
    "Outcome",
    "ParsedTarget",
    "check_url",
    "fetch",
    "is_loopback",
    "is_public",
    "policy_from_settings",
    "refuse_in_transaction",
    "set_transaction_probe",
]
