"""Both clients and the command against the running product. Skipped where the environment names none."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import agentcollect
from agentcollect import AsyncClient, Client, webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
SOURCE = Path(__file__).parent.parent / "src"


@pytest.fixture
def client(live: dict[str, str]) -> Iterator[Client]:
    with Client(**live) as made:
        yield made


def debtor(number: str = "") -> agentcollect.types.DebtorIn:
    name = number or f"INV-{secrets.token_hex(4)}"
    return {
        "company_name": f"Acme {name}",
        "contact_email": f"ap@{name.lower()}.sandbox.agentcollect.com",
        "invoice_amount": 1500.5,
        "invoice_number": name,
    }


def test_a_campaign_from_creation_to_payment(client: Client) -> None:
    started = client.events.page(after="latest")["next_cursor"]
    made = client.campaigns.create(company="Client Inc.", debtors=[debtor(), debtor()], metadata={"by": "client"})
    assert made["debtors_enrolled"] == 2 and made["total_amount"] == 3001
    cases = list(client.campaigns.cases(made["id"], limit=1))
    assert len(cases) == 2 and str(cases[0]["balance"]) == "1500.5"
    paid = client.sandbox.pay(case_id=cases[0]["id"])
    assert client.payments.get(paid["id"])["status"] == "succeeded"
    assert paid["id"] in [row["id"] for row in client.campaigns.payments(made["id"])]
    told = [event["event"] for event in client.events.list(after=started, limit=2)]
    assert told[0] == "campaign.started" and "payment.received" in told
    assert client.campaigns.get(made["id"])["amount_collected"] == paid["amount"]


def test_the_same_key_makes_one_campaign(client: Client) -> None:
    key, body = secrets.token_hex(8), debtor()
    first = client.campaigns.create(company="Client Inc.", debtors=[body], idempotency_key=key)
    assert client.campaigns.create(company="Client Inc.", debtors=[body], idempotency_key=key)["id"] == first["id"]
    with pytest.raises(agentcollect.Conflict) as caught:
        client.campaigns.create(company="Client Inc.", debtors=[debtor()], idempotency_key=key)
    assert caught.value.code == "idempotency_key_reused"


def test_errors_name_the_field_and_the_row(client: Client) -> None:
    wrong = debtor() | {"invoice_amount": -1}
    with pytest.raises(agentcollect.InvalidRequest) as caught:
        client.campaigns.create(company="Client Inc.", debtors=[debtor(), wrong])  # type: ignore[list-item]
    assert caught.value.errors[0]["param"] == "debtors[1].invoice_amount"
    with pytest.raises(agentcollect.NotFound):
        client.campaigns.get("cmp_nothing")


def test_a_document_goes_up(client: Client) -> None:
    made = client.campaigns.create(company="Client Inc.", debtors=[debtor()])
    case = next(iter(client.campaigns.cases(made["id"])))
    paper = client.documents.upload(name="invoice.pdf", content=b"%PDF-1.4\n%%EOF\n", case_id=case["id"])
    assert client.documents.get(paper["id"])["id"] in [row["id"] for row in client.cases.documents(case["id"])]


def test_the_asynchronous_client_does_the_same(live: dict[str, str]) -> None:
    async def story() -> list[str]:
        async with AsyncClient(**live) as client:
            made = await client.campaigns.create(company="Client Inc.", debtors=[debtor() for _ in range(3)])
            return [case["status"] async for case in client.campaigns.cases(made["id"], limit=2)]

    assert len(asyncio.run(story())) == 3


# --- the command


@pytest.fixture
def run(live: dict[str, str], tmp_path: Path) -> Any:
    """Run the command as a program; its standard output."""
    kept = tmp_path / "config.json"
    env = {k: v for k, v in os.environ.items() if not k.startswith("AGENTCOLLECT_")}
    env |= {"PYTHONPATH": str(SOURCE), "AGENTCOLLECT_CONFIG": str(kept)}

    def run(*words: str, code: int = 0, background: bool = False) -> Any:
        command = [sys.executable, "-u", "-m", "agentcollect", *words]
        if background:
            return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    run("--base-url", live["base_url"], "login", "--api-key", live["api_key"])
    assert kept.stat().st_mode & 0o777 == 0o600
    return run


def test_the_command(run: Any) -> None:
    number = f"INV-{secrets.token_hex(4)}"
    words = ["--company", "Client Inc.", "--debtor", "Acme Corp", "--email", "ap@acmecorp.com", "--amount", "1999.50"]
    made = json.loads(run("campaigns", "create", *words, "--invoice", number, "--json"))
    assert made["total_amount"] == 1999.5
    assert made["id"] in run("campaigns", "list", "--limit", "5")
    assert "ID" in run("campaigns", "list")
    done = json.loads(run("trigger", "payment.received", "--json"))
    assert done["payment_id"] in run("payments", "list", "--limit", "5")


def test_the_command_says_what_is_wrong(run: Any) -> None:
    said = run("campaigns", "create", "--company", "Client Inc.", "--debtor", "Acme", "--amount", "0", code=1)
    assert "debtors[0].invoice_amount" in said and "Traceback" not in said


def test_listening_forwards_signed_events(run: Any) -> None:
    heard: list[tuple[bytes, dict[str, str]]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hooks"
    listening = run("listen", "--forward-to", url, "--secret", SECRET, "--events", "payment.received", background=True)
    try:
        assert url in listening.stdout.readline()
        time.sleep(2)  # it asks for the newest position once, right after that line
        paid = json.loads(run("trigger", "payment.received", "--json"))
        ends = time.monotonic() + 20
        while not heard and time.monotonic() < ends:
            time.sleep(0.1)
        body, headers = heard[0]
        assert webhooks.verify(body, headers, SECRET)["data"]["payment_id"] == paid["payment_id"]
    finally:
        listening.terminate()
        listening.wait(10)
        server.shutdown()
