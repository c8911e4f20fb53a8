"""A stock generator makes an SDK of the published document: it compiles, and makes the page's three calls.

Nothing is said to the generator but what the product serves at /v1/openapi.json.
"""

import compileall
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.receiver import Receiver
from tests.journeys.world import Tenant
from tests.processes import RunningProduct

pytestmark = pytest.mark.processes
PACKAGE = "agentcollect_sdk"


@pytest.fixture(scope="module")
def sdk(product: RunningProduct, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the SDK is generated into."""
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "openapi.json").write_bytes(httpx.get(f"{product.base_url}/v1/openapi.json").content)
    # It knows bytes, not papers: a statement as PDF is told to it as such.
    known = "content_type_overrides: {application/pdf: application/octet-stream}"
    (folder / "config.yaml").write_text(f"post_hooks: []\n{known}\n")
    generator = Path(sys.executable).with_name("openapi-python-client")
    command = [str(generator), "generate", "--path", "openapi.json", "--config", "config.yaml", "--fail-on-warning"]
    command += ["--meta", "none", "--output-path", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_generator_has_nothing_to_complain_of_and_its_code_compiles(sdk: Path) -> None:
    assert compileall.compile_dir(sdk / PACKAGE, quiet=1, workers=1)
    modules = [path.relative_to(sdk).with_suffix("") for path in (sdk / PACKAGE).rglob("*.py")]
    names = sorted({".".join(path.parts).removesuffix(".__init__") for path in modules})
    assert len(names) > 100
    script = f"import importlib\nfor name in {names!r}:\n    importlib.import_module(name)\n"
    subprocess.run([sys.executable, "-c", script], cwd=sdk, check=True, timeout=120)


def test_a_model_for_everything_that_matters(sdk: Path) -> None:
    models = {path.stem for path in (sdk / PACKAGE / "models").glob("*.py")}
    wanted = {
        "campaign",
        "campaign_status",
        "case",
        "contact",
        "payment",
        "payment_method",
        "webhook",
        "event",
        "error",
    }
    assert wanted <= models
    assert "payment_received_event" in models
    # What a generator calls an answer that has no name of its own.
    assert [name for name in models if re.search(r"response_20\d|request_?\d$", name)] == []


CALLS = """
import json, sys
from agentcollect_sdk import AuthenticatedClient, Client
from agentcollect_sdk.api.authentication import create_token
from agentcollect_sdk.api.campaigns import create_campaign, get_campaign, list_campaigns
from agentcollect_sdk.api.payments import get_payment
from agentcollect_sdk.api.webhooks import create_webhook
from agentcollect_sdk.models import (
    Campaign, CampaignFromDebtors, CampaignList, CampaignStatus,
    CreateTokenRequest, CreateWebhookRequest, DebtorInput, Error,
)

base_url, key, hook = sys.argv[1:]
token = create_token.sync(client=Client(base_url=base_url), body=CreateTokenRequest(api_key=key))
assert token.token_type == "Bearer", token
client = AuthenticatedClient(base_url=base_url, token=token.access_token)

debtor = DebtorInput(company_name="Acme Corp", contact_email="ap@acmecorp.com", invoice_amount=15000)
debtor.invoice_number = "SDK-1"
body = CampaignFromDebtors(company="Your Company Inc.", debtors=[debtor])
made = create_campaign.sync_detailed(client=client, body=body, idempotency_key="sdk-1")
again = create_campaign.sync_detailed(client=client, body=body, idempotency_key="sdk-1")
assert made.status_code == 201 and made.parsed.id == again.parsed.id, (made, again)

asked = CreateWebhookRequest(url=hook, events=["payment.received"])
registered = create_webhook.sync(client=client, body=asked)
assert registered.secret.startswith("whsec_"), registered

campaign = get_campaign.sync(made.parsed.id, client=client)
assert isinstance(campaign, Campaign) and campaign.status is CampaignStatus.ACTIVE, campaign
page = list_campaigns.sync(client=client, limit=1)
assert isinstance(page, CampaignList) and page.data[0].total_amount, page

wrong = DebtorInput(company_name="Acme Corp", invoice_amount=0)
refused = create_campaign.sync(client=client, body=CampaignFromDebtors(company="Your Company Inc.", debtors=[wrong]))
assert isinstance(refused, Error) and refused.errors[0].param == "debtors[0].invoice_amount", refused
missing = get_payment.sync("pay_0UZ8pq1K9xQk4Fw2aBcDeF", client=client)
assert isinstance(missing, Error) and missing.error == "not_found", missing
print(json.dumps({"campaign": campaign.id, "webhook": registered.webhook_id, "request_id": missing.request_id}))
"""


def test_the_three_calls(sdk: Path, product: RunningProduct, programmer: Tenant, receiver: Receiver) -> None:
    command = [sys.executable, "-c", CALLS, product.base_url, programmer.test_key, f"{receiver.url}/sdk"]
    done = subprocess.run(command, cwd=sdk, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    with programmer.api() as api:
        assert api.get(f"/v1/campaigns/{told['campaign']}").json()["debtors_enrolled"] == 1
        assert api.delete(f"/v1/webhooks/{told['webhook']}").json()["deleted"] is True
