"""`manage.py messages`: the payment page's texts, found, merged into each language's .po, compiled to its .mo.

By babel alone: no GNU gettext is needed on the machine. English is the source and has no file. `--check` changes
nothing, and says what is out of date.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.base import Node, Template
from django.template.engine import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

_ROOM = Path(settings.BASE_DIR) / "payments"
LOCALE = _ROOM / "locale"
LANGUAGES = ("fr", "es", "de")
_KEYWORDS: dict[str, Any] = dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"))
# What speaks to debtors in their language.
_SOURCES = ("views/page", "pdf")


class Text(NamedTuple):
    """One text to be translated, and where it stands."""

    words: str
    place: str


def texts() -> list[Text]:
    """Every text of the pages and papers, each once, in the order of its places."""
    found: dict[str, Text] = {}
    for text in (*_of_code(), *_of_templates()):
        found.setdefault(text.words, text)
    return list(found.values())


def _of_code() -> Iterator[Text]:
    for source in _SOURCES:
        for path in sorted((_ROOM / source).glob("*.py")):
            with path.open("rb") as file:
                for _line, words, _comments, _context in extract("python", file, keywords=_KEYWORDS):
                    yield Text(str(words), path.relative_to(_ROOM).as_posix())


def _of_templates() -> Iterator[Text]:
    engine = Engine.get_default()
    # The frame's one page that a debtor may see: the answer to a form that had expired.
    frame = Path(settings.BASE_DIR) / "agentcollect" / "templates" / "expired.html"
    for path in (*sorted((_ROOM / "templates" / "payments").glob("*.html")), frame):
        template = Template(path.read_text(), engine=engine)
        nodes: list[Node] = [
            *template.nodelist.get_nodes_by_type(TranslateNode),
            *template.nodelist.get_nodes_by_type(BlockTranslateNode),
        ]
        for node in nodes:
            yield Text(_words(node), f"templates/{path.name}")


def _words(node: Any) -> str:
    """The text as gettext is asked for it when the template is printed."""
    if isinstance(node, TranslateNode):
        return str(node.filter_expression.var.literal)
    if node.plural or node.message_context:
        raise CommandError("The texts here have no plural forms and no contexts.")
    return str(node.render_token_list(node.singular)[0])


class _Dateless(Catalog):
    """Its head names no day, no person and no version: the file changes when a text does."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def po_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def kept(language: str) -> Catalog:
    """The catalogue as it stands in the file; empty where there is none."""
    path = po_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def merged(language: str) -> Catalog:
    """The texts of today with what is translated of them; what nobody asks for any more goes."""
    before = kept(language)
    catalog = _Dateless(locale=language, fuzzy=False)
    catalog.header_comment = "# The payment page, as its debtors read it."
    for text in texts():
        old = before.get(text.words)
        catalog[text.words] = Message(text.words, old.string if old else "", locations=[(text.place, 0)])
    return catalog


def written(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=120, include_lineno=False)
    return file.getvalue()


def compiled(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


class Command(BaseCommand):
    help = "Find, merge and compile the texts of the payment page."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail when a file is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        old = [path for path, raw in _files() if not path.exists() or path.read_bytes() != raw]
        if options["check"]:
            if old:
                raise CommandError(f"Out of date: {', '.join(map(str, old))}. Run manage.py messages.")
            return
        for path, raw in _files():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        for language in LANGUAGES:
            missing = [message.id for message in kept(language) if message.id and not message.string]
            self.stdout.write(f"{language}: {len(missing)} texts without a translation")


def _files() -> Iterator[tuple[Path, bytes]]:
    for language in LANGUAGES:
        catalog = merged(language)
        yield po_of(language), written(catalog)
        yield po_of(language).with_suffix(".mo"), compiled(catalog)
