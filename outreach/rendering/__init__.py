"""A message as the debtor sees it: the creditor's brand, the ledger's facts, plain text and HTML of the same content.

Truthful by construction: the footer says that an automated service writes on the creditor's behalf (LAW.md, "White
label"), every message carries the opt-out sentence and link (R-09), and facts come from the rows alone.
"""

from outreach.rendering.checking import carries, check, known, offers_opt_out, read_again, to_a_consumer
from outreach.rendering.letters import LOGO, Account, Brand, Facts, Letter, Line, Links, day
from outreach.rendering.writing import placeholders, render

__all__ = [
    "LOGO",
    "Account",
    "Brand",
    "Facts",
    "Letter",
    "Line",
    "Links",
    "carries",
    "check",
    "day",
    "known",
    "offers_opt_out",
    "placeholders",
    "read_again",
    "render",
    "to_a_consumer",
]
