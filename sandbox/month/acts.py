"""What debtors and creditor do in the month, by the API's own routes: `ACTS[name](door, case, told, at)`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from agentcollect.kit import money
from campaigns.models import Case, Dispute
from sandbox.month.door import Door

Act = Callable[[Door, Case, Any, datetime], object]
_METHODS = ("bank_transfer", "card", "ach_debit", "bank_transfer")
_BEFORE_FIRST = timedelta(days=4)


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
    "reply": _reply,
    "bounce": _bounce,
    "plan": _plan,
    "answer": _answer,
    "resolve": _resolve,
    "hold": _hold,
    "veto": _veto,
    "close": _close,
}
