"""What debtors and creditor do in the month, by the API's own routes (a payment on the page, by the page's own
operation): `ACTS[name](door, case, told, at)`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accounts import timeline
from agentcollect.kit import clock, ids, money
from campaigns.models import Case, Dispute
from payments import operations as payments
from payments.models import Offer, Payment
from payments.providers.base import Instrument
from sandbox.month.door import Door

Act = Callable[[Door, Case, Any, datetime], object]
_METHODS = ("bank_transfer", "card", "ach_debit", "bank_transfer")
_BEFORE_FIRST = timedelta(days=4)
# The sandbox's card that always pays.
_CARD = "4242424242424242"


def _amount(case: Case, part: float) -> float:
    return float(money.to_major(max(round(case.balance_minor * part), 1), case.currency))


def _pay(door: Door, case: Case, part: float | None, at: datetime) -> object:
    body: dict[str, Any] = {"case_id": case.id, "method": _METHODS[case.placed_minor % len(_METHODS)]}
    return door.post("/v1/sandbox/payments", body | ({"amount": _amount(case, part)} if part else {}))


def _check(door: Door, case: Case, told: None, at: datetime) -> object:
    """The creditor reports what came by post."""
    body = {"case_id": case.id, "amount": _amount(case, 1), "method": "check"}
    return door.post("/v1/payments", body)


def _charge(door: Door, case: Case, outcome: str, at: datetime) -> object:
    return door.post("/v1/sandbox/payments", {"case_id": case.id, "outcome": outcome})


def _card(door: Door, case: Case, invoices: int | None, at: datetime) -> Payment:
    """On the page, with a card: this invoice, or so many of theirs together."""
    theirs = Case.objects.filter(debtor_id=case.debtor_id, closed_at=None).order_by("invoice_number")
    return _on_page(list(theirs[:invoices]) if invoices else [case])


def _on_page(cases: list[Case], *, amount_minor: int = 0, offer_id: str = "") -> Payment:
    at = timeline.act(cases[0].clock_id)
    parts = tuple((case.id, case.balance_minor) for case in cases)
    return payments.pay(
        case=cases[0],
        amount_minor=amount_minor or sum(minor for _, minor in parts),
        instrument=Instrument("card", _CARD, f"12/{(at.year + 2) % 100:02}", "123"),
        nonce=ids.random62(22),
        instruction=parts if len(parts) > 1 else (),
        offer_id=offer_id,
        by="debtor",
        at=at,
    )


def _refund(door: Door, case: Case, told: dict[str, Any], at: datetime) -> object:
    """The creditor gives a part of what was paid back; the processor is asked as the worker would."""
    paid = Payment.objects.filter(case=case, status=Payment.Status.SUCCEEDED).order_by("-created_at")[0]
    body = {name: value for name, value in told.items() if name != "part"}
    body["amount"] = float(money.to_major(round(paid.amount_minor * told["part"]), paid.currency))
    made = door.post(f"/v1/payments/{paid.id}/refunds", body)
    return payments.run_refund(refund_id=made["id"], at=clock.now())


def _offer(door: Door, case: Case, percent: int, at: datetime) -> object:
    body = {"discount_percent": percent, "reason": "They asked by phone what we would take this month."}
    return door.post(f"/v1/cases/{case.id}/offers", body)


def _send(door: Door, case: Case, told: None, at: datetime) -> object:
    offer = _drafted(case)
    door.post(f"/v1/offers/{offer.id}/approve")
    return door.post(f"/v1/offers/{offer.id}/send")


def _settle(door: Door, case: Case, told: None, at: datetime) -> object:
    """They accept what was offered, and pay it on the page."""
    offer = _drafted(case)
    door.post(f"/v1/offers/{offer.id}/accept")
    return _on_page([case], amount_minor=offer.amount_minor, offer_id=offer.id)


def _drafted(case: Case) -> Offer:
    return Offer.objects.filter(case=case).order_by("-created_at")[0]


def _reply(door: Door, case: Case, template: str, at: datetime) -> object:
    return door.post("/v1/sandbox/replies", {"case_id": case.id, "template": template})


def _bounce(door: Door, case: Case, kind: str | None, at: datetime) -> object:
    return door.post("/v1/sandbox/bounces", {"case_id": case.id, "kind": kind or "hard"})


def _plan(door: Door, case: Case, instalments: int, at: datetime) -> object:
    first = (at + _BEFORE_FIRST).date().isoformat()
    body = {"instalments": instalments, "first_on": first, "agreed": True}
    return door.post(f"/v1/cases/{case.id}/plan", body)


def _answer(door: Door, case: Case, text: str, at: datetime) -> object:
    return door.post(f"/v1/disputes/{_dispute(case)}/answer", {"text": text})


def _resolve(door: Door, case: Case, outcome: str, at: datetime) -> object:
    return door.post(f"/v1/disputes/{_dispute(case)}/resolve", {"outcome": outcome})


def _dispute(case: Case) -> str:
    return Dispute.objects.filter(case=case).order_by("-created_at").values_list("id", flat=True)[0]


def _hold(door: Door, case: Case, reason: str, at: datetime) -> object:
    return door.post(f"/v1/cases/{case.id}/hold", {"kind": "creditor_pause", "reason": reason})


def _veto(door: Door, case: Case, reason: str, at: datetime) -> object:
    return door.post(f"/v1/cases/{case.id}/veto_escalation", {"reason": reason})


def _close(door: Door, case: Case, note: str, at: datetime) -> object:
    return door.post(f"/v1/cases/{case.id}/close", {"reason": "recalled", "note": note})


ACTS: dict[str, Act] = {
    "pay": _pay,
    "check": _check,
    "charge": _charge,
    "card": _card,
    "refund": _refund,
    "offer": _offer,
    "send": _send,
    "settle": _settle,
    "reply": _reply,
    "bounce": _bounce,
    "plan": _plan,
    "answer": _answer,
    "resolve": _resolve,
    "hold": _hold,
    "veto": _veto,
    "close": _close,
}
