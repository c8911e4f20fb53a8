"""What debtors decide about being written to."""

from datetime import datetime

from campaigns import operations as campaigns
from campaigns.models import Contact
from outreach import queries


def opt_out(*, token: str, by: str, at: datetime, how: str = "page") -> Contact | None:
    """Close e-mail for the address an opt-out link was made for. Twice is once. None: no link of ours.

    `how`: "page" (the button) or "one_click" (RFC 8058, the reader's mail program).
    """
    contact = queries.contact_of_token(token)
    if contact is not None:
        campaigns.suppress(contact=contact, channel="email", reason="opt_out", by=by, at=at, evidence={"how": how})
    return contact
