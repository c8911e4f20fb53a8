"""What a developer pastes from the guides works, top to bottom, with a key of their own in place of the printed one."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.receiver import Receiver
from tests.journeys.test_readme import answers, paste
from tests.journeys.world import Tenant, debtor, until
from tests.processes import ROOT
from webhooks import rules

pytestmark = pytest.mark.processes
GUIDES = ROOT / "docs" / "guides"
HOST = "https://api.agentcollect.com"
IDS = {"CAMPAIGN": "cmp_...", "CLOCK": "clk_...", "WEBHOOK": "wh_...", "DELIVERY": "whd_..."}


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / f"{name}.md").read_text(), re.DOTALL)


class Reader:
    """Somebody who pastes one block after the other and puts in the ids that were answered."""

    def __init__(self, guided: Tenant, hook: str) -> None:
        self.tenant, self.hook = guided, hook
        self.known: dict[str, str] = {}

    def paste(self, block: str) -> Any:
        """The last JSON that `block` printed."""
        text = f'export AGENTCOLLECT_KEY="{self.tenant.test_key}"\n' if "sk_test_..." not in block else ""
        text += "".join(f'export {name}="{value}"\n' for name, value in self.known.items() if f"{name}=" not in block)
        for name, printed in IDS.items():
            block = block.replace(printed, self.known.get(name, printed))
        block = block.replace(HOST, self.tenant.base_url).replace("sk_test_...", self.tenant.test_key)
        block = block.replace("https://yourapp.com/webhooks/ac", self.hook)
        printed_json = answers(paste(text + block))
        return printed_json[-1] if printed_json else None


def test_the_quickstart(guided: Tenant, receiver: Receiver) -> None:
    reader = Reader(guided, f"{receiver.url}/quickstart")
    shell = blocks("quickstart", "sh")
    assert len(shell) == 12
    reader.paste(shell[0])
    token = reader.paste(shell[1])
    printed = json.loads(blocks("quickstart", "json")[0])
    assert token.keys() == printed.keys()
    campaign = reader.paste(shell[2])
    assert (campaign["status"], campaign["total_amount"]) == ("active", 15000)
    assert reader.paste(shell[2])["id"] == campaign["id"], "pasted twice: the same Idempotency-Key"
    reader.known["CAMPAIGN"] = campaign["id"]
    assert reader.paste(shell[3])["id"] == campaign["id"]
    webhook = reader.paste(shell[4])
    assert webhook["secret"].startswith("whsec_")
    paid = reader.paste(shell[5])
    assert (paid["status"], paid["amount"]) == ("succeeded", 15000)
    heard = receiver.wait("/quickstart", "payment.received", about=paid["id"])[0]
    assert heard.verify(webhook["secret"])["data"]["amount_collected"] == 15000
    assert [one["id"] for one in reader.paste(shell[6])["data"]] == [paid["id"]]
    _a_whole_campaign(reader, shell[7:], receiver)


def _a_whole_campaign(reader: Reader, shell: list[str], receiver: Receiver) -> None:
    """From creation to `campaign.completed`, as the guide ends."""
    clock, create, advance, look, events = shell
    reader.known["CLOCK"] = reader.paste(clock)["id"]
    campaign = reader.paste(create)
    assert campaign["test_clock"] == reader.known["CLOCK"]
    reader.known["CAMPAIGN"] = campaign["id"]
    assert reader.paste(advance)["status"] == "advancing"
    until(lambda: reader.paste(look)["status"] == "ready", seconds=60)
    told = reader.paste(events)["data"]
    assert [one["event"] for one in told][-1] == "campaign.completed"
    assert told[-1]["data"]["collected"] == 6000, told[-1]["data"]
    assert [one["created_at"] for one in told] == sorted(one["created_at"] for one in told)
    for payment in (one for one in told if one["event"] == "payment.received"):
        receiver.wait("/quickstart", "payment.received", about=payment["data"]["payment_id"])
    receiver.wait("/quickstart", "campaign.completed", about=campaign["id"])


def test_the_quickstart_in_python(guided: Tenant) -> None:
    """In a process of its own: the client's package and the server's frame have the same name."""
    script = blocks("quickstart", "python")[0].replace("sk_test_...", guided.test_key)
    env = {"AGENTCOLLECT_BASE_URL": guided.base_url, "PYTHONPATH": str(ROOT / "clients" / "python" / "src")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.split()
    assert "payment.received" in said and said[-1] == "campaign.completed"


def test_the_guide_to_errors(guided: Tenant) -> None:
    refused = Reader(guided, "").paste(blocks("errors", "sh")[0])
    assert refused["status"] == 400
    assert refused["doc_url"].endswith("#" + refused["error"])
    assert {(one["param"], one["code"]) for one in refused["errors"]} >= {
        ("debtors[0].invoice_amount", "invalid_amount"),
        ("debtors[0].invoice_nr", "unknown_field"),
        ("debtors[1].company_name", "missing_field"),
    }
    printed = json.loads(blocks("errors", "json")[0])
    assert printed.keys() <= refused.keys()


def test_the_retries_of_the_guide_to_errors(guided: Tenant) -> None:
    """As printed: a good answer comes back, a refusal is raised with its request id."""
    written: dict[str, Any] = {}
    exec(blocks("errors", "python")[0], written)
    with guided.api() as client:
        assert written["call"](client, "GET", "/v1/organisation")["id"] == guided.id
        with pytest.raises(RuntimeError, match=r"^not_found: .*\(req_\w+\)$"):
            written["call"](client, "GET", "/v1/campaigns/cmp_nobody")


def test_the_guide_to_webhooks(guided: Tenant, receiver: Receiver) -> None:
    reader = Reader(guided, f"{receiver.url}/guide")
    register, test, rotate, recover, replay, many, events = blocks("webhooks", "sh")
    webhook = reader.paste(register)
    reader.known["WEBHOOK"] = webhook["id"]
    delivery = reader.paste(test)
    first = receiver.wait("/guide", "payment.received")[0]
    assert first.verify(webhook["secret"])["test"] is True
    rotated = reader.paste(rotate)
    assert rotated["secret"] != webhook["secret"]
    assert reader.paste(recover)["replay_id"].startswith("rpl_")
    reader.known["DELIVERY"] = delivery["id"]
    # Until the first attempt is written down, a replay is refused with that reason.
    until(lambda: reader.paste(replay).get("replay"))
    again = receiver.wait("/guide", "payment.received", count=2)[1]
    assert again.verify(rotated["secret"]) == again.verify(webhook["secret"])
    assert reader.paste(many)["matched"] == 0
    assert "next_cursor" in reader.paste(events)


SECRET, BODY = "whsec_" + "A1b2" * 11, b'{"event":"payment.received","data":{"debtor":"M\xc3\xbcller"}}'


def signed(at: float) -> str:
    return rules.sign([rules.mint_secret(), SECRET], "evt_1", BODY, int(at))["X-AgentCollect-Signature"]


def test_the_printed_verification_in_python() -> None:
    written: dict[str, Any] = {}
    exec(blocks("webhooks", "python")[0], written)
    verify, now = written["verify"], time.time()
    assert verify(BODY, signed(now), SECRET)
    assert not verify(BODY + b" ", signed(now), SECRET)
    assert not verify(BODY, signed(now - 600), SECRET)
    assert not verify(BODY, signed(now), rules.mint_secret())


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_the_printed_verification_in_node(tmp_path: Path) -> None:
    now = time.time()
    cases = [
        (BODY, signed(now), SECRET, True),
        (BODY + b" ", signed(now), SECRET, False),
        (BODY, signed(now - 600), SECRET, False),
        (BODY, signed(now), rules.mint_secret(), False),
    ]
    script = blocks("webhooks", "javascript")[0]
    for body, header, secret, _ in cases:
        given = f'Buffer.from("{body.hex()}", "hex"), {json.dumps(header)}, {json.dumps(secret)}'
        script += f"\nconsole.log(verify({given}));"
    (tmp_path / "verify.cjs").write_text(script)
    done = subprocess.run(["node", "verify.cjs"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.split() == [str(expected).lower() for *_, expected in cases]


def test_the_guide_to_the_sandbox(guided: Tenant) -> None:
    reader = Reader(guided, "")
    reader.known["CAMPAIGN"] = guided.create(debtor("Guide Corp", "INV-2025-0847"))
    messages, payment = blocks("sandbox", "sh")
    assert reader.paste(messages)["data"] == []
    assert reader.paste(payment)["amount"] == 5000
