"""The product page's three calls, filled in with a new organisation's own key."""

import json
import shlex
from collections.abc import Mapping

from django.conf import settings

WEBHOOK = {
    "url": "https://yourapp.com/webhooks/ac",
    "events": ["payment.received", "case.escalated", "campaign.completed"],
}
_READ_TOKEN = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])'"  # noqa: S105


def three_calls(*, secret: str, company: str) -> str:
    """A token, a campaign of one invoice, a webhook: to paste into a terminal as it is."""
    debtor = {
        "company_name": "Acme Corp",
        "contact_email": "ap@acmecorp.com",
        "invoice_amount": 15000,
        "invoice_date": "2025-10-01",
        "invoice_number": "INV-2025-0847",
    }
    token = (
        f"TOKEN=$(curl -s -X POST {settings.PUBLIC_URL}/v1/auth \\\n"
        f"  -d {_quoted({'api_key': secret}, indent=None)} | {_READ_TOKEN})"
    )
    calls = [
        ("Exchange the key for a token", token),
        ("Place an invoice", _post("/v1/campaigns", {"company": company, "debtors": [debtor]})),
        ("Register a webhook", _post("/v1/webhooks", WEBHOOK)),
    ]
    return "\n\n".join(f"# {number}. {title}\n{call}" for number, (title, call) in enumerate(calls, 1))


def _post(path: str, body: Mapping[str, object]) -> str:
    return (
        f"curl -sS -X POST {settings.PUBLIC_URL}{path} \\\n"
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {_quoted(body)}"
    )


def _quoted(body: Mapping[str, object], indent: int | None = 2) -> str:
    """JSON that a shell passes on unharmed, an apostrophe in a company's name included."""
    return shlex.quote(json.dumps(body, indent=indent, ensure_ascii=False))
