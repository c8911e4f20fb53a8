"""The public shape of a pay domain, and the body that asks for one."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request

from agentcollect.kit import clock
from agentcollect.kit.api import body_object
from agentcollect.kit.errors import FieldError, invalid
from payments.models import PayDomain
from payments.rules.hosts import PROOF_LABEL

_FIELDS = frozenset({"host"})


def read_domain(request: Request) -> str:
    """The host that is asked for, as it was written. Raises ApiError."""
    host = body_object(request, _FIELDS, _FIELDS)["host"]
    if not isinstance(host, str):
        raise invalid([FieldError("host", "invalid_type", "host must be a text.")])
    return host


def domain(row: PayDomain) -> dict[str, Any]:
    """`records` are what DNS must hold for it to be proven."""
    return {
        "id": row.id,
        "host": row.host,
        "status": row.status,
        "records": records(row),
        "fault": row.fault or None,
        "verified_at": clock.iso(row.verified_at) if row.verified_at else None,
        "checked_at": clock.iso(row.checked_at) if row.checked_at else None,
        "next_check_at": clock.iso(row.check_at) if row.check_at else None,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
    }


def records(row: PayDomain) -> list[dict[str, str]]:
    """Type, name and value of each record; of the host itself a CNAME where our end has a name, else its addresses."""
    proof = {"type": "TXT", "name": f"{PROOF_LABEL}.{row.host}", "value": row.token}
    ends = [part.strip() for part in settings.PAY_TARGET.split(",") if part.strip()]
    return [proof, *({"type": _kind(end), "name": row.host, "value": end} for end in ends)]


def _kind(end: str) -> str:
    if ":" in end:
        return "AAAA"
    return "A" if end.replace(".", "").isdigit() else "CNAME"
