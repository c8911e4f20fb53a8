"""An HTML part as its reader has it: the text, and every address that is in it.

Hidden text is read like any other: what cannot be seen has no reason to be there.
"""

import re
from functools import lru_cache
from html.parser import HTMLParser


def text_of(html: str) -> str:
    """The text of an HTML part, each element's on its own line, styles and scripts left out."""
    return _reader(html).text()


def hrefs_in(html: str) -> tuple[str, ...]:
    """Every address in the HTML part: links, images, forms, in order."""
    return tuple(_reader(html).addresses)


class _Reader(HTMLParser):
    """Collects text and addresses. Nothing is rendered, so hidden text is read like any other."""

    _INLINE = frozenset({"a", "b", "i", "em", "strong", "span", "font", "u", "small", "code"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []
        self._pieces: list[str] = []
        self._skipping = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._skipping = tag
        named = ("href", "src", "action", "background")
        self.addresses += [value.strip() for name, value in attrs if name in named and value]
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipping:
            self._skipping = ""
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """What was collected."""
        return "".join(self._pieces)

    def _break(self, tag: str) -> None:
        if tag not in self._INLINE:
            self._pieces.append("\n")


@lru_cache(maxsize=8)  # one look asks for its text, its links and its addresses, several times over
def _reader(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader
