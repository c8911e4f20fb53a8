"""What a preview found, between the operation that looks and the serializer that tells."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Campaign, Case, Contact
from campaigns.rules.playbook import PlaybookStep, Steps
from compliance.reading import Rendered


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


@dataclass(frozen=True, slots=True)
class Act:
    """One step of a dry run: for whom and when, or why not. `outcome`: allow, skip, wait, or the law's deny, require.

    `stops`: what follows waits for a person's word on it.
    """

    step: PlaybookStep
    contact: Contact | None
    at: datetime | None
    outcome: str
    rule: str
    reason: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """What a playbook would do to one debtor; `case` carries the conversation."""

    case: Case
    acts: list[Act]


@dataclass(frozen=True, slots=True)
class DryRun:
    """`more`: the campaign has further invoices, which were not looked at."""

    steps: Steps
    courses: list[Course]
    more: bool
