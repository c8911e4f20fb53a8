"""What the document says about the whole API, and about each group of operations."""

INTRODUCTION = """\
Place unpaid invoices, follow what happens, hear of payments by webhook.

**Two credentials, both work everywhere**: the API key itself (`sk_test_…`, `sk_live_…`) or a token from
`POST /v1/auth` or `POST /v1/oauth/token`, as `Authorization: Bearer`. Test and live mode never meet.

**Money** is a JSON number in major units: `15000` is fifteen thousand dollars. **Times** are ISO 8601 UTC.
**Lists** are newest first, with opaque cursors. **Errors** are flat JSON with a stable `error` code; each has its
place in [the list of codes](/docs/errors). **Every POST** takes an `Idempotency-Key`. Fields may be added within v1:
ignore those you do not know.

Guides: [quickstart](/docs/guides/quickstart), [authentication](/docs/guides/authentication),
[errors](/docs/guides/errors), [pagination](/docs/guides/pagination), [idempotency](/docs/guides/idempotency),
[webhooks](/docs/guides/webhooks), [sandbox](/docs/guides/sandbox).

Every contact passes a rule engine modelled on Regulation F. The FDCPA covers consumer debt, which is accepted only
under a licensed collector of record.
"""
# In the order of the reference; a tag that an operation names and that is not here is listed after them.
TAGS = {
    "Authentication": "Exchange an API key for a short-lived token.",
    "Organisation": "Who you are, what you may, what is still missing; and the switch that stops everything.",
    "Domains": "Names of yours under which payment pages are reached.",
    "Campaigns": "A set of invoices placed for collection under one brand and one mandate.",
    "Cases": "One invoice in collection: its balance, its state, what was decided about it and why.",
    "Debtors": "Who owes, over all campaigns.",
    "Contacts": "The people at a debtor, where they are from, and whether they may be written to.",
    "Exclusions": "Whom you want left alone, or asked for first.",
    "Suppressions": "Addresses that debtors closed themselves. They cannot be opened again by you.",
    "Messages": "What was sent to debtors, exactly as it left.",
    "Playbooks": "What a campaign does, on which day; each edit is a version, and a running case keeps its own.",
    "Approvals": "Messages that are written and wait for your word. Silence never sends one.",
    "Tasks": "What waits for a person of yours, and the answers it takes.",
    "Replies": "What debtors wrote back, how it was understood, and what came of it; and where their answers come in.",
    "Calls": "Phone calls to debtors: who was reached, and how it ended.",
    "Referrals": "Cases on their way to an independent attorney, or with one.",
    "Documents": "Files that belong to a case: the invoice, a contract, proof of delivery.",
    "Agreements": "Promises to pay and payment plans: made, kept, broken. Only the account says which.",
    "Disputes": "What a debtor objects to, your answer, and its outcome. Nothing is asked meanwhile.",
    "Payments": "Money that came, and the way to say that it came to you directly.",
    "Payouts": "What your processor sent to your bank, and of which payments it is made.",
    "Webhooks": "Where events are delivered, what was delivered, and sending it again.",
    "Events": "Everything that happened, in order: the pull fallback that can miss nothing.",
    "Reports": "What was placed and what came of it, each figure with its formula; and the rows behind it.",
    "Exports": "Your data as CSV.",
    "Statements": "What a month brought, and what you are charged for it.",
    "Request logs": "Your own calls of the last 30 days.",
    "Secret scanning": "For those who find keys where they should not be.",
    "Sandbox": "Things that happen because you say so. Test keys only.",
    "Webhook events": "What your endpoint is sent.",
}
