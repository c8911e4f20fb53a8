"""After all the other journeys: no log of any process holds a key, a token or a signing secret."""

import re

import pytest

from tests.processes import RunningProduct

pytestmark = pytest.mark.processes

# An API key whole, a signed token, a signing secret: what each of them looks like in clear.
SECRETS = re.compile(
    r"sk_(?:test|live)_[A-Za-z0-9]{30,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}|whsec_[A-Za-z0-9]{30,}"
)


def test_no_log_holds_a_secret(product: RunningProduct) -> None:
    logs = {path.name: path.read_text(errors="replace") for path in (product.var / "log").iterdir() if path.is_file()}
    assert {"web.log", "worker.log", "bootstrap.log"} <= set(logs)
    assert sum(map(len, logs.values())) > 10_000, "the journeys ran before, and left something to look at"
    assert {name: len(SECRETS.findall(text)) for name, text in logs.items() if SECRETS.search(text)} == {}
