"""Further rows that tests start from: calls, statements, payouts, and playbooks of an organisation's own."""

from datetime import date
from typing import Any

from django.core.files.base import ContentFile

from accounts.models import Organisation
from agentcollect.kit import clock, ids
from campaigns import storage
from campaigns.models import Case, Playbook
from outreach.models import Attorney, Call, Referral
from payments.models import Payout, ProcessorEntry, Statement
from payments.queries.fees import FIGURES
from tests.factories import BY


def _tenant(organisation: Organisation, livemode: bool) -> dict[str, Any]:
    at = clock.now()
    return {"organisation": organisation, "livemode": livemode, "created_at": at, "recorded_at": at}


def call(case: Case, **facts: Any) -> Call:
    """A call that somebody made about `case`."""
    named = {"campaign": case.campaign, "debtor": case.debtor, "case": case, "phone": "+1 212 555 0100"}
    told = {"mode": "human", "status": "completed", "outcome": "no_answer", "actor": BY}
    return Call.objects.create(**_tenant(case.organisation, case.livemode), **(named | told | facts))


def playbook(organisation: Organisation, livemode: bool = False, **facts: Any) -> Playbook:
    """A playbook of the organisation's own, under a name that no other has."""
    steps = [{"day": 0, "channel": "email", "intent": "first_reminder", "level": 1}]
    told = {"name": ids.new("own").lower(), "version": 1, "steps": steps, "actor": BY, "updated_at": clock.now()}
    return Playbook.objects.create(**_tenant(organisation, livemode), **(told | facts))


def statement(organisation: Organisation, livemode: bool = False) -> Statement:
    """The next month in which nothing was charged, with its two files."""
    years, months = divmod(Statement.objects.filter(organisation=organisation, livemode=livemode).count(), 12)
    month = date(2020 + years, 1 + months, 1)
    name = f"statements/{organisation.id}/{'live' if livemode else 'test'}-{month:%Y-%m}-USD"
    files = {"pdf_file": f"{name}.pdf", "csv_file": f"{name}.csv"}
    for file in files.values():
        storage.storage().save(file, ContentFile(b"a statement"))
    totals = dict.fromkeys(FIGURES, 0) | {"from": "2026-03-01T05:00:00Z", "until": "2026-04-01T04:00:00Z"}
    told = {"month": month, "currency": "USD", "totals": totals}
    return Statement.objects.create(**_tenant(organisation, livemode), **told, **files)


def attorney() -> Attorney:
    """The one of the sandbox, licensed in New York for as long as any story lasts."""
    facts = {"name": "Dana Whitfield", "firm": "Whitfield & Rowe LLP", "email": "dana@whitfield-rowe.example"}
    facts |= {"licence_expires_on": "2099-12-31", "sandbox": True}
    return Attorney.objects.get_or_create(bar_state="NY", bar_number="1", defaults=facts)[0]


def referral(case: Case, **facts: Any) -> Referral:
    """A case that an attorney was asked to take."""
    told = {"status": "offered", "actor": BY, "updated_at": clock.now(), "clock_id": case.clock_id}
    told |= {} if "attorney" in facts else {"attorney": attorney()}
    return Referral.objects.create(**_tenant(case.organisation, case.livemode), **({"case": case} | told | facts))


def payout(organisation: Organisation, livemode: bool = False, lines: int = 1, **facts: Any) -> Payout:
    """A payout of `lines` payments of 100.00, of each of which the processor kept 3.20."""
    named = {"provider": "stripe", "account": "acct_1", "currency": "USD"}
    tenant, reference = _tenant(organisation, livemode), ids.new("po")
    told = {"amount_minor": 9_680 * lines, "status": "paid", "told_at": clock.now(), "updated_at": clock.now()}
    row = Payout.objects.create(**(tenant | named | {"reference": reference} | told | facts))
    for _ in range(lines):
        line = {"kind": "charge", "amount_minor": 10_000, "fee_minor": 320, "payout_reference": reference}
        ProcessorEntry.objects.create(**tenant, **named, **line, reference=ids.new("txn"), booked_at=clock.now())
    return row
