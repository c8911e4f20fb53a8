"""What runs in the background, where and how often: Celery wakes workers, rows are the promise.

Every entry is also a sweep: it finds what a lost nudge or a dead worker left behind.
"""

from typing import Any

TASK_ROUTES = {  # a whole name is looked up before patterns
    "webhooks.mail_members": {"queue": "default"},
    "webhooks.greet_members": {"queue": "default"},
    "webhooks.tell_owners": {"queue": "default"},
    "webhooks.prune": {"queue": "default"},
    "webhooks.*": {"queue": "webhooks"},
}

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "open-cases": {"task": "campaigns.open_cases", "schedule": 5.0},
    "run-imports": {"task": "campaigns.run_imports", "schedule": 5.0},
    "judge-exhausted": {"task": "campaigns.judge_exhausted", "schedule": 30.0},
    "release-holds": {"task": "campaigns.release_holds", "schedule": 15.0},
    "end-mandates": {"task": "campaigns.end_mandates", "schedule": 60.0},
    "expire-tasks": {"task": "campaigns.expire_tasks", "schedule": 60.0},
    "screen-debtors": {"task": "campaigns.screen_debtors", "schedule": 60.0},
    "settle-exclusions": {"task": "campaigns.settle_exclusions", "schedule": 10.0},
    "store-documents": {"task": "campaigns.store_documents", "schedule": 10.0},
    "forget-files": {"task": "campaigns.forget_files", "schedule": 3600.0},
    "run-exports": {"task": "campaigns.run_exports", "schedule": 5.0},
    "expire-exports": {"task": "campaigns.expire_exports", "schedule": 600.0},
    "check-contacts": {"task": "outreach.check_contacts", "schedule": 15.0},
    "fetch-logos": {"task": "campaigns.fetch_logos", "schedule": 30.0},
    "enrich-due": {"task": "outreach.enrich_due", "schedule": 5.0},
    "send-due": {"task": "outreach.send_due", "schedule": 5.0},
    "recall-calls": {"task": "outreach.recall_calls", "schedule": 60.0},
    "check-fuse": {"task": "outreach.check_fuse", "schedule": 10.0},
    "process-inbound": {"task": "outreach.process_inbound", "schedule": 5.0},
    "drive-clocks": {"task": "sandbox.drive_clocks", "schedule": 1.0},
    "reset-test-data": {"task": "sandbox.reset_test_data", "schedule": 5.0},
    "react-due": {"task": "sandbox.react_due", "schedule": 5.0},
    "poll-mailboxes": {"task": "outreach.poll_mailboxes", "schedule": 60.0},
    "probe-reply-paths": {"task": "outreach.probe_reply_paths", "schedule": 60.0},
    "sweep-leases": {"task": "outreach.sweep_leases", "schedule": 15.0},
    "escalate-exhausted": {"task": "outreach.escalate_exhausted", "schedule": 30.0},
    "run-refunds": {"task": "payments.run_refunds", "schedule": 30.0},
    "sweep-processing": {"task": "payments.sweep_processing", "schedule": 30.0},
    "process-callbacks": {"task": "payments.process_callbacks", "schedule": 10.0},
    "prune-callbacks": {"task": "payments.prune_callbacks", "schedule": 3600.0},
    "sweep-checkouts": {"task": "payments.sweep_checkouts", "schedule": 60.0},
    "read-books": {"task": "payments.read_books", "schedule": 600.0},
    "pay-out-sandbox": {"task": "payments.pay_out", "schedule": 600.0},
    "check-domains": {"task": "payments.check_domains", "schedule": 30.0},
    "resolve-link-requests": {"task": "payments.resolve_link_requests", "schedule": 5.0},
    "prune-link-requests": {"task": "payments.prune_link_requests", "schedule": 3600.0},
    "judge-promises": {"task": "payments.judge_promises", "schedule": 15.0},
    "expire-offers": {"task": "payments.expire_offers", "schedule": 15.0},
    "make-statements": {"task": "payments.make_statements", "schedule": 3600.0},
    "judge-plans": {"task": "payments.judge_plans", "schedule": 15.0},
    "match-bank-lines": {"task": "payments.match_bank_lines", "schedule": 5.0},
    "activate-remit-to": {"task": "payments.activate_remit_to", "schedule": 60.0},
    "tell-remit-to": {"task": "payments.tell_remit_to", "schedule": 30.0},
    "sweep-deliveries": {"task": "webhooks.sweep", "schedule": 10.0},
    "tell-owners-of-disabled": {"task": "webhooks.tell_owners", "schedule": 30.0},
    "mail-members": {"task": "webhooks.mail_members", "schedule": 10.0},
    "greet-members": {"task": "webhooks.greet_members", "schedule": 60.0},
    "run-replays": {"task": "webhooks.run_replays", "schedule": 1.0},
    "prune-deliveries": {"task": "webhooks.prune", "schedule": 600.0},
    "prune-requests": {"task": "accounts.prune_requests", "schedule": 600.0},
    "forget-stopped-credentials": {"task": "accounts.forget_stopped", "schedule": 10.0},
    "tell-of-leaks": {"task": "accounts.tell_of_leaks", "schedule": 60.0},
    "clear-tokens": {"task": "accounts.clear_tokens", "schedule": 3600.0},
}
# An entry that nobody picked up within its period is dropped: the next one finds the same rows.
for _entry in BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": _entry["schedule"] * 2}
