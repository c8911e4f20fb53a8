"""What a preview found, between the operation that looks and the serializer that tells."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Campaign, Case, Contact
from outreach.rendering import Rendered


@dataclass(frozen=True, slots=True)
class Planned:
    """One invoice: who would be written to and when, or why nobody would be."""

    case: Case
    contact: Contact | None
    at: datetime | None
    outcome: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`message` is the first that would leave, as rendered; None when none would."""

    campaign: Campaign
    rows: list[Planned]
    message: Rendered | None
