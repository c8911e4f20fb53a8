"""Why a case stands as it does: what comes next, or what it waits for. A case with no next step always says why."""

from typing import NamedTuple


class Why(NamedTuple):
    """`code` is stable; `message` is for people."""

    code: str
    message: str


_AFTER_THE_PLAYBOOK = {
    "disputed": Why("disputed", "The invoice is disputed; nothing is sent until the dispute is answered."),
    "escalation_pending": Why("escalation_pending", "The case is ready for an attorney; our own messages have ended."),
    "escalated": Why("with_attorney", "An attorney has accepted the case; our own messages have ended."),
}
_NOT_RUNNING = {
    "paused": Why("campaign_paused", "The campaign is paused; what is planned waits until it is resumed."),
    "importing": Why("importing", "The campaign's file is still being read."),
    "completing": Why("campaign_completing", "The mandate is over; a payment on its way is waited for."),
}


def why(
    *,
    status: str,
    close_reason: str,
    opened: bool,
    campaign_status: str,
    organisation_paused: bool,
    held_by: list[str],
    step: tuple[str, str] | None,
) -> Why:
    """The one reason that comes first. `held_by`: kinds of the holds in force; `step`: (status, reason), the latest."""
    if status == "closed":
        return Why("closed", f"The case is closed: {close_reason.replace('_', ' ')}.")
    if organisation_paused:
        return Why("organisation_paused", "Your organisation is paused; nothing is sent.")
    if campaign_status in _NOT_RUNNING:
        return _NOT_RUNNING[campaign_status]
    if held_by:
        return Why("held", f"On hold: {', '.join(sorted(set(held_by)))}. Nothing is sent while it lasts.")
    if status in _AFTER_THE_PLAYBOOK:
        return _AFTER_THE_PLAYBOOK[status]
    if status == "needs_contact":
        return Why("needs_contact", "Nobody is left to write to: it needs a contact from you.")
    if status == "enriching":
        words = "People to write to are being searched for." if opened else "It is about to be opened."
        return Why("enriching" if opened else "opening", words)
    return _of_step(step)


def _of_step(step: tuple[str, str] | None) -> Why:
    status, reason = step or ("", "")
    if status == "planned":
        return Why("waiting", f"The next step waits: {reason}.") if reason else Why("planned", "It waits for its day.")
    if status in ("sending", "handed_over"):
        return Why("sending", "A message is on its way.")
    if status == "unconfirmed":
        return Why("in_doubt", "A message may have left or not; a person must say which. It is not repeated.")
    if status == "denied" and reason:
        return Why("needs_you", f"Nothing more is planned: {reason}.")
    return Why("finished", "The playbook is over; whatever they answer is still seen until the mandate ends.")
