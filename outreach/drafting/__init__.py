"""Words for a message. An engine writes words and never facts: every fact is a placeholder that code fills."""

from outreach.drafting.template import Draft, Placeholders, drafts

__all__ = ["Draft", "Placeholders", "drafts"]
