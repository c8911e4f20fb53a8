"""What a newcomer pastes works as it is: the three calls of the welcome page, then the rest of what it says."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentcollect.supervisor.broker import free_port
from tests.journeys.world import Dashboard, Tenant, pay, pay_link, until
from tests.processes import ROOT, RunningProduct

pytestmark = pytest.mark.processes
README = ROOT / "README.md"
PORT = 9099


def paste(text: str) -> str:
    """Into a shell, as somebody at a terminal does; what it printed."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | {"no_proxy": "*"}
    done = subprocess.run(["bash"], input=text, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def answers(printed: str) -> list[dict]:
    """The JSON objects in what curl printed, with or without line ends between them."""
    found, rest = [], printed.strip()
    while rest:
        one, end = json.JSONDecoder().raw_decode(rest)
        found.append(one)
        rest = rest[end:].strip()
    return found


@contextmanager
def listening(port: int) -> Iterator[Path]:
    """The receiver that the welcome page names; the file it prints into."""
    command = [sys.executable, "-m", "agentcollect.supervisor.receiver", str(port)]
    log = Path(os.environ["AGENTCOLLECT_VAR"]) / "receiver.log"
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with log.open("w") as out, subprocess.Popen(command, cwd=ROOT, stdout=out, env=env) as process:
        try:
            until(lambda: "Listening" in log.read_text(), every=0.05)
            yield log
        finally:
            process.terminate()


def port_to_use() -> int:
    """The page's own, unless somebody else on this machine has it."""
    with socket.socket() as probe:
        return PORT if probe.connect_ex(("127.0.0.1", PORT)) else free_port()


def test_the_welcome_page_s_calls_lead_to_a_paid_invoice(product: RunningProduct) -> None:
    shown = product.output()
    calls = shown.partition("Paste these into another terminal:")[2].partition("Then, as the debtor")[0]
    assert calls.count("curl") == 3
    assert f"http://127.0.0.1:{PORT}/webhooks/ac" in calls
    port = port_to_use()
    with listening(port) as log:
        campaign, webhook = answers(paste(calls.replace(f":{PORT}/", f":{port}/")))
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
        until(lambda: '"payment.received"' in log.read_text(), seconds=10, every=0.05)
        heard = log.read_text()
    assert "/webhooks/ac  X-AgentCollect-Signature: t=" in heard
    assert campaign["id"] in heard


def test_the_readme_s_calls_work_as_printed(product: RunningProduct, reader: Tenant) -> None:
    """With the key and the token filled in, as its reader does."""
    text = README.read_text()
    assert "make run" in text
    assert "make test" in text
    (calls,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert calls.count("curl") == 3
    with reader.api() as api:
        token = api.post("/v1/auth", json={"api_key": reader.test_key}).json()["access_token"]
    for printed, ours in (("http://127.0.0.1:8000", product.base_url), ("YOUR_TOKEN", token)):
        assert printed in calls
        calls = calls.replace(printed, ours)
    assert "sk_test_..." in calls
    auth, campaign, webhook = answers(paste(calls.replace("sk_test_...", reader.test_key)))
    assert auth["access_token"].startswith("eyJ")
    assert (campaign["debtors_enrolled"], campaign["status"]) == (1, "active")
    assert (webhook["secret"][:6], webhook["status"]) == ("whsec_", "active")
