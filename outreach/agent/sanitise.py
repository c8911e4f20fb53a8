"""A reply as its writer meant it to be seen: markup and what it hides gone, invisible letters gone."""

import re

from compliance import replies

# Longer than any honest answer to a reminder; what comes behind is not read, and a person is told.
LONGEST = 60_000
_MARKUP = re.compile(
    r"<(?:/?(?:html|body|div|span|p|br|table|td|tr|a|b|i|font|style|script|img|head|meta|ul|li|h\d))\b|<!--", re.I
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[01](?:px|pt|em|%)?\s*(?:;|$|!)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!)"
    r"|max-height\s*:\s*0|mso-hide\s*:\s*all|(?<!-)color\s*:\s*(?:#fff(?:fff)?|white|transparent)\b|text-indent\s*:\s*-\d{3,}",
    re.I,
)


def visible(text: str) -> tuple[str, bool]:
    """(the text a reader sees, whether it was cut short). Quotes are pieces of exactly this."""
    shown = replies.visible(_without_markup(text) if _MARKUP.search(text) else text)
    return shown[:LONGEST], len(shown) > LONGEST


def _without_markup(html: str) -> str:
    from bs4 import BeautifulSoup, Comment

    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["script", "style", "template", "noscript", "head", "title"]):
        tag.decompose()
    for tag in soup.find_all(lambda one: one.has_attr("hidden") or bool(_HIDDEN.search(str(one.get("style", ""))))):
        if not tag.decomposed:
            tag.decompose()
    for comment in soup.find_all(string=lambda piece: isinstance(piece, Comment)):
        comment.extract()
    for line in soup(["br", "p", "div", "tr", "li"]):
        line.append("\n")
    return soup.get_text()
