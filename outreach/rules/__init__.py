"""Pure functions of outreach, by subject."""

from outreach.rules.attorneys import Licence, business_day_after, choose_attorney
from outreach.rules.mail import RETRIES, domain_of, message_id, one_line, retry_after, shown_number, subject

__all__ = [
    "RETRIES",
    "Licence",
    "business_day_after",
    "choose_attorney",
    "domain_of",
    "message_id",
    "one_line",
    "retry_after",
    "shown_number",
    "subject",
]
