"""What the payment page is about: the one thing a reader must know first."""

from datetime import datetime
from typing import Any

from campaigns.models import Campaign, Case
from payments import providers, rules
from payments.models import Payment

# Closed without having been paid: page → the reasons it is shown for.
_ENDINGS = {
    "recalled": ("recalled",),
    "upheld": ("dispute_upheld",),
    "duplicate": ("duplicate",),
}
# The state that takes a payment; which of its pages, `open_state` says.
OPEN = "open"


def state(case: Case, facts: dict[str, Any]) -> str:
    """The template of the page: rules.page_state, and which of its endings."""
    found = rules.page_state(
        closed=case.closed_at is not None,
        close_reason=case.close_reason,
        balance_minor=case.balance_minor,
        under_way=facts["under_way"] is not None,
    )
    if found == "open" and case.status == Case.Status.ESCALATED:
        return "attorney"
    return _ending(case) if found == "closed" else found


def _ending(case: Case) -> str:
    # What was open at the end of the mandate closes as uncollectible; the invoice itself may well be owed.
    if case.close_reason == Case.CloseReason.UNCOLLECTIBLE and case.campaign.status == Campaign.Status.COMPLETED:
        return "expired"
    return next((page for page, reasons in _ENDINGS.items() if case.close_reason in reasons), "closed")


def over(case: Case, now: datetime) -> bool:
    """Whether the mandate of an open case has ended, and the engine has not come to close it yet."""
    return case.closed_at is None and case.campaign.mandate_ends_at <= now


def open_state(stands: dict[str, Any], *, offer: bool) -> str:
    """Which of the pages that take a payment: by what stands about the invoice."""
    said = {
        "disputed": stands["disputed"],
        "claimed": stands["claimed"],
        "offered": offer,
        "in_plan": stands["plan"],
        "promised": stands["promised"],
    }
    return next((page for page, true in said.items() if true), "open")


def under_way(payment: Payment) -> dict[str, Any]:
    """Which page a payment without an outcome has: on its way, to be finished on the processor's own page, or begun
    there without an answer."""
    if payment.checkout_url:
        return {"state": "unfinished", "checkout_url": payment.checkout_url}
    if hosted(payment) and not payment.reference:
        return {"state": "down", "unsure": True}
    return {"state": "processing"}


def hosted(payment: Payment) -> bool:
    """Whether it is made on a page of its processor's."""
    processor = providers.processor_named(payment.provider)
    return processor is not None and processor.hosted
