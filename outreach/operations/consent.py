"""What debtors decide about being written to."""

from datetime import datetime

from campaigns import operations as campaigns
from campaigns.models import Contact


def opt_out(*, contact: Contact, how: str, by: str, at: datetime) -> None:
    """Close e-mail for the address an opt-out link was made for; `how` it was used. Twice is once."""
    campaigns.suppress(contact=contact, channel="email", reason="opt_out", by=by, at=at, evidence={"how": how})
