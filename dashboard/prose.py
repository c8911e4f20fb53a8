"""The written documentation: `docs/guides/*.md` and `docs/errors.md`, as pages and as the Markdown they are."""

import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from markdown import Markdown

FOLDER: Path = settings.BASE_DIR / "docs"
# The order to read them in; a guide that is not named here comes after them.
_ORDER = (
    *("quickstart", "authentication", "errors", "idempotency", "pagination", "webhooks", "sandbox", "clocks"),
    *("debtors", "playbooks", "agent", "replies", "agreements", "offers"),
    *("payment-page", "pay-domain", "fees", "people"),
)
# The texts name the product's address; a page shows the one it is served from, so that its commands can be pasted.
_HOST = "https://api.agentcollect.com"
_LANGUAGES = {"sh": "Shell", "json": "JSON", "python": "Python", "javascript": "Node.js", "http": "HTTP"}
_CODE = re.compile(r'<pre><code(?: class="language-(\w+)")?>(.*?)</code></pre>', re.DOTALL)
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Guide:
    """`title` is its first line, `lead` its first paragraph, `rest` what follows; `text` is the whole file."""

    name: str
    title: str
    lead: str
    rest: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """HTML, and the headings of its second level as (id, words)."""

    body: SafeString
    headings: list[tuple[str, str]]


@cache
def guides() -> dict[str, Guide]:
    """Every guide by name, in reading order."""
    found = {path.stem: _read(path) for path in sorted((FOLDER / "guides").glob("*.md"))}
    ordered = [name for name in _ORDER if name in found]
    return {name: found[name] for name in [*ordered, *(name for name in found if name not in ordered)]}


def _read(path: Path) -> Guide:
    text = path.read_text()
    title, lead, rest = text.removeprefix("# ").split("\n\n", 2)
    return Guide(path.stem, title.strip(), " ".join(lead.split()), rest, text)


def at_home(text: str) -> str:
    """`text` with the address of this installation in place of the product's."""
    return text.replace(_HOST, settings.PUBLIC_URL)


def page(text: str) -> Page:
    """Markdown of ours as HTML: code with a copy button, wide tables that scroll, links that lead to pages."""
    reader = Markdown(extensions=["fenced_code", "tables", "toc", "sane_lists"], output_format="html")
    drawn = reader.convert(at_home(text))
    drawn = _CODE.sub(_Blocks(), drawn)
    drawn = _TABLE.sub(_table, drawn)
    drawn = re.sub(r'href="(?:\.\./)?guides/(\w+)\.md|href="(\w+)\.md', _link, drawn)
    drawn = drawn.replace('href="../errors.md', 'href="/docs/errors')
    headings: list[dict[str, Any]] = getattr(reader, "toc_tokens", [])
    return Page(mark_safe(drawn), [(str(h["id"]), html.unescape(str(h["name"]))) for h in headings])  # noqa: S308


def line(text: str) -> SafeString:
    """One paragraph of Markdown without its `<p>`."""
    drawn = Markdown().convert(at_home(text))
    return mark_safe(drawn.removeprefix("<p>").removesuffix("</p>"))  # noqa: S308  (our own files)


def _link(found: re.Match[str]) -> str:
    return f'href="/docs/guides/{found[1] or found[2]}'


def _table(found: re.Match[str]) -> str:
    # A heading without words is none.
    table = f'<table class="table">{found[1].replace("<th></th>", "<td></td>")}</table>'
    return f'<div class="card"><div class="table-wrap" tabindex="0" role="group" aria-label="Table">{table}</div></div>'


class _Blocks:
    """Fenced code as the dashboard's code block; counts them, for their ids."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, found: re.Match[str]) -> str:
        self.count += 1
        shown = {
            "id": f"code-{self.count}",
            "title": _LANGUAGES.get(found[1] or "", "Text"),
            "text": html.unescape(found[2]).rstrip(),
        }
        return render_to_string("dashboard/parts/code.html", shown)
