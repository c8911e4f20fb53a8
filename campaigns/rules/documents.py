"""What a file is, judged by its bytes: a name and a Content-Type say what somebody wishes it to be."""

import io
import re
import unicodedata
import zipfile
from typing import NamedTuple

import filetype

MAX_BYTES = 25 * 1024 * 1024
MAX_NAME = 120


class Type(NamedTuple):
    """A media type, and how a file of it may end; the first ending is given to one that ends otherwise."""

    media_type: str
    endings: tuple[str, ...]


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {
    "application/pdf": Type("application/pdf", (".pdf",)),
    "image/png": Type("image/png", (".png",)),
    "image/jpeg": Type("image/jpeg", (".jpg", ".jpeg")),
    "image/webp": Type("image/webp", (".webp",)),
    "image/tiff": Type("image/tiff", (".tif", ".tiff")),
}
_OFFICE = {"word/document.xml": Type(_WORD, (".docx",)), "xl/workbook.xml": Type(_SHEET, (".xlsx",))}
_TEXT = Type("text/plain; charset=utf-8", (".txt",))
_CSV = Type("text/csv; charset=utf-8", (".csv",))
_MAIL = Type("message/rfc822", (".eml",))
MEDIA_TYPES = sorted({kind.media_type for kind in [*_BINARY.values(), *_OFFICE.values(), _TEXT, _CSV, _MAIL]})
_HEADERS = re.compile(rb"(?im)^(?:from|to|subject|date|received|message-id|return-path|mime-version):")


def type_of(raw: bytes, name: str) -> Type | None:
    """The type of the file, None when it is none we keep."""
    guessed = filetype.guess(raw[:8192])
    if guessed is not None and guessed.mime in _BINARY:
        return _BINARY[guessed.mime]
    if raw.startswith(b"PK"):
        return _office_type(raw)
    return _text_type(raw, name) if guessed is None else None


def _office_type(raw: bytes) -> Type | None:
    """A Word or Excel file without macros: told by the parts in it, whose contents are not unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in parts or any(part.endswith("vbaProject.bin") for part in parts):
        return None
    return next((kind for part, kind in _OFFICE.items() if part in parts), None)


def _text_type(raw: bytes, name: str) -> Type | None:
    """Text holds no control characters but tab and line ends; what kind of text, its name may say."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\t\n\r\f" for letter in set(text)):
        return None
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if ending == ".csv":
        return _CSV
    is_mail = len({match.lower() for match in _HEADERS.findall(raw[:8192])}) >= 2
    return _MAIL if is_mail else _TEXT


def plain_name(name: str, kind: Type) -> str:
    """`name` as a file name and nothing else: no folders, no control or direction marks, an ending that is true."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    stem = " ".join(kept.split()).lstrip(".").rstrip(". ") or "document"
    ending = next((ending for ending in kind.endings if stem.lower().endswith(ending)), "")
    if ending:
        return stem[: -len(ending)][: MAX_NAME - len(ending)] + stem[-len(ending) :]
    return stem[: MAX_NAME - len(kind.endings[0])] + kind.endings[0]
