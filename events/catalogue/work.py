"""Documents, tasks, imports, endpoints, the organisation."""

from typing import Any

from events.catalogue.shape import CAMPAIGN, CASE, define, filled
from events.catalogue.task_words import over


def _last_failed(data: dict[str, Any]) -> str:
    return f" Failed last: {data['last_event_id']}" if data.get("last_event_id") else ""


define(
    "document.added",
    "A document was added to a case, a debtor or a campaign.",
    lambda d: filled("Document added: {name}", d.get("document", {})),
    "document",
    example=CASE
    | {
        "document_id": "doc_0UZ8pq1K9xQk4Fw2aBcDeF",
        "document": {
            "id": "doc_0UZ8pq1K9xQk4Fw2aBcDeF",
            "name": "INV-2025-0847.pdf",
            "kind": "invoice",
            "media_type": "application/pdf",
            "size": 48213,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "share_with_debtor": False,
        },
    },
)
_TASK = CASE | {
    "task_id": "tsk_0UZ8pq1K9xQk4Fw2aBcDeF",
    "kind": "contact_needed",
    "status": "open",
    "reason": "Nobody is left to write to at this debtor: add a contact, or close the invoice.",
    "due_at": "2026-03-18T14:22:00Z",
    "outcome": None,
}
define(
    "task.created",
    "Something waits for a person of yours. One about a debtor as a whole names no case.",
    "Waits for you: {reason}",
    "task",
    example=_TASK,
)
define(
    "task.done",
    "A task is over (`status`): done with its `outcome`, expired, or cancelled because it is needed no more.",
    over,
    "task",
    example=_TASK | {"status": "done", "outcome": "added"},
)
_DRAFT = CASE | {
    "message_id": "msg_0UZ8pq1K9xQk4Fw2aBcDeF",
    "contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF",
    "channel": "email",
    "intent": "first_reminder",
    "subject": "Invoice #INV-2025-0847 — Your Company",
}
define(
    "message.approval_requested",
    "A message is written and waits for your word; without it, it is never sent.",
    "Waits for your approval: {subject}",
    "wait",
    channel="email",
    example=_DRAFT | {"task_id": "tsk_0UZ8pq1K9xQk4Fw2aBcDeF", "balance": 15000},
)
define(
    "import.completed",
    "A CSV was read into its campaign.",
    "Import finished: {rows_enrolled} of {rows_read} rows",
    "campaign",
    example=CAMPAIGN
    | {
        "import_id": "imp_0UZ8pq1K9xQk4Fw2aBcDeF",
        "rows_read": 10,
        "rows_enrolled": 9,
        "problems": [
            {"line": 7, "param": "invoice_amount", "code": "invalid_amount", "message": "invoice_amount is no number."}
        ],
    },
)
define(
    "import.failed",
    "A CSV could not be read.",
    "Import failed: {error}",
    "campaign",
    example=CAMPAIGN | {"import_id": "imp_0UZ8pq1K9xQk4Fw2aBcDeF", "error": "the file is not CSV"},
)
define(
    "webhook.test",
    "A test you asked for; sent to the endpoint it names only. With `event_type`, what arrives is that type's example.",
    lambda d: f"Webhook test: {d['event_type']}" if d.get("event_type") else "Webhook test",
    "developer",
    example={"webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "message": "It works."},
)
define(
    "endpoint.verification",
    "Is this address yours? Answer 2xx with the challenge in the body; sent to the endpoint it names only.",
    "Webhook endpoint asked for its challenge",
    "developer",
    example={"webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "challenge": "q7Zk2m0Xb9TtVw4RjH1cLp5S8uYdEo3A"},
)
define(
    "endpoint.disabled",
    "A webhook endpoint takes no more deliveries. What failed last is null once it is pruned.",
    lambda d: f"Webhook endpoint disabled: {d.get('reason', '—')}{_last_failed(d)}",
    "developer",
    example={
        "webhook_id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF",
        "url": "https://yourapp.com/webhooks/ac",
        "reason": "It answered 410 Gone.",
        "last_event_id": "evt_0UZ8pq1K9xQk4Fw2aBcDeF",
        "last_delivery_id": "whd_0UZ8pq1K7Lm3pRx1aBcDeF",
    },
)
_DOMAIN = {"domain_id": "dom_0UZ8pq1K9xQk4Fw2aBcDeF", "host": "pay.yourcompany.com"}
define(
    "domain.verified",
    "DNS proves that a payment page address is yours and leads here; new links use it.",
    "Payment page address proven: {host}",
    "developer",
    example=_DOMAIN,
)
define(
    "domain.broken",
    "A payment page address has failed its checks for a day; new links use ours until it is proven again.",
    "Payment page address broken: {host}. {fault}",
    "developer",
    example=_DOMAIN | {"fault": "pay.yourcompany.com has no address: make it a CNAME of app.agentcollect.com."},
)
for _state, _text in (
    ("paused", "Everything paused: nothing is sent until the organisation is resumed"),
    ("resumed", "Everything goes on"),
):
    define(
        f"organisation.{_state}",
        f"The organisation was {_state}, in the mode of this event.",
        _text,
        "audit",
        example={
            "organisation_id": "org_0UZ8pq1K9xQk4Fw2aBcDeF",
            "paused_at": "2026-03-17T14:22:00Z" if _state == "paused" else None,
        },
    )
