"""What members can be told by mail, in plain words: pure functions over an event's data."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from agentcollect.kit import money
from events.catalogue.shape import method

Data = Mapping[str, Any]


class Topic(NamedTuple):
    """A type one can choose to be told of: its line on the preferences page, and the words that explain it."""

    label: str
    says: str


# In the page's order. Only types that reach subscribers (events.catalogue.PUBLIC) can be told.
TOPICS = {
    "case.held": Topic(
        "A debtor objects, or a case needs you",
        "A dispute, a demand to stop, a claim to have paid, an attorney, bankruptcy, an approval that waits. "
        "Not the pauses you set yourself.",
    ),
    "case.escalation_proposed": Topic(
        "A case is to be offered to an attorney", "Two days before, so that you can veto it; or when it waits for you."
    ),
    "case.escalated": Topic("An attorney took a case", "Who it is, and what is still owed."),
    "payment.received": Topic("A payment came in", "Each payment with its amount and what is left."),
    "payment.failed": Topic("A payment did not go through", "A declined card, a returned debit."),
    "payment.reversed": Topic("A payment went back", "A returned debit or a chargeback: it is owed again."),
    "case.closed": Topic("A case ended", "Paid, settled, written off, or ended for another reason."),
    "message.failed": Topic("An e-mail to a debtor bounced", "The address does not exist, or refuses our mail."),
    "contact.suppressed": Topic("A debtor opted out", "They closed e-mail or another way to reach them."),
    "campaign.completed": Topic("A campaign ended", "With what was placed and what was collected."),
    "import.failed": Topic("A file could not be read", "None of its invoices were taken."),
    "endpoint.disabled": Topic("A webhook endpoint was switched off", "Your systems hear nothing there until you act."),
    "statement.ready": Topic("A monthly statement is there", "What a month brought, and what you are charged for it."),
    "organisation.paused": Topic("Everything was paused", "Nothing is sent to any debtor."),
    "organisation.resumed": Topic("Everything goes on", "The pause of the whole organisation ended."),
}

# Of the holds only what comes from the debtor, the law or our own checks; the rest are the creditor's own acts or the
# ordinary course of a case (a promise, a plan, a payment under way).
_HELD = {
    "dispute": "{debtor} disputes invoice {invoice}",
    "cease": "{debtor} demands that contact stops",
    "paid_claim": "{debtor} says that invoice {invoice} is paid",
    "attorney_represented": "{debtor} is represented by an attorney",
    "bankruptcy": "{debtor} is in bankruptcy",
    "deceased": "{debtor}: the person you are owed by has died",
    "hardship": "{debtor} reports hardship",
    "identity_doubt": "It is in doubt whether {debtor} is the right debtor",
    "approval": "The case of {debtor} waits for your approval",
    "compliance_review": "The case of {debtor} waits for a compliance review",
    "domain_unverified": "Nothing is sent to {debtor}: the sending domain is not verified",
}
_ENDED = {"paid": "paid", "settled": "settled", "recalled": "recalled", "written_off": "written off"}


def is_told(event_type: str, data: Data) -> bool:
    """Whether this event is worth a mail to those who chose its type."""
    return event_type in TOPICS and (event_type != "case.held" or data.get("hold") in _HELD)


def title(event_type: str, data: Data) -> str:
    """What happened, in one line. A fact that is missing leaves a general word, never a hole."""
    named = {"debtor": data.get("debtor") or "A debtor", "invoice": data.get("invoice_number") or "(no number)"}
    if event_type == "case.held":
        return one_line(_HELD[data["hold"]].format_map(named))
    return one_line(_TITLES[event_type](data, named["debtor"]))


_TITLES: dict[str, Callable[[Data, str], str]] = {
    "case.escalation_proposed": lambda d, who: f"The case of {who} is to be offered to an attorney",
    "case.escalated": lambda d, who: f"An attorney took the case of {who}",
    "payment.received": lambda d, who: f"{who} paid {_money(d, 'amount_collected')}",
    "payment.failed": lambda d, who: f"A payment of {_money(d, 'amount')} by {who} did not go through",
    "payment.reversed": lambda d, who: f"A payment of {_money(d, 'amount')} by {who} went back",
    "case.closed": lambda d, who: f"The case of {who} ended: {_reason(d)}",
    "message.failed": lambda d, who: f"An e-mail to {who} could not be delivered",
    "contact.suppressed": lambda d, who: f"{who} is not to be reached by {d.get('channel') or 'this way'} any more",
    "campaign.completed": lambda d, who: (
        f"A campaign ended: {_money(d, 'collected')} of {_money(d, 'placed')} collected"
    ),
    "import.failed": lambda d, who: "A file of invoices could not be read",
    "endpoint.disabled": lambda d, who: "A webhook endpoint was switched off",
    "statement.ready": lambda d, who: f"Your statement of {d.get('month') or 'a month'}: {_money(d, 'net_fee')}",
    "organisation.paused": lambda d, who: "Everything is paused: nothing is sent to any debtor",
    "organisation.resumed": lambda d, who: "The pause ended: everything goes on",
}


def facts(event_type: str, data: Data) -> list[tuple[str, str]]:
    """(label, value) of what a reader wants to know before opening the page; what is missing is left out."""
    found = {
        "Debtor": data.get("debtor"),
        "Invoice": data.get("invoice_number"),
        "Paid": _money(data, "amount_collected") if event_type == "payment.received" else "",
        "By": method(data),
        "Balance": _money(data, "balance") if data.get("balance") is not None else "",
        "Collected by us": _money(data, "collected_by_us") if event_type == "statement.ready" else "",
        "Attorney": (data.get("attorney") or {}).get("name"),
        "Subject": data.get("subject"),
        "Address": data.get("url"),
        "Why": _why(event_type, data),
        "Failing event": " ".join(str(data[name]) for name in ("event_type", "event_id") if data.get(name)),
    }
    return [(label, one_line(str(value))) for label, value in found.items() if value]


def _why(event_type: str, data: Data) -> str:
    if event_type == "case.closed":
        return data.get("note") or ""
    said = next((data[name] for name in ("error", "failure", "reason") if data.get(name)), "")
    return str(said).replace("_", " ") if event_type in _CODED else str(said)


_CODED = frozenset({"case.escalated", "contact.suppressed"})  # their reason is a word of the API, not of a person


def _reason(data: Data) -> str:
    reason = str(data.get("reason") or "no reason given")
    return _ENDED.get(reason, reason.replace("_", " "))


def _money(data: Data, name: str) -> str:
    """`$15,000.00`: the event holds a JSON number of major units."""
    amount, currency = data.get(name), data.get("currency")
    if isinstance(amount, bool) or not isinstance(amount, int | float) or currency not in money.CURRENCIES:
        return "an amount"
    return money.display(money.to_minor(Decimal(str(amount)), currency), currency)


def one_line(text: str) -> str:
    """`text` without breaks or control characters: it may stand in a mail's header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
