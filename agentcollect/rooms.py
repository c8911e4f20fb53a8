"""Who in the rooms is called by name from below: the frame and the lower rooms import nobody above them.

Settings of their own, named by string; `agentcollect.settings` takes them in.
"""

# --- events: who is told inside the fact's own transaction; each inserts its own rows and does nothing else
EVENT_SUBSCRIBERS = ["outreach.operations.plan_notices", "webhooks.operations.fan_out"]

# --- test mode: who is on the other side of its transports (outreach.providers.sandbox)
SANDBOX_DEBTORS = "sandbox.reactions"
# Who tells, days later, what became of a bank debit of test mode (payments.providers.sandbox).
SANDBOX_BANK = "sandbox.charges"

# How a surface finds the test clock of what its address names: argument → (model, path to the clock's id).
TIMELINES = {
    "campaign_id": ("campaigns.Campaign", "clock_id"),
    "debtor_id": ("campaigns.Debtor", "clock_id"),
    "case_id": ("campaigns.Case", "clock_id"),
    "contact_id": ("campaigns.Contact", "clock_id"),
    "task_id": ("campaigns.Task", "clock_id"),
    "dispute_id": ("campaigns.Dispute", "case__clock_id"),
    "hold_id": ("campaigns.Hold", "clock_id"),
    "document_id": ("campaigns.Document", "case__clock_id"),
    "promise_id": ("payments.Promise", "clock_id"),
    "plan_id": ("payments.Plan", "clock_id"),
    "offer_id": ("payments.Offer", "clock_id"),
    "payment_id": ("payments.Payment", "case__clock_id"),
    "message_id": ("outreach.Message", "case__clock_id"),
    "reply_id": ("outreach.Reply", "case__clock_id"),
    "call_id": ("outreach.Call", "case__clock_id"),
    "referral_id": ("outreach.Referral", "clock_id"),
}

# --- tasks: what an answer does (kind → operation), and who must hear that one is needed no more. The room that asked
# may lie above the one that keeps the tasks.
TASK_OUTCOMES = {
    "answer_dispute": "campaigns.operations.dispute_task_done",
    "check_payment": "campaigns.operations.claim_task_done",
    "approve_offer": "payments.operations.offers.task_done",
    "approve": "outreach.operations.approvals.decide_task",
    "review_reply": "outreach.operations.replies.review_task_done",
    "document_needed": "outreach.operations.replies.document_task_done",
    "decide_cease": "outreach.operations.replies.cease_task_done",
    "resolve_doubt": "outreach.operations.doubts.decide_task",
    "decide_escalation": "outreach.operations.escalation.decide_task",
    "call": "outreach.operations.dialling.record_call",
}
TASK_ENDINGS = {
    "approve": "outreach.operations.approvals.withdraw_task",
    "call": "outreach.operations.dialling.withdraw_task",
}

# --- figures at /metrics: who gives them
METRICS = [
    "webhooks.metrics.backlog",
    "webhooks.metrics.attempts",
    "webhooks.metrics.endpoints",
    "webhooks.metrics.jobs",
    "outreach.metrics.steps",
    "outreach.metrics.stops",
]

# --- lists as files: kind → what its rows look like; some lie above the room that writes the files
EXPORT_SOURCES = {
    "campaigns": "campaigns.exporting.CAMPAIGNS",
    "cases": "campaigns.exporting.CASES",
    "contacts": "campaigns.exporting.CONTACTS",
    "debtors": "campaigns.exporting.DEBTORS",
    "decisions": "outreach.exporting.DECISIONS",
    "events": "events.exporting.EVENTS",
    "messages": "outreach.exporting.MESSAGES",
    "payments": "payments.exporting.PAYMENTS",
}
