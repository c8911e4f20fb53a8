"""Who owes what, and what should happen next: campaigns, debtors, cases with their account, contacts, holds, steps,
playbooks, disputes, tasks."""

from campaigns.models.campaigns import Campaign, Import
from campaigns.models.cases import Case, Debtor, LedgerEntry
from campaigns.models.disputes import Dispute
from campaigns.models.exclusions import Exclusion
from campaigns.models.files import Document, Export, FileChunk, StoredFile
from campaigns.models.people import Contact, Suppression
from campaigns.models.playbooks import Playbook
from campaigns.models.sanctions import SanctionedName, SanctionsList
from campaigns.models.work import Hold, Step, Task

__all__ = [
    "Campaign",
    "Case",
    "Contact",
    "Debtor",
    "Dispute",
    "Document",
    "Exclusion",
    "Export",
    "FileChunk",
    "Hold",
    "Import",
    "LedgerEntry",
    "Playbook",
    "SanctionedName",
    "SanctionsList",
    "Step",
    "StoredFile",
    "Suppression",
    "Task",
]
