"""What the outreach tests start from: one invoice with its first step due, at a lawful hour."""

import itertools
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from agentcollect.kit import clock
from campaigns.models import Case, Step
from events.models import Event
from outreach.models import MailboxItem, Message, ReplyPath
from outreach.providers.mailbox import MailboxTransport
from outreach.providers.phone import SandboxPhone
from tests import factories

# A Tuesday, 11:00 in New York and 8:00 in Los Angeles: open everywhere in the contiguous states.
AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BRAND = {
    "name": "Your Company",
    "from_email": "ar@yourcompany.com",
    "colors": {"primary": "#1E40AF", "accent": "#10B981"},
}
_INDEX = {
    "first_reminder": (0, 1),
    "first_call": (1, 1),
    "second_reminder": (1, 1),
    "escalate_controller": (2, 2),
    "last_before_next_steps": (3, 3),
}
_numbers = itertools.count(1)


def case(livemode: bool = False, organisation: Any = None, brand: dict[str, Any] | None = None, **facts: Any) -> Case:
    """An open invoice of Acme Corp's to Your Company, under the product page's brand."""
    number = next(_numbers)
    organisation = organisation or factories.organisation()
    posture = {name: facts.pop(name) for name in ("posture",) if name in facts}
    shared = {"brand": BRAND if brand is None else brand, "creditor": "Your Company Inc.", "created_at": AT - DAY}
    if livemode:
        proven(organisation)
    campaign = facts.pop("campaign", None) or factories.campaign(organisation, livemode, **shared, **posture)
    debtor = facts.pop("debtor", None) or factories.debtor(organisation, livemode, identity=f"world:{number}")
    return factories.case(organisation, livemode, campaign=campaign, debtor=debtor, **facts)


def proven(organisation: Any) -> None:
    """Answers to live mail come back: before that is shown, none leaves."""
    tenant = {"organisation_id": organisation.id, "livemode": True}
    row = {"kind": "inbound_host", "status": "proven", "proven_at": AT, "actor": "test", "updated_at": AT}
    ReplyPath.objects.get_or_create(**tenant, defaults=row | {"created_at": AT, "recorded_at": AT})


def step(case: Case, intent: str = "first_reminder", due_at: datetime = AT, **facts: Any) -> Step:
    """A planned step of the default playbook."""
    index, level = _INDEX[intent]
    return Step.objects.create(
        **{
            "organisation_id": case.organisation_id,
            "livemode": case.livemode,
            "created_at": due_at,
            "recorded_at": clock.now(),
            "campaign_id": case.campaign_id,
            "debtor_id": case.debtor_id,
            "case": case,
            "index": index,
            "level": level,
            "channel": "email",
            "intent": intent,
            "due_at": due_at,
        }
        | facts
    )


def message_of(step: Step) -> Message:
    return Message.objects.get(step_id=step.id)


def mails() -> list[EmailMessage]:
    """What the debtors' side of the sandbox holds, oldest first."""
    rows = MailboxItem.objects.order_by("id")
    return [message_from_string(row.raw, policy=default) for row in rows]


def events(case: Case) -> list[str]:
    return list(Event.objects.filter(case_id=case.id).order_by("recorded_at", "id").values_list("type", flat=True))


def far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test mode's transports as if they were no rows of this database: reserve, hand over and settle are acts apart."""
    monkeypatch.setattr(MailboxTransport, "in_database", False)
    monkeypatch.setattr(SandboxPhone, "in_database", False)
