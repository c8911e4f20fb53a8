"""What the fuzz tests share: one organisation with one of everything, and the product called without a server.

Each request runs in a savepoint that is rolled back: the ids stay good for the next one.
"""

import json
import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from django.test.client import ClientHandler

from agentcollect import openapi
from tests import factories
from tests.test_isolation import owned

Node = dict[str, Any]
# CI is short; `make fuzz` is long.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
LONG = EXAMPLES >= 50
BODIES = int(os.environ.get("FUZZ_BODIES", "300"))


@cache
def document() -> Node:
    """The published document."""
    return json.loads(openapi.PATH.read_text())


def resolved(node: Node) -> Node:
    """`node`, or what it refers to."""
    while "$ref" in node:
        found: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def application() -> Callable[..., Iterable[bytes]]:
    """WSGI, as Django's test client calls it: the transaction of the test stays open between requests."""
    handler = ClientHandler(enforce_csrf_checks=True)

    def app(environ: Node, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with transaction.atomic():  # noqa: TID251  (the test's own, around what the request commits)
            response = handler(environ)
            transaction.set_rollback(True)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return list(response.streaming_content) if response.streaming else [response.content]

    return app


@pytest.fixture
def world(db: None, empty_redis: None, settings: Any) -> Any:
    """An organisation in test mode with one of everything, and a key whose minute never ends."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.RATE_LIMIT_PER_MINUTE = settings.AUTH_RATE_LIMIT_PER_MINUTE = 100_000_000
    made = owned(factories.organisation(), livemode=False)
    # A case nobody has paid anything on: what may be done to one may be done to it.
    case = factories.case(made.organisation, livemode=False)
    return made._replace(ids=made.ids | {"case_id": case.id, "campaign_id": case.campaign_id})
