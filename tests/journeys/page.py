"""The product page's examples (tests/data/product_page), played as printed, and what their answers must look like."""

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.processes import ROOT

DATA = ROOT / "tests" / "data" / "product_page"
_HOST = "https://api.agentcollect.com"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ID = re.compile(r"(cmp_|evt_|wh_)[0-9A-Za-z]{8}")
# Shown on the page as they were that day; here only the type counts.
_THAT_DAY = frozenset({"days_to_collect", "retry_after", "scope"})


@dataclass(frozen=True)
class Answer:
    """What curl printed: status, headers with folded names, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@cache
def _curl_home() -> str:
    """The page's commands are not touched: what we want to see beside the body stands in curl's own settings."""
    folder = Path(tempfile.mkdtemp(prefix="agentcollect-curl-", dir=os.environ["AGENTCOLLECT_VAR"]))
    (folder / ".curlrc").write_text('silent\nshow-error\ninclude\nmax-time = 30\nnoproxy = "*"\n')
    return str(folder)


def printed(name: str) -> Any:
    """An example of the page that is JSON."""
    return json.loads((DATA / f"{name}.json").read_text())


def play(name: str, base_url: str, **words: str) -> Answer:
    """Run a command of the page byte for byte, but for the host and `words` (printed → ours)."""
    return run((DATA / f"{name}.sh").read_text(), base_url, words)


def run(script: str, base_url: str, words: dict[str, str]) -> Answer:
    for before, after in {_HOST: base_url, **words}.items():
        assert script.count(before) == 1, (before, script)
        script = script.replace(before, after)
    env = {**os.environ, "CURL_HOME": _curl_home()}
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(status.split()[1]), {name.lower(): value for name, value in headers.items()}, body)


def call(base_url: str, path: str, key: str, body: Any = None) -> Answer:
    """An endpoint that the page names without an example, in the page's own manner."""
    data = f" -d '{json.dumps(body)}'" if body is not None else ""
    return run(f'curl "{_HOST}{path}" -H "Authorization: Bearer {key}"{data}', base_url, {})


def assert_like(answer: Any, example: Any, where: str = "") -> None:
    """Every field of the example is there, with its JSON type, the form of its text, and its fixed value."""
    name = where.rpartition(".")[2]
    assert type(answer) is type(example), (where, answer, example)
    if isinstance(example, dict):
        for key, value in example.items():
            assert key in answer, (f"{where}.{key}", answer)
            assert_like(answer[key], value, f"{where}.{key}")
    elif name in _THAT_DAY:
        return
    elif isinstance(example, str) and (form := _form(example)):
        assert re.fullmatch(form, answer), (where, answer, example)
    else:
        assert answer == example, (where, answer, example)


def _form(example: str) -> str:
    """A pattern for a text that differs from day to day; empty for one that is always the same."""
    if _TIME.fullmatch(example):
        return _TIME.pattern
    if found := _ID.fullmatch(example):
        return rf"{found.group(1)}[0-9A-Za-z]{{14,}}"
    if example.startswith("eyJ"):  # a JWT; the order of its header's fields is nobody's promise
        return r"eyJ[\w-]+\.[\w-]+\.[\w-]+"
    return re.escape(example.removesuffix("...")) + ".{16,}" if example.endswith("...") else ""
