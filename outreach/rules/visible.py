"""What a reader of a mail would see, and which part of it is theirs: hidden markup dropped, quoted history apart.

Everything here is untrusted text: no markup is run, nothing is fetched, and every loop is bounded by the caps.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bs4 import BeautifulSoup, CData, NavigableString, Tag
from bs4.element import PreformattedString
from mailparser_reply import EmailReplyParser

MOST_TEXT = 20_000
# The library's patterns cost the square of what they read: quoted history begins within this, or it is not cut.
_MOST_PARSED = 6_000
_LANGUAGES = ["en", "fr", "de", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
_DROPPED = {"script", "style", "head", "title", "meta", "template", "noscript", "svg", "object", "iframe", "math"}
_BLOCKS = {"p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "hr"}
# Somebody hid words on purpose; a preview line of one or two is what mail programs write themselves.
_FEW_WORDS = 3
_MOST_NODES = 20_000


class Seen(NamedTuple):
    """`text` as displayed, quoted parts as `> ` lines; `hidden`: words were left out that no reader would see."""

    text: str
    hidden: bool


class Parts(NamedTuple):
    """The sender's own words, and the history under (or between) them."""

    own: str
    quoted: str


# --- HTML


class _Style(NamedTuple):
    color: str
    background: str


def visible(html: str) -> Seen:
    """The text of an HTML body as a reader sees it."""
    soup = BeautifulSoup(html[: 20 * MOST_TEXT], "html.parser")
    sheet = _sheet(soup)
    words: list[str] = []
    hidden: list[str] = []
    for text, shown in _walk(soup, sheet):
        (words if shown else hidden).append(text)
    out = _tidy("".join(words))
    return Seen(out[:MOST_TEXT], len(" ".join(hidden).split()) >= _FEW_WORDS)


def _walk(soup: BeautifulSoup, sheet: dict[int, str]) -> Iterator[tuple[str, bool]]:
    """Texts in order with whether they show; a stack instead of recursion, since depth is the sender's choice."""
    stack: list[tuple[object, _Style, bool, int]] = [(soup, _Style("#000000", "#ffffff"), True, 0)]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        node, style, shown, depth = stack.pop()
        if isinstance(node, str) and not isinstance(node, NavigableString):
            yield node, shown
        elif isinstance(node, NavigableString):
            # Comments, doctypes and the like are PreformattedString; CDATA shows in no mail program.
            if not isinstance(node, PreformattedString | CData):
                text = re.sub(r"[ \t\r\n\f]+", " ", str(node))
                yield text, shown and not _same(style.color, style.background)
        elif isinstance(node, Tag) and node.name not in _DROPPED:
            yield from _open(node, depth)
            given = _declarations(node, sheet)
            now = _Style(given.get("color", style.color), given.get("background", style.background))
            still = shown and not _hides(node, given)
            deeper = depth + (node.name == "blockquote")
            if node.name in _BLOCKS:
                stack.append(("\n" + "\x01" * depth, now, True, depth))
            stack += [(child, now, still, deeper) for child in reversed(list(node.children))]


def _open(node: Tag, depth: int) -> Iterator[tuple[str, bool]]:
    if node.name == "br":
        yield "\n" + "\x01" * depth, True
    elif node.name in _BLOCKS:
        yield "\n" + "\x01" * (depth + (node.name == "blockquote")), True
    elif node.name in ("td", "th"):
        yield " ", True


def _tidy(text: str) -> str:
    """Lines with `> ` for each quotation they stand in, no run of blanks, no more than one empty line."""
    lines = []
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip("\x01"))
        plain = " ".join(line.replace("\x01", " ").split())
        lines.append(("> " * depth + plain).rstrip() if plain or depth else "")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if line.strip("> ") or not line)).strip()


def _sheet(soup: BeautifulSoup) -> dict[int, str]:
    """Declarations of the mail's own style sheets, by the identity of the tag they fall on; media queries apart."""
    found: dict[int, str] = {}
    css = " ".join(tag.get_text() for tag in soup.find_all("style"))[:20_000]
    css = re.sub(r"/\*.{0,2000}?\*/", " ", css, flags=re.DOTALL)
    for selector, body in re.findall(r"([^{}@]{1,200})\{([^{}]{1,500})\}", css)[:200]:
        if not re.search(r"display|visib|opacity|font|color|height|indent|clip|background|position", body):
            continue
        try:
            tags = soup.select(selector.strip(), limit=500)
        except Exception:  # noqa: S112  (a selector of the sender's that soupsieve cannot read falls on nothing)
            continue
        for tag in tags:
            found[id(tag)] = found.get(id(tag), "") + ";" + body
    return found


