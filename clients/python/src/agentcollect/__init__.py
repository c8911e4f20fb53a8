"""The AgentCollect API from Python.

    client = agentcollect.Client("sk_test_…")
    campaign = client.campaigns.create(company="Your Company Inc.", debtors=[…])
    for payment in client.payments.list():
        …

`AsyncClient` is the same with `await`. `webhooks.verify` checks what arrives at your endpoint.
"""

from agentcollect import types, webhooks
from agentcollect._async.client import AsyncClient
from agentcollect._core import VERSION as __version__
from agentcollect._sync.client import Client
from agentcollect.errors import (
    AgentCollectError,
    ApiError,
    AuthenticationFailed,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerFailed,
)

__all__ = [
    "AgentCollectError",
    "ApiError",
    "AsyncClient",
    "AuthenticationFailed",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "InvalidRequest",
    "NotFound",
    "PermissionDenied",
    "RateLimited",
    "ServerFailed",
    "__version__",
    "types",
    "webhooks",
]
