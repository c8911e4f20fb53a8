"""Why a case stands as it does: what comes next, or what it waits for. A case with no next step always says why."""

import re
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple


class Why(NamedTuple):
    """`code` is stable; `message` is for people."""

    code: str
    message: str


class Held(NamedTuple):
    """A hold in force: its kind, and until when, if it ends by itself."""

    kind: str
    until: date | None = None


# What a step says of itself while it waits, where a code of its own tells it.
READING = "what they wrote is being read"
STOPPED = "stopped: "
CATCHING_UP = "many messages waited together; they are caught up one after the other"
_CARRIED = "the message about invoice {} lists this one too"
_RULE = re.compile(r"\((?:R|H)-\d\d\)$")
_STEPS = {READING: "reading_reply", CATCHING_UP: "catching_up"}

_AGREED = {
    "promised": "A payment was promised; nothing is sent until its day is over.",
    "in_plan": "It is paid in instalments; nothing is sent while they come.",
}
_AFTER_THE_PLAYBOOK = {
    "disputed": Why("disputed", "The invoice is disputed; nothing is sent until the dispute is answered."),
    "escalation_pending": Why("escalation_pending", "The case is ready for an attorney; our own messages have ended."),
    "escalated": Why("with_attorney", "An attorney has accepted the case; our own messages have ended."),
}
_NOT_RUNNING = {
    "paused": Why("campaign_paused", "The campaign is paused; what is planned waits until it is resumed."),
    "importing": Why("importing", "The campaign's file is still being read."),
    "completing": Why("campaign_completing", "The mandate is over; a payment on its way is waited for."),
    "completed": Why("campaign_over", "The mandate is over."),
    "cancelled": Why("campaign_over", "The campaign was cancelled."),
}
_DECIDE = "decide_escalation"
# What a person has to do before it goes on, by the kind of the open task; the first that is open says why.
_TASKS = {
    "approve": Why("waiting_for_approval", "A message is written and waits for your approval."),
    "decide_cease": Why("needs_you", "They may have asked for no more contact; you decide what they meant."),
    "review_reply": Why("needs_you", "They wrote something that you must read."),
    "answer_dispute": Why("needs_you", "Their dispute waits for your answer."),
    "check_payment": Why("needs_you", "They say they paid; look whether it arrived."),
    "match_payment": Why("needs_you", "A payment came that nobody could match."),
    "document_needed": Why("needs_you", "They ask for a document that only you have."),
    "contact_needed": Why("needs_contact", "Nobody is left to write to: it needs a contact from you."),
    "possible_duplicate": Why("needs_you", "The debtor may be in your books twice; you decide."),
    "call": Why("waiting_for_call", "A person's call comes next."),
    _DECIDE: Why("needs_you", "You decide whether an attorney is asked."),
    "approve_offer": Why("needs_you", "A settlement offer waits for your approval."),
    "return_credit": Why("needs_you", "They paid more than they owed; give it back, or use it."),
    "resolve_doubt": Why("in_doubt", "A message may have left or not; a person must say which. It is not repeated."),
}


def carried_by(invoice: str) -> str:
    """What a step says whose invoice is spoken for by another one of the same debtor."""
    return _CARRIED.format(invoice)


def why(
    *,
    status: str,
    close_reason: str,
    opened: bool,
    campaign_status: str,
    organisation_paused: bool,
    held_by: Sequence[str | Held],
    step: tuple[str, str] | None,
    carrier: str | None = None,
    tasks: Collection[str] = (),
) -> Why:
    """The one reason that comes first; there always is one.

    `held_by`: the holds in force; `step`: (status, reason) of the planned one, else the latest; `carrier`: the invoice
    that speaks for this one, if one does; `tasks`: kinds of the open tasks about this case.
    """
    held = [one if isinstance(one, Held) else Held(one) for one in held_by]
    if status == "closed":
        return Why("closed", f"The case is closed: {close_reason.replace('_', ' ') or 'nothing more is asked'}.")
    if organisation_paused:
        return Why("organisation_paused", "Your organisation is paused; nothing is sent.")
    if campaign_status in _NOT_RUNNING:
        return _NOT_RUNNING[campaign_status]
    if status in _AGREED:
        return _agreed(status, held)
    if {one.kind for one in held} == {"approval"}:
        return _TASKS["approve"]
    if held:
        return _held(held)
    if status == "escalation_pending" and _DECIDE in tasks:
        return _TASKS[_DECIDE]
    if status in _AFTER_THE_PLAYBOOK:
        return _AFTER_THE_PLAYBOOK[status]
    if status == "needs_contact":
        return _TASKS["contact_needed"]
    if status == "enriching":
        words = "People to write to are being searched for." if opened else "It is about to be opened."
        return Why("enriching" if opened else "opening", words)
    if carrier is not None:
        return Why("carried", f"One conversation per debtor: {_CARRIED.format(carrier)}.")
    return _of_step(step, tasks)


def _agreed(status: str, held: Sequence[Held]) -> Why:
    kind = {"promised": "promise", "in_plan": "plan"}[status]
    ends = [one.until for one in held if one.kind == kind and one.until]
    return Why(status, f"{_AGREED[status]} Until {max(ends).isoformat()}." if ends else _AGREED[status])


def _held(held: Sequence[Held]) -> Why:
    kinds = ", ".join(sorted({one.kind for one in held}))
    ends = [one.until for one in held]
    until = "" if None in ends else f" It ends on {max(end for end in ends if end).isoformat()}."
    return Why("held", f"On hold: {kinds}. Nothing is sent while it lasts.{until}")


def _of_step(step: tuple[str, str] | None, tasks: Collection[str]) -> Why:
    status, reason = step or ("", "")
    if status == "planned" and _DECIDE not in tasks:
        return _waiting(reason)
    if status in ("sending", "handed_over"):
        return Why("sending", "A message is on its way.")
    for kind, asked in _TASKS.items():
        if kind in tasks:
            return asked
    if status == "needs_human":
        return Why("needs_you", f"A person must look at it: {reason or 'it cannot be sent as it is'}.")
    if status == "unconfirmed":
        return _TASKS["resolve_doubt"]
    if status in ("denied", "failed") and reason:
        return Why("needs_you", f"Nothing more is planned: {reason}.")
    return Why("finished", "The playbook is over; whatever they answer is still seen until the mandate ends.")


def _waiting(reason: str) -> Why:
    if not reason:
        return Why("planned", "It waits for its day.")
    code = "blocked" if _RULE.search(reason) else "stopped" if reason.startswith(STOPPED) else "waiting"
    return Why(_STEPS.get(reason, code), f"The next step waits: {reason}.")
