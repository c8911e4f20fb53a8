"""What a debtor is told without being asked for anything: the receipt of what they paid, the link that they asked for.

A subscriber of events (settings.EVENT_SUBSCRIBERS): called at the end of the transaction that recorded the fact, with
its cases locked. It inserts steps and does nothing else; the gate decides about each when it is due (LAW.md, "Kinds of
message").
"""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from agentcollect.kit import db, money
from campaigns.models import Case, Contact
from campaigns.queries import people_on_file, usable_contacts
from events.models import Event
from outreach.models import Message
from outreach.operations.answering import plan_answer
from outreach.queries.letters import LEFT
from payments.models import Payment

RECEIPT, LINK = "notice_receipt", "notice_link"
# Money that the debtor sent to us. What the creditor or an attorney reports went past us, perhaps long ago, and may be
# a correction of their books: they had it, and they thank for it.
_CAME = frozenset({Payment.Source.PAGE, Payment.Source.TRANSFER, Payment.Source.SANDBOX})
# Credit that is used, and money that comes again after it had gone back, were thanked for when they first came.
_OLD = ("from_credit", "reinstated")
Told = tuple[Event, dict[str, Any]]


def plan_notices(events: list[Event]) -> None:
    """Plan a receipt for each payment that came, and the mail for each link that was asked for. Where neither
    happened, nothing is asked of the database."""
    paid: dict[str, list[Told]] = {}
    for event in events:
        if event.type == "payment.received":
            data = event.data
            if data.get("source") in _CAME and not any(data.get(name) for name in _OLD):
                paid.setdefault(data["payment_id"], []).append((event, data))
        elif event.type == "link.requested":
            _plan_link(event)
    for payment_id, told in paid.items():
        _plan_receipt(payment_id, told)


# --- a receipt


def _plan_receipt(payment_id: str, told: list[Told]) -> None:
    """One mail for the payment, however many invoices it paid: about the first of them, to whom we wrote of it."""
    event = told[0][0]
    contact = _whom(event.debtor_id, [one.case_id for one, _ in told])
    if contact is None:
        return
    case = Case.objects.select_related("organisation").get(id=event.case_id)
    payment = Payment.objects.get(id=payment_id)
    others = [one.case_id for one, _ in told[1:]]
    facts = _receipt(payment, case.organisation.timezone, [data for _, data in told]) | {"others": others}
    plan_answer(
        case=case,
        contact=contact,
        intent=RECEIPT,
        kind="notice",
        cause=payment_id,
        facts=facts,
        at=event.created_at,
    )


def _whom(debtor_id: str, case_ids: list[str]) -> Contact | None:
    """Who was written to last about one of these invoices, else about another of the debtor's; before anybody was, whom
    the creditor named or whose address is proven. Nobody, where that address is closed or takes no mail: another person
    is not told who paid."""
    mails = Message.objects.filter(debtor_id=debtor_id, channel="email", status__in=LEFT).exclude(contact=None)
    about = Q(db.among("case_id", case_ids))
    last = mails.annotate(about=about).order_by("-about", "-created_at", "-id").values_list("contact_id", flat=True)
    reached = last.first()
    if reached:
        return usable_contacts(debtor_id).filter(id=reached).first()
    return people_on_file(debtor_id).order_by("level", "id").first()


def _receipt(payment: Payment, zone: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    """What the receipt says. `paid`: [invoice number, minor units] of each invoice; `amount_minor`: what all of them
    have open after it, which is what stands for `{amount}` in its words whatever happens later."""
    currency = payment.currency

    def minor(amount: float) -> int:
        return money.to_minor(Decimal(str(amount)), currency)

    minors = [minor(data["amount_collected"]) for data in told]
    numbers = [data["invoice_number"] or "" for data in told]
    came = payment.received_at or payment.created_at
    return {
        "payment_id": payment.id,
        "paid_amount_minor": payment.amount_minor,
        "paid_on": came.astimezone(ZoneInfo(zone)).date().isoformat(),
        "paid": [list(pair) for pair in zip(numbers, minors, strict=True)],
        "credit_minor": payment.amount_minor - sum(minors),
        "amount_minor": sum(minor(data["balance"]) for data in told),
    }


# --- a link that was asked for


def _plan_link(event: Event) -> None:
    """The link of one invoice's page, to the very address that asked and is on file."""
    contact = Contact.objects.filter(id=event.data["contact_id"], debtor_id=event.debtor_id).first()
    case = Case.objects.filter(id=event.case_id).first()
    if contact is not None and case is not None:
        plan_answer(
            case=case,
            contact=contact,
            intent=LINK,
            kind="notice",
            cause=event.data["request_id"],
            facts={},
            at=event.created_at,
        )
