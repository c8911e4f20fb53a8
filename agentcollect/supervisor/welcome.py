"""What a person reads once everything runs: address, key, login, and the product page's calls, filled in."""

import json
from typing import Any

_CAMPAIGN = {
    "company": "Your Company Inc.",
    "debtors": [
        {
            "company_name": "Acme Corp",
            "contact_email": "ap@acmecorp.com",
            "invoice_amount": 15000,
            "invoice_date": "2025-10-01",
            "invoice_number": "INV-2025-0847",
        }
    ],
}
_WEBHOOK = {
    "url": "http://127.0.0.1:9099/webhooks/ac",
    "events": ["payment.received", "case.escalated", "campaign.completed"],
}


def text(base_url: str, demo: dict[str, Any]) -> str:
    """The page; `demo` is what `manage.py bootstrap --json` prints."""
    login = demo.get("dashboard", {})
    key = demo.get("api_key", "")
    calls = [
        ("1. Exchange the key for a token", _auth(base_url, key)),
        ("2. Upload an invoice", _post(base_url, "/v1/campaigns", _CAMPAIGN)),
        ("3. Register a webhook", _post(base_url, "/v1/webhooks", _WEBHOOK)),
    ]
    steps = "\n\n".join(f"# {title}\n{call}" for title, call in calls)
    return f"""
AgentCollect runs at {base_url}

  API key    {key}   (demo organisation, test mode: fake money, no real mail)
  Dashboard  {base_url}/dashboard
  Login      {login.get("email", "")}  /  {login.get("password", "")}

Paste these into another terminal:

{steps}

Then, as the debtor: open the campaign in the dashboard and press "Send next step now"; the mail is in
{base_url}/dashboard/mailbox and holds the link to the payment page. Pay there, and the webhook fires.
Watch it arrive (in this folder):  .venv/bin/python -m agentcollect.supervisor.receiver 9099
Reference: {base_url}/docs

Ctrl-C stops everything."""


def _auth(base_url: str, key: str) -> str:
    body = json.dumps({"api_key": key})
    read = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])'"
    return (
        f"TOKEN=$(curl -s -X POST {base_url}/v1/auth \\\n"
        f"  -H \"Content-Type: application/json\" \\\n  -d '{body}' | {read})"
    )


def _post(base_url: str, path: str, body: dict[str, Any]) -> str:
    shown = json.dumps(body, indent=2).replace("\n", "\n  ")
    return (
        f"curl -sS -w '\\n' -X POST {base_url}{path} \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{shown}'"
    )
