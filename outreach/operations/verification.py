"""Checking the addresses that somebody asked about."""

from datetime import datetime, timedelta

import structlog

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Contact
from outreach.providers.mail_exchange import Exchange, exchange

log = structlog.get_logger()

# How long name servers that do not answer are asked again.
_PATIENCE = timedelta(hours=1)


def check_contacts(*, at: datetime, limit: int = 50, clock_id: str = "") -> int:
    """Ask about the addresses that wait for it, longest first; returns how many were answered.

    Asked by two workers, an address gets the same answer twice, and the second one finds that it was given.
    """
    asked = Contact.objects.filter(check_requested_at__isnull=False, clock_id=clock_id)
    waiting = asked.order_by("check_requested_at")
    return sum(_check(contact, at=at) for contact in waiting[:limit])


def _check(contact: Contact, *, at: datetime) -> bool:
    found = _ask(contact)
    if found.mx is None and contact.check_requested_at and clock.now() < contact.check_requested_at + _PATIENCE:
        return False
    return campaigns.checked(contact=contact, mx=found.mx, detail=found.detail, at=at)


def _ask(contact: Contact) -> Exchange:
    try:
        return exchange(livemode=contact.livemode).ask(contact.email.rpartition("@")[2].lower())
    except Exception as error:
        # One address nobody can read must not stand in the way of the others.
        log.exception("contact_check_failed", contact=contact.id)
        return Exchange(None, f"the check failed ({type(error).__name__})")
