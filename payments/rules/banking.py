"""What a debtor writes on a transfer, and finding it again in what a bank made of it."""

import re
from collections.abc import Callable

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

# Letters and figures that neither a person nor a scanner takes for another one: nothing of 0 O D Q, 1 I L, 2 Z, 5 S,
# 6 G, 8 B, and no U beside the V. 19 to the tenth are 6 * 10**12 references.
ALPHABET = "ACEFHJKMNPRTVWXY347"
BODY = 10
LENGTH = 4 + BODY
# Check digits are figures: a letter there was misread.
_FIGURES = str.maketrans("OQDILZSGB", "000112568")
_PLACE = re.compile(rf"(?=RF([0-9OQDILZSGB]{{2}})([{ALPHABET}]{{{BODY}}}))")
_BODY = re.compile(rf"(?=([{ALPHABET}]{{{BODY}}}))")
_SEPARATORS = re.compile(r"[^0-9A-Z]+")


def reference(body: str) -> str:
    """The creditor reference of `body`: `RF`, two check digits, the body (ISO 11649; check digits by ISO 7064)."""
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def draw(choice: Callable[[str], str]) -> str:
    """A new reference; `choice` picks one character, unguessably (secrets.choice)."""
    return reference("".join(choice(ALPHABET) for _ in range(BODY)))


def spaced(reference: str) -> str:
    """In groups of four, as it is shown and written: `RF18 ACEF HJKM NP`."""
    return iso11649.format(reference)


def references_in(text: str) -> list[str]:
    """Every reference of ours whose check digits hold, in the order of the text, however it was spaced or cased."""
    found = (f"RF{check.translate(_FIGURES)}{body}" for check, body in _PLACE.findall(_run_together(text)))
    return list(dict.fromkeys(one for one in found if iso11649.is_valid(one)))


def bodies_in(text: str) -> list[str]:
    """References whose body alone may stand in the text: the `RF` and its check digits were left out or misread."""
    return list(dict.fromkeys(map(reference, _BODY.findall(_run_together(text)))))[:_MOST_BODIES]


_MOST_BODIES = 60


def _run_together(text: str) -> str:
    return _SEPARATORS.sub("", text.upper())
