"""Which reason of a dispute somebody's words name."""

import re

_REASONS = (
    ("not_received", r"(never|not) (received|arrived|delivered)|nicht (erhalten|geliefert)|pas reçu|no .{0,7}recibid"),
    ("already_paid", r"already (been )?paid|bereits bezahlt|déjà payé|ya (está )?pagad"),
    ("duplicate", r"duplicate|twice|doppelt|en double|duplicad"),
    ("not_ordered", r"(never|not|didn.t) order|nicht bestellt|pas commandé|no (lo )?(hemos )?pedid"),
    ("wrong_debtor", r"not our (company|invoice)|wrong company|falsche firma|pas notre (société|facture)"),
    (
        "wrong_amount",
        r"(wrong|incorrect) (amount|price|total)|overcharg|falscher betrag|montant .{0,5}(incorrect|faux)",
    ),
    ("quality", r"defect|damaged|broken|faulty|quality|mangel|defekt|défectueu|defectuos|dañad"),
)


def dispute_reason(text: str) -> str:
    """Which of the reasons the words name; `other` when none or the text does not say."""
    return next((name for name, words in _REASONS if re.search(words, text, re.IGNORECASE)), "other")
