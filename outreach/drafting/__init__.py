"""Words for a message. An engine writes words and never facts: every fact is a placeholder that code fills."""

from outreach.drafting.template import INTENTS, LANGUAGES, Draft, Placeholders, Unwritable, drafts, fill, free, needs

__all__ = ["INTENTS", "LANGUAGES", "Draft", "Placeholders", "Unwritable", "drafts", "fill", "free", "needs"]
