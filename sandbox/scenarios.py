"""Scenarios: reacting debtors (sandbox.personas) in a campaign's body, so that one press shows what each does."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sandbox.personas import DOMAIN, PEERS

# One of most kinds, in the order in which their stories end.
DOZEN = (
    "pays",
    "pays_half",
    "promises_keeps",
    "promises_breaks",
    "disputes",
    "plan",
    "bounces",
    "ooo",
    "wrong_person",
    "opts_out",
    "reverses",
    "silent",
)
# The longest overdue that is believable, and still young enough for the whole playbook.
_INVOICED, _DUE = timedelta(days=60), timedelta(days=30)
_ENDINGS = {peer.ending for peer in PEERS}


def body(
    personas: Iterable[str], *, creditor: str, amount: Any, country: str, today: date, token: str, ending: str = ""
) -> dict[str, Any]:
    """The body of `POST /v1/campaigns` with one debtor a persona, each owing `amount` (major units).

    `token` makes them debtors whom nobody has met, as debtors of one name count as one. `ending`: the last seven digits
    of their telephone (sandbox.personas.PEERS); "": they have none.
    """
    if ending and ending not in _ENDINGS:
        raise ValueError(f"no such number: {ending}")
    names = list(personas)
    row = {
        "invoice_amount": amount,
        "invoice_date": (today - _INVOICED).isoformat(),
        "due_date": (today - _DUE).isoformat(),
        "country": country,
        **({"state": "NY"} if country == "US" else {}),
        **({"contact_phone": f"+1212{ending}"} if ending else {}),
    }
    return {
        "company": creditor,
        "name": f"Scenario: {readable(names[0]).lower()}" if len(names) == 1 else f"Scenario: {len(names)} debtors",
        "debtors": [row | _who(name, place, token) for place, name in enumerate(names, 1)],
    }


def _who(persona: str, place: int, token: str) -> dict[str, Any]:
    return {
        "company_name": f"{readable(persona)} {token} LLC",
        "contact_email": f"{persona}@{token.lower()}.{DOMAIN}",
        "invoice_number": f"{token}-{place:02}",
    }


def readable(persona: str) -> str:
    """`promises_keeps` → "Promises keeps"."""
    return persona.replace("_", " ").capitalize()
