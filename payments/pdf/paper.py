"""A sheet of paper with the creditor's or the operator's head: what every PDF here is drawn with.

Times, language and title are set by whoever draws, so that the same paper is the same bytes.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

import ttf_opensans
from babel.numbers import get_currency_symbol
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace
from PIL import Image

from agentcollect.kit import money
from payments.rules import palette

# It tells of each glyph that a font file is cut down to.
logging.getLogger("fontTools.subset").setLevel(logging.WARNING)

FONT = "OpenSans"
_FILES = {"": ttf_opensans.OPENSANS_REGULAR, "B": ttf_opensans.OPENSANS_SEMIBOLD}
# What stands for a character the font cannot draw: a reader sees that there was one.
REPLACEMENT = "\ufffd"
# Spaces of many widths, and signs that only steer a line: drawn as a plain space, or not at all.
_SPACES = dict.fromkeys(map(ord, "\t\r\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000"), "\u00a0")
_NOTHING = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F)], "")

INK, QUIET, RULE, TINT = (32, 36, 42), (98, 106, 116), (217, 221, 226), (246, 247, 249)
MARGIN = 20.0
_LOGO_HEIGHT, _LOGO_WIDTH = 14.0, 60.0

Rgb = tuple[int, int, int]


@cache
def _drawable() -> frozenset[int]:
    with TTFont(_FILES[""].path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def plain(text: str) -> str:
    """`text` as this font can draw it: what it lacks is replaced where a reader sees it, and nothing breaks."""
    seen = text.translate(_SPACES | _NOTHING)
    return "".join(char if char == "\n" or ord(char) in _drawable() else REPLACEMENT for char in seen)


def amount(minor: int, currency: str, language: str = "en") -> str:
    """An amount exactly as the page shows it; a currency whose sign the font lacks is named by its code instead."""
    shown = money.display(minor, currency, language).replace("-", "−")
    if REPLACEMENT not in plain(shown):
        return shown
    return shown.replace(get_currency_symbol(currency, locale="en_US"), f"{currency}\u00a0").strip("\u00a0")


def rgb(colour: str) -> Rgb:
    """`#rrggbb`, or `#rgb`, as three numbers."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


class Paper(FPDF):
    """A4 pages with one head and one foot: the page's number (`page_words`) on the left, `foot` on the right."""

    def __init__(
        self, *, title: str, language: str, made_at: datetime, author: str, foot: str, page_words: str, colour: str
    ) -> None:
        super().__init__(format="A4")
        self.foot, self.page_words, self.brand = plain(foot), page_words, rgb(colour)
        for style, font in _FILES.items():
            self.add_font(FONT, style, fname=str(font.path))
        self.set_title(title)
        self.set_author(author)
        self.set_lang(language)
        self.set_creation_date(made_at)
        self.set_producer("AgentCollect")
        self.set_margins(MARGIN, 18, MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(True, margin=24)
        self.alias_nb_pages("{pages}")
        self.add_page()

    def header(self) -> None:
        """A bar in the creditor's colour over each page."""
        self.set_fill_color(*self.brand)
        self.rect(0, 0, self.w, 4, style="F")
        self.set_y(18)

    def footer(self) -> None:
        self.set_y(-17)
        self.set_draw_color(*RULE)
        self.line(MARGIN, self.get_y() - 2, self.w - MARGIN, self.get_y() - 2)
        self.ink(8, colour=QUIET)
        number = plain(self.page_words).replace("%(page)s", str(self.page_no())).replace("%(pages)s", "{pages}")
        self.cell(self.epw * 0.25, 5, number)
        self.cell(self.epw * 0.75, 5, self.foot, align="R")

    def ink(self, size: float, *, bold: bool = False, colour: Rgb = INK) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.set_text_color(*colour)

    def say(
        self, text: str, size: float = 10, *, bold: bool = False, colour: Rgb = INK, gap: float = 0, align: str = "L"
    ) -> None:
        """A paragraph over the whole width, and the next line below it, `gap` millimetres further down."""
        self.ink(size, bold=bold, colour=colour)
        self.multi_cell(0, size * 0.5, plain(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(gap)

    def head(self, name: str, what: str, logo: bytes | None) -> None:
        """Who it is from (their logo, else their name in type) and, on the right, what it is."""
        top, width = self.get_y(), self.epw * 0.62
        if logo is not None:
            bottom = top + self._logo(logo, name)
        else:
            self.ink(15, bold=True)
            self.multi_cell(width, 7.5, plain(name), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            bottom = self.get_y()
        self.set_xy(MARGIN + width, top)
        self.ink(13, colour=QUIET)
        self.cell(self.epw - width, 7.5, plain(what), align="R")
        self.set_xy(MARGIN, max(bottom, top + 8) + 8)

    def _logo(self, png: bytes, name: str) -> float:
        """The picture, in its own proportions, at the left margin; how high it is."""
        with Image.open(BytesIO(png)) as picture:
            height = min(_LOGO_HEIGHT, _LOGO_WIDTH * picture.height / picture.width)
        self.image(png, MARGIN, self.get_y(), h=height, alt_text=plain(name))
        return height

    def pairs(self, rows: Sequence[tuple[str, str]], label: float = 42) -> None:
        """(label, value) under each other."""
        for name, value in rows:
            top = self.get_y()
            self.ink(9.5, colour=QUIET)
            self.cell(label, 5.6, plain(name))
            self.set_xy(MARGIN + label, top)
            self.ink(9.5)
            self.multi_cell(self.epw - label, 5.6, plain(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def notice(self, text: str) -> None:
        """Something no reader may overlook, in a box."""
        self.ink(10, bold=True)
        with self.local_context(fill_color=TINT, draw_color=self.brand):
            self.multi_cell(0, 6, plain(text), border=1, fill=True, align="L", padding=(3, 4))
        self.ln(5)

    def lines(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        sums: Sequence[Sequence[str]] = (),
        size: float = 9,
    ) -> None:
        """A table; the last column is amounts, to the right. Its head is repeated on each page; `sums` are bold."""
        self.ink(size)
        self.set_draw_color(*RULE)
        look: dict[str, Any] = {
            "borders_layout": "HORIZONTAL_LINES",
            "headings_style": FontFace(emphasis="BOLD", color=QUIET, size_pt=size - 0.5),
            "text_align": ("LEFT",) * (len(heads) - 1) + ("RIGHT",),
            "padding": (1.4, 1.6),
            "line_height": size * 0.5,
        }
        with self.table(col_widths=tuple(widths), **look) as table:
            table.row([plain(head) for head in heads])
            for row in rows:
                table.row([plain(text) for text in row])
            for row in sums:
                table.row([plain(text) for text in row], style=FontFace(emphasis="BOLD", fill_color=TINT))
        self.ln(6)

    def whole(self) -> bytes:
        return bytes(self.output())


def brand_colour(colors: object) -> str:
    """The creditor's colour as it stands out from white paper."""
    return palette(colors)["light"]["action"]
