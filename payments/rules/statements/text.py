"""From bytes to text: in which letters a bank writes its file."""

import codecs
import unicodedata

from payments.rules.statements.shape import Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = "This is no text file. Send the CSV or the camt.053 (XML) that your bank offers."


def decode(raw: bytes) -> str:
    """The text. A mark at the start says it; else UTF-8 where it is UTF-8, UTF-16 where every other byte is zero, else
    what Windows writes in the West. Guessing by frequency would read a short file wrongly. Raises Unreadable."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _checked(_strictly(raw[len(mark) :], encoding))
    if b"\0" in raw:
        return _checked(_strictly(raw, "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"))
    try:
        return _checked(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return _checked(_western(raw))


def _strictly(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable(_NO_TEXT) from None


def _western(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:  # five of its places are empty
        return raw.decode("latin-1")


def _checked(text: str) -> str:
    """Text holds no control characters but tabs and line ends."""
    if any(unicodedata.category(letter) in ("Cc", "Cn", "Co") and letter not in "\t\n\r\f" for letter in set(text)):
        raise Unreadable(_NO_TEXT)
    return text


def looks_like_xml(raw: bytes) -> bool:
    """The first letter is `<`, in whatever width."""
    for mark, _ in _BOMS:
        raw = raw.removeprefix(mark)
    return raw[:64].replace(b"\0", b"").lstrip()[:1] == b"<"
