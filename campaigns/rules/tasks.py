"""What a person can answer to each kind of task, and how long it is waited for."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from compliance.hours import NeverPermitted, public_holidays

# Kind → the outcomes that complete it, each with what it means to the person who chooses it.
OUTCOMES: dict[str, dict[str, str]] = {
    "approve": {
        "approve": "It may go: the draft is sent as it stands, or the excluded invoice goes on.",
        "reject": "It may not: the draft is dropped and the playbook goes on; an excluded invoice stays on hold.",
    },
    "call": {
        "conversation": "Somebody was spoken to.",
        "voicemail": "A message was left.",
        "no_answer": "Nobody answered.",
        "busy": "The line was busy.",
        "refused_recording": "They did not agree to be recorded; the call ended.",
        "wrong_number": "The number is not theirs.",
    },
    "decide_cease": {
        "cease": "They want no more contact: nothing is sent any more.",
        "go_on": "They did not ask for that: what waited goes on.",
    },
    "review_reply": {
        "handled": "You answered them, or nothing is to be done: what waited goes on.",
        "ignored": "It says nothing: what waited goes on.",
    },
    "document_needed": {
        "provided": "The document was added or sent.",
        "not_available": "There is no such document.",
    },
    "match_payment": {"matched": "The payment was recorded.", "not_found": "No such payment came in."},
    "contact_needed": {
        "added": "Somebody to write to was added.",
        "nobody": "Nobody is known; the invoice waits on.",
    },
    "possible_duplicate": {
        "same": "Both are one company: their contacts count together.",
        "different": "They only share a name.",
    },
    "answer_dispute": {"answered": "The dispute was answered.", "accepted": "The debtor is right."},
    "check_payment": {"received": "The money came in, and was recorded.", "not_received": "It did not."},
    "resolve_doubt": {
        "sent": "The mail provider's log shows the message: it was sent.",
        "not_sent": "It never left: the act is planned again.",
    },
    "approve_offer": {
        "approve": "It may be offered: it is told to the debtor, and stands until its day.",
        "refuse": "It may not: the offer is void, and nobody hears of it.",
    },
    "decide_escalation": {
        "escalate": "An attorney is asked; our own messages end when one has accepted.",
        "keep": "No attorney: they get a statement a month until the mandate ends.",
    },
    "return_credit": {
        "returned": "It was given back to them; where that was not done here, record it as a refund.",
        "used": "It was used for another invoice of theirs.",
        "kept": "They agreed that you keep it for an invoice to come.",
    },
}
# What the playbook can go on without; every other kind waits until it is done or its cause is gone.
_PASSED_OVER = frozenset({"call"})
# ENGINE.md, Step: human tasks are passed over after three business days; approvals never.
PATIENCE_DAYS = 3


def business_days_after(at: datetime, days: int, *, zone: str, country: str) -> datetime:
    """The same local time `days` business days after `at`, where the people work who are asked.

    Business days are Monday to Friday without the public holidays of `country`; where those are not known, weekdays.
    """
    local = at.astimezone(ZoneInfo(zone))
    while days > 0:
        local += timedelta(days=1)
        days -= _works(local, country)
    return local.astimezone(at.tzinfo)


def _works(local: datetime, country: str) -> bool:
    if local.weekday() >= 5:
        return False
    try:
        return local.date() not in public_holidays(country, None, local.year)
    except NeverPermitted:
        return True


def expiry(kind: str, at: datetime, *, zone: str, country: str) -> datetime | None:
    """When a task of `kind` opened at `at` is passed over; None: never."""
    if kind not in _PASSED_OVER:
        return None
    return business_days_after(at, PATIENCE_DAYS, zone=zone, country=country)
