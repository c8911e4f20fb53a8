"""Which status may follow which, one table per machine. What is not here is a 409 that names the state."""

from agentcollect.kit.errors import ApiError

CAMPAIGN: dict[str, frozenset[str]] = {
    "importing": frozenset({"active", "cancelled"}),
    "active": frozenset({"paused", "completing", "completed", "cancelled"}),
    "paused": frozenset({"active", "completing", "completed", "cancelled"}),
    "completing": frozenset({"completed", "cancelled"}),
    "completed": frozenset(),
    "cancelled": frozenset(),
}
CASE: dict[str, frozenset[str]] = {
    "enriching": frozenset({"active", "needs_contact", "disputed", "closed"}),
    "needs_contact": frozenset({"active", "enriching", "disputed", "closed"}),
    "active": frozenset({"needs_contact", "promised", "in_plan", "disputed", "escalation_pending", "closed"}),
    "promised": frozenset({"active", "disputed", "closed"}),
    "in_plan": frozenset({"active", "disputed", "closed"}),
    "disputed": frozenset({"active", "closed"}),
    "escalation_pending": frozenset({"active", "disputed", "escalated", "closed"}),
    "escalated": frozenset({"active", "disputed", "closed"}),
    "closed": frozenset({"active"}),
}
PROMISE: dict[str, frozenset[str]] = {
    "proposed": frozenset({"open", "cancelled"}),
    "open": frozenset({"kept", "partially_kept", "broken", "cancelled"}),
    "kept": frozenset(),
    "partially_kept": frozenset(),
    "broken": frozenset(),
    "cancelled": frozenset(),
}
PLAN: dict[str, frozenset[str]] = {
    "offered": frozenset({"active", "cancelled"}),
    "active": frozenset({"finished", "defaulted", "cancelled"}),
    "finished": frozenset(),
    "defaulted": frozenset(),
    "cancelled": frozenset(),
}
OFFER: dict[str, frozenset[str]] = {
    "draft": frozenset({"approved", "expired", "void"}),
    "approved": frozenset({"sent", "expired", "void"}),
    # Straight to settled too, by the payment: paying what was offered accepts it.
    "sent": frozenset({"accepted", "declined", "expired", "void"}),
    "accepted": frozenset({"expired", "void"}),
    "declined": frozenset(),
    # Money that came in time and was told of later still settles (a bank's statement is a day late).
    "expired": frozenset({"accepted"}),
    # The same of a settlement that a returned payment undid, when the money comes back after all.
    "void": frozenset({"accepted"}),
}
_OUTCOMES = frozenset({"upheld", "partially_upheld", "rejected", "withdrawn"})
DISPUTE: dict[str, frozenset[str]] = {
    "opened": frozenset({"information_requested", "answered"}) | _OUTCOMES,
    "information_requested": frozenset({"answered"}) | _OUTCOMES,
    # Asked once more, after an answer that did not settle it.
    "answered": frozenset({"information_requested"}) | _OUTCOMES,
    "upheld": frozenset(),
    "partially_upheld": frozenset(),
    "rejected": frozenset(),
    "withdrawn": frozenset(),
}


def check(machine: dict[str, frozenset[str]], now: str, then: str) -> None:
    """Raise ApiError(illegal_transition) unless `now → then` stands in the table."""
    if then not in machine[now]:
        raise ApiError("illegal_transition", f"It is {now}, and from there it cannot become {then}.", state=now)


def refused(now: str, wanted: str, why: str = "") -> ApiError:
    """The same 409 for what is no move between states but is forbidden by one: `wanted` says what ("be held"), `why`
    more about the state (the reason a case was closed for)."""
    stands = f"{now} ({why})" if why else now
    return ApiError("illegal_transition", f"It is {stands}, and so it cannot {wanted}.", state=now)
