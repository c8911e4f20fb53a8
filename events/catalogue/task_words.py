"""What the timeline says when a task is over, in the words a person uses."""

from typing import Any

# Kind → what somebody was asked for, for a task that nobody answered.
THINGS = {
    "approve": "something to approve",
    "call": "a call to make",
    "decide_cease": "whether they want no more contact",
    "review_reply": "a reply to read",
    "document_needed": "a document they asked for",
    "match_payment": "a payment to match",
    "contact_needed": "somebody to write to",
    "possible_duplicate": "whether two debtors are one",
    "answer_dispute": "an objection to answer",
    "check_payment": "a payment to look for",
    "resolve_doubt": "whether a message left",
    "approve_offer": "a settlement to approve",
    "decide_escalation": "whether to ask an attorney",
    "return_credit": "credit to return",
}
# Kind → outcome → what was found or decided.
ANSWERS = {
    "approve": {"approve": "Approved", "reject": "Not approved"},
    "call": {
        "conversation": "Called: somebody was spoken to",
        "voicemail": "Called: a message was left",
        "no_answer": "Called: nobody answered",
        "busy": "Called: the line was busy",
        "refused_recording": "Called: they did not agree to be recorded",
        "wrong_number": "Called: the number is not theirs",
    },
    "decide_cease": {"cease": "They want no more contact", "go_on": "They did not ask for an end of contact"},
    "review_reply": {"handled": "Reply read, nothing is left to do", "ignored": "Reply read, it says nothing"},
    "document_needed": {"provided": "Document provided", "not_available": "There is no such document"},
    "match_payment": {"matched": "Payment matched", "not_found": "No such payment came in"},
    "contact_needed": {"added": "Somebody to write to was added", "nobody": "Nobody to write to is known"},
    "possible_duplicate": {"same": "Both debtors are one company", "different": "The two debtors only share a name"},
    "answer_dispute": {"answered": "Objection answered", "accepted": "Their objection is right"},
    "check_payment": {"received": "The money came in", "not_received": "No money came in"},
    "resolve_doubt": {"sent": "The message had been sent", "not_sent": "The message had not been sent"},
    "approve_offer": {"approve": "Settlement approved", "refuse": "Settlement not approved"},
    "decide_escalation": {"escalate": "Decided: ask an attorney", "keep": "Decided: no attorney"},
    "return_credit": {
        "returned": "Credit given back",
        "used": "Credit used for another invoice",
        "kept": "Credit kept, as they agreed",
    },
}


def over(data: dict[str, Any]) -> str:
    """The line of `task.done`: what was answered, or that nothing need be answered any more."""
    kind, outcome = data.get("kind", ""), data.get("outcome") or ""
    thing = THINGS.get(kind, str(kind or "a task").replace("_", " "))
    if data.get("status") == "expired":
        return f"Nobody answered in time: {thing}"
    if not outcome or data.get("status") == "cancelled":
        return f"No longer waits for you: {thing}"
    return ANSWERS.get(kind, {}).get(outcome) or f"Answered: {thing}, {outcome.replace('_', ' ')}"
