"""Every event that the journeys' receiver was sent fits the schema that the document publishes for it."""

import json

import pytest
from jsonschema import Draft202012Validator

from agentcollect import openapi
from events.catalogue import PUBLIC
from tests.journeys.receiver import Receiver

pytestmark = pytest.mark.processes


def test_what_arrived_is_what_is_documented(receiver: Receiver) -> None:
    document = json.loads(openapi.PATH.read_text().replace("#/components/schemas/", "#/$defs/"))
    seen = set()
    for heard in receiver.got:
        event = heard.event
        content = document["webhooks"][event["event"]]["post"]["requestBody"]["content"]["application/json"]
        schema = content["schema"] | {"$defs": document["components"]["schemas"]}
        faults = [f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(schema).iter_errors(event)]
        assert faults == [], event
        seen.add(event["event"])
    assert seen <= PUBLIC
    assert {"webhook.test", "payment.received"} <= seen
