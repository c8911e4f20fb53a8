"""Requests nobody would send, to every operation of the document: no 5xx, no answer that the document does not name.

Short here, long by `make fuzz` (FUZZ_EXAMPLES an operation, FUZZ_BODIES malformed bodies and files).
"""

import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from werkzeug.test import Client as WsgiClient

from agentcollect.kit.errors import REGISTRY
from agentcollect.kit.openapi import answers
from tests.fuzz import BODIES, EXAMPLES, LONG, application, document, world  # noqa: F401  (a fixture)
from tests.malformed import malformed

load_all_checks()
ALWAYS = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
    ]
)
# Methods that an operation does not take have tests of their own (tests/kit/test_errors_flat.py).
CONFIG = {"phases": {"coverage": {"enabled": LONG, "unexpected-methods": []}}}
_FIELDS = {"$defs": {"FieldError": answers.FIELD_SCHEMA}}
REFUSAL = Draft202012Validator(
    json.loads(json.dumps(answers.SCHEMA | _FIELDS).replace("#/components/schemas/", "#/$defs/"))
)
schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict(CONFIG))


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation(case: Any, world: Any) -> None:  # noqa: F811
    """Once as it was made up, once with ids that exist: most checks stand behind the look-up of a row."""
    app = application()
    bearer = {"Authorization": f"Bearer {world.key}"}
    case.validate_response(case.call(app=app, headers=bearer), checks=ALWAYS)
    case.path_parameters = {name: world.ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
    case.headers.pop("AgentCollect-Account", None)
    case.headers.pop("AgentCollect-Version", None)
    if isinstance(case.body, dict):
        case.body |= {name: world.ids[name] for name in case.body if name in world.ids}
    case.validate_response(case.call(app=app, headers=bearer), checks=ALWAYS)


@pytest.mark.parametrize("seed", range(4))
def test_malformed_bodies_addresses_and_files(seed: int, world: Any) -> None:  # noqa: F811
    """Each is answered, never with 5xx, and a refusal is flat, with a code and a status that the document names."""
    app, seen = WsgiClient(application()), Counter[int]()
    for sent in malformed(BODIES // 4, seed, world.ids):
        headers = {"Authorization": f"Bearer {world.key}"} | sent.headers
        answer = app.open(sent.address, method=sent.method, headers=headers, data=sent.body)
        told = f"{sent.method} {sent.address[:200]} ({sent.how}): {answer.status_code} {answer.data[:300]!r}"
        assert answer.status_code < 500, told
        assert str(answer.status_code) in sent.operation["responses"] or answer.status_code == 404, told
        if answer.status_code >= 400:
            body = json.loads(answer.data)
            assert REFUSAL.is_valid(body), told
            assert REGISTRY[body["error"]].status == answer.status_code == body["status"], told
        seen[answer.status_code] += 1
    assert sum(seen.values()) == BODIES // 4
    # What is only slightly wrong is often right: some came through, many did not.
    through = seen[404] + sum(number for status, number in seen.items() if status < 300)
    assert min(seen[400], through) > BODIES // 120, seen
