"""Further rows that tests start from: calls, and playbooks of an organisation's own."""

from typing import Any

from accounts.models import Organisation
from agentcollect.kit import clock, ids
from campaigns.models import Case, Playbook
from outreach.models import Attorney, Call
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


def attorney() -> Attorney:
    """The one of the sandbox, licensed in New York for as long as any story lasts."""
    facts = {"name": "Dana Whitfield", "firm": "Whitfield & Rowe LLP", "email": "dana@whitfield-rowe.example"}
    facts |= {"licence_expires_on": "2099-12-31", "sandbox": True}
    return Attorney.objects.get_or_create(bar_state="NY", bar_number="1", defaults=facts)[0]
