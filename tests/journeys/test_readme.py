"""What a newcomer pastes works as it is: the three calls of the welcome page, then the rest of what it says."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.journeys.world import Dashboard, Tenant, pay, pay_link, until
from tests.processes import ROOT, RunningProduct

pytestmark = pytest.mark.processes
README = ROOT / "README.md"
PORT = 9099


def paste(text: str) -> str:
    """Into a shell, as somebody at a terminal does; what it printed."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | {"no_proxy": "*"}
    done = subprocess.run(["bash"], input=text, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, ""), (done.stdout, done.stderr)
    return done.stdout


def answers(printed: str) -> list[dict]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


@contextmanager
def listening() -> Iterator[list[str]]:
    """The receiver that the welcome page names, and what it prints."""
    command = [sys.executable, "-m", "agentcollect.supervisor.receiver", str(PORT)]
    log = open(os.path.join(os.environ["AGENTCOLLECT_VAR"], "receiver.log"), "w+")  # noqa: SIM115
    with log, subprocess.Popen(command, cwd=ROOT, stdout=log, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as process:
        try:
            until(lambda: "Listening" in open(log.name).read(), every=0.05)  # noqa: SIM115
            yield [log.name]
        finally:
            process.terminate()


def port_is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", PORT)) != 0


def test_the_welcome_page_s_calls_lead_to_a_paid_invoice(product: RunningProduct) -> None:
    shown = product.output()
    calls = shown.partition("Paste these into another terminal:")[2].partition("Then, as the debtor")[0]
    assert calls.count("curl") == 3
    assert str(PORT) in calls
    if not port_is_free():
        pytest.skip(f"port {PORT}, which the page names, belongs to somebody else")
    with listening() as (log,):
        campaign, webhook = answers(paste(calls))
        assert (campaign["status"], webhook["status"]) == ("active", "active")
        assert f".venv/bin/python -m agentcollect.supervisor.receiver {PORT}" in shown
        login = product.bootstrap["dashboard"]
        assert f"{login['email']}  /  {login['password']}" in shown
        dashboard = Dashboard(product.base_url, login["email"], login["password"])
        path = f"/dashboard/campaigns/{campaign['id']}"
        told = dashboard.press(path, f"{path}/send-next")
        assert "was sent. Read it in the sandbox mailbox." in told, told
        link = pay_link(product.base_url, dashboard.mail_to("ap@acmecorp.com"))
        _, receipt = pay(link)
        assert receipt.status_code == 200
        heard = until(lambda: '"payment.received"' in (got := open(log).read()) and got, seconds=10, every=0.05)  # noqa: SIM115
    assert "/webhooks/ac  X-AgentCollect-Signature: t=" in heard
    assert campaign["id"] in heard


@pytest.mark.skipif(not README.exists(), reason="the README is not written yet")
def test_the_readme_s_calls_work_as_printed(product: RunningProduct, reader: Tenant) -> None:
    text = README.read_text()
    assert "make run" in text
    assert "make test" in text
    blocks = re.findall(r"```(?:sh|bash|shell|console)?\n(.*?)```", text, re.DOTALL)
    calls = "\n".join(block for block in blocks if "curl" in block)
    assert calls.count("curl ") >= 3
    calls = calls.replace("http://127.0.0.1:8000", product.base_url).replace("http://localhost:8000", product.base_url)
    calls = re.sub(r"sk_test_[\w.…•]*", reader.test_key, calls)
    began = time.monotonic()
    found = [one for one in answers(paste(calls)) if "error" in one or "id" in one]
    assert found
    assert not [one for one in found if "error" in one], found
    assert time.monotonic() - began < 60
