"""Who owes what, and what should happen next: campaigns, debtors, cases with their account, contacts, holds, steps."""

from campaigns.models.campaigns import Campaign, Import
from campaigns.models.cases import Case, Debtor, LedgerEntry
from campaigns.models.exclusions import Exclusion
from campaigns.models.files import Document, Export, FileChunk, StoredFile
from campaigns.models.people import Contact, Suppression
from campaigns.models.work import Hold, Step

__all__ = [
    "Campaign",
    "Case",
    "Contact",
    "Debtor",
    "Document",
    "Exclusion",
    "Export",
    "FileChunk",
    "Hold",
    "Import",
    "LedgerEntry",
    "Step",
    "StoredFile",
    "Suppression",
]
