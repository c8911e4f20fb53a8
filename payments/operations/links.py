"""Asking for the link of a page whose address is not whole."""

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from agentcollect.kit import ratelimit
from agentcollect.kit.errors import ApiError
from agentcollect.kit.hosts import PayHost
from payments.models import LinkRequest

# A minute's worth: of one address (somebody else's, perhaps), and of one machine.
PER_ADDRESS, PER_CLIENT = 3, 10
_MOST_READABLE = 120
# In words that the page says elsewhere too, and so in its languages.
_LATER = "Too many tries. Wait a minute, then try again."
_WHICH = "Enter the e-mail address that our message came to."
# No part of an invoice's number is as long as what opens a page, and that is never kept.
_SECRET = re.compile(r"[0-9A-Za-z]{30,}")


def request_link(*, host: PayHost | None, slug: str, email: str, client: str, at: datetime) -> LinkRequest:
    """Write down that somebody at `slug` of `host` (None: our own) wants the link mailed to `email`, if that is the
    address on file. The work is the same whatever there is: nothing is looked up.

    `client`: whom the request came from, to be counted. Raises ApiError: invalid_email,
    rate_limit_exceeded, in words for that page.
    """
    address = _address(email)
    # Both are counted, whichever is full.
    seen = [ratelimit.hit(f"link-to:{address}", PER_ADDRESS), ratelimit.hit(f"link-by:{client}", PER_CLIENT)]
    if not all(verdict.allowed for verdict in seen):
        raise ApiError("rate_limit_exceeded", _LATER)
    return LinkRequest.objects.create(
        organisation_id=host.organisation_id if host else None,
        livemode=host.livemode if host else None,
        host=host.host if host else "",
        slug=readable(slug),
        email=address,
        created_at=at,
    )


def readable(slug: str) -> str:
    """What of an address may be written down: `inv-2025-0847`, without what would open a page."""
    plain = _SECRET.sub("", slug.replace("\0", "")).strip("-").lower()
    return plain[:_MOST_READABLE]


def _address(text: str) -> str:
    address = text.replace("\0", "").strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise ApiError("invalid_email", _WHICH, param="email") from error
    return address
