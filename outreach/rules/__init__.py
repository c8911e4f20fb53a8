"""Pure functions of outreach, by subject."""

from outreach.rules.attorneys import REFERRAL, Licence, business_day_after, choose_attorney, demo_declines
from outreach.rules.mail import RETRIES, domain_of, message_id, one_line, retry_after, shown_number, subject

__all__ = [
    "REFERRAL",
    "RETRIES",
    "Licence",
    "business_day_after",
    "choose_attorney",
    "demo_declines",
    "domain_of",
    "message_id",
    "one_line",
    "retry_after",
    "shown_number",
    "subject",
]
