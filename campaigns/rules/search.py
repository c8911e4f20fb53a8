"""What a search among cases looks in, and how the words looked for are written."""

import unicodedata


def text(*parts: str) -> str:
    """`parts` as one text without case, accents and double spaces: what is stored, and what is asked, alike."""
    joined = unicodedata.normalize("NFKD", " ".join(parts))
    plain = "".join(letter for letter in joined if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())