def _declarations(node: Tag, sheet: dict[int, str]) -> dict[str, str]:
    """The tag's declarations, lower case, the last one winning; `bgcolor` and `<font color size>` as what they do."""
    given: dict[str, str] = {}
    for name, prop in (("bgcolor", "background"), ("color", "color")):
        if node.get(name):
            given[prop] = str(node[name]).strip().lower()
    if node.name == "font" and str(node.get("size", "")).strip() == "0":
        given["font-size"] = "0"
    text = sheet.get(id(node), "") + ";" + str(node.get("style") or "")
    for declaration in text.lower().split(";"):
        prop, colon, value = declaration.partition(":")
        if colon:
            name = prop.strip()
            value = value.replace("!important", "").strip()
            given["background" if name == "background-color" else name] = value
    return given


def _hides(node: Tag, given: dict[str, str]) -> bool:
    if node.has_attr("hidden") or str(node.get("aria-hidden", "")).lower() == "true" or node.name == "input":
        return True
    if given.get("display") == "none" or given.get("visibility") in ("hidden", "collapse"):
        return True
    if given.get("mso-hide") == "all" or "rect(0" in given.get("clip", ""):
        return True
    if _small(given.get("opacity", "1"), 0.1) or _small(given.get("font-size", "16"), 2):
        return True
    clipped = given.get("overflow") == "hidden"
    if clipped and any(_small(given.get(name, "16"), 1) for name in ("height", "max-height", "width", "max-width")):
        return True
    away = ("text-indent", "left", "top", "margin-left")
    return any((number := _number(given.get(name, ""))) is not None and number <= -500 for name in away)


def _number(value: str) -> float | None:
    found = re.match(r"\s*(-?\d{0,6}(?:\.\d{1,4})?)", value)
    return float(found[1]) if found and found[1] not in ("", "-", ".") else None


def _small(value: str, limit: float) -> bool:
    """Below `limit` pixels; shares of the surrounding size (`1em`, `100%`) count as so many of 16."""
    number = _number(value)
    if number is None:
        return False
    if value.rstrip().endswith(("em", "rem")):
        number *= 16
    elif value.rstrip().endswith("%"):
        number *= 0.16
    return number < limit


_NAMED = {"white": "#ffffff", "black": "#000000", "snow": "#fffafa", "ivory": "#fffff0", "whitesmoke": "#f5f5f5"}


def _rgb(color: str) -> tuple[int, int, int] | None:
    text = _NAMED.get(color.strip(), color.strip())
    if found := re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text):
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := re.match(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})", text):
        return int(found[1]), int(found[2]), int(found[3])
    return None


def _same(color: str, background: str) -> bool:
    """Whether nobody could tell these two apart."""
    if color.strip() == "transparent" or re.match(r"rgba\([^)]*,\s*0(?:\.0+)?\s*\)", color):
        return True
    one, other = _rgb(color), _rgb(background.split(" ")[0])
    return one is not None and other is not None and all(abs(a - b) <= 16 for a, b in zip(one, other, strict=True))


# --- quoted history

_ATTRIBUTION = re.compile(
    r"(?:On|Le|Am|El|Il|Op|W dniu|Den|Dne)\b.{4,300}?(?:wrote|écrit|schrieb.{0,120}|escribió|ha scritto|schreef"
    r".{0,120}|napisał\(?a?\)?|skrev.{0,120}|napsal\(?a?\)?)\s*:\s*\Z",
    re.DOTALL,
)
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)


def own_words(text: str) -> Parts:
    """Split `text` (plain, or `visible(...)`) into the sender's own words and what they quote."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))[:MOST_TEXT]
    text = re.sub(r"[ \t\xa0]{2,}", " ", re.sub(r"\n[ \t\xa0]+(?=\n)", "\n", text))
    own, quoted = _without_marked(re.sub(r"\n{3,}", "\n\n", text))
    latest = _latest(own)
    if latest != own:
        quoted = f"{own[len(latest) :].strip()}\n\n{quoted}".strip()
    return Parts(latest.strip(), quoted[:MOST_TEXT].strip())


def _without_marked(text: str) -> Parts:
    """Lines that begin with `>` go, with the line that says whose they are; words below them stay the sender's."""
    own: list[str] = []
    quoted: list[str] = []
    for line in text.split("\n"):
        if not line.lstrip().startswith(">"):
            own.append(line)
            continue
        if not quoted or own:
            _move_attribution(own, quoted)
        quoted.append(line)
    return Parts("\n".join(own), "\n".join(quoted))


def _move_attribution(own: list[str], quoted: list[str]) -> None:
    """`On … wrote:` just above a quotation belongs to it; mail programs break it over up to three lines."""
    while own and not own[-1].strip():
        own.pop()
    for count in (1, 2, 3):
        lines = own[-count:]
        if len(lines) == count and _ATTRIBUTION.fullmatch("\n".join(lines).strip()):
            del own[-count:]
            quoted.extend(lines)
            return


def _latest(text: str) -> str:
    """`text` up to a separator or header block of quoted history (Outlook's, Apple's); all of it when there is none."""
    head = text[:_MOST_PARSED]
    replies = EmailReplyParser(languages=_LANGUAGES).read(head).replies
    first = (replies[0].content or "") if replies else ""
    place = head.find(first) if first.strip() else -1
    if len(replies) < 2 or place < 0:
        return text
    return text[: place + len(first)]
