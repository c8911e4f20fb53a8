"""A mail as it came in, read: whose it is, what was written, whether a machine wrote it, whether it tells of a bounce.

RFC 5322 (format), 2045 (MIME), 3464 (delivery status), 3834 (automatic answers). Attachments are named, never opened.
Nothing in here raises for what a stranger wrote: what cannot be read is left out.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import default
from email.utils import getaddresses
from typing import Any, NamedTuple

from outreach.rules.visible import MOST_TEXT, Seen, own_words, visible

# A mail above this is kept without its attachments' contents.
MOST_RAW = 512 * 1024
_MOST_PART = 200_000
_MOST_PARTS = 200
SIZE_HEADER = "X-AgentCollect-Size"
_ADDRESSEES = ("Delivered-To", "X-Original-To", "To", "Cc")
_ID = re.compile(r"<[^<>\s]{3,250}>")
_PROBE = re.compile(r"\[check ([0-9A-Za-z]{32})\]")


class Bounce(NamedTuple):
    """What a mail server says about one address. `original`: the Message-ID of what it could not deliver."""

    recipient: str
    hard: bool
    words: str
    original: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """`text`: the sender's own words. `automatic`: a machine wrote it. `hidden`: it holds words no reader sees.

    `disowned`: the receiving server found that it is not from whom it says (DMARC, RFC 8601's header).
    """

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    references: tuple[str, ...]
    text: str
    quoted: str
    attachments: tuple[dict[str, Any], ...]
    automatic: bool
    hidden: bool
    disowned: bool
    bounces: tuple[Bounce, ...]
    is_report: bool
    probe: str
    fingerprint: str


def read(raw: str) -> Incoming:
    """Read a stored mail."""
    mail = message_from_bytes(raw.encode("utf-8", "surrogateescape"), policy=default)
    seen = _words(mail)
    parts = own_words(seen.text)
    sender = next(iter(_addresses(mail, ("From",))), ("", ""))
    subject = _line(_header(mail, "Subject"), 300)
    references = _ID.findall(f"{_header(mail, 'In-Reply-To')} {_header(mail, 'References')}"[:20_000])
    report = _is_report(mail)
    return Incoming(
        message_id=next(iter(_ID.findall(_header(mail, "Message-ID"))), ""),
        sender=sender[1],
        sender_name=sender[0],
        recipients=tuple(dict.fromkeys(address for _, address in _addresses(mail, _ADDRESSEES))),
        subject=subject,
        references=tuple(dict.fromkeys(references))[:100],
        text=parts.own,
        quoted=parts.quoted,
        attachments=tuple(_attachments(mail)),
        automatic=_automatic(mail, subject),
        hidden=seen.hidden,
        disowned=_disowned(mail),
        bounces=tuple(_bounces(mail)) if report else (),
        is_report=report,
        probe=(_PROBE.search(subject) or ["", ""])[1],
        fingerprint=hashlib.sha256(f"{sender[1]}\n{subject}\n{seen.text}".encode("utf-8", "replace")).hexdigest(),
    )


def storable(raw: bytes) -> str:
    """`raw` as a text that a column can hold and `read` understands: 7 bits where it is no UTF-8, without the contents
    of attachments where it is large."""
    if len(raw) <= MOST_RAW:
        try:
            return raw.decode().replace("\0", "�")
        except UnicodeDecodeError:
            pass
    try:
        text = _lean(raw)
    except Exception:  # a mail that Python cannot write again is kept as it can be shown
        text = raw[:MOST_RAW].decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode().replace("\0", "�")[: 4 * MOST_RAW]


def _lean(raw: bytes) -> str:
    mail = message_from_bytes(raw)
    for part in mail.walk():
        if part.is_multipart() or len(raw) <= MOST_RAW:
            continue
        whole = str(part.get_payload())
        if part.get_content_maintype() == "text" and not part.get_filename():
            part.set_payload(whole[:_MOST_PART])
        else:
            size = len(part.get_payload(decode=True) or b"")
            part.set_payload("")
            part[SIZE_HEADER] = str(size)
    return mail.as_string()


def fingerprint(raw: str, *, scope: str) -> str:
    """What makes two deliveries of one mail the same, whatever servers wrote on top of it on the way."""
    mail = read(raw)
    to = " ".join(sorted(mail.recipients))
    told = f"{scope}\n{mail.message_id}\n{mail.fingerprint}\n{to if not scope else ''}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


# --- headers


def _header(mail: Message, name: str) -> str:
    """All headers of that name, as one text without NUL; one that breaks Python's own parser is taken as it stands."""
    try:
        found = " ".join(str(value) for value in mail.get_all(name, [])[:20])
    except Exception:
        found = " ".join(str(value) for key, value in mail.raw_items() if key.lower() == name.lower())[:2000]
    return found.replace("\0", " ")


def _line(text: str, limit: int) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:limit]


def _addresses(mail: Message, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(name, address in lower case) of each mailbox in these headers."""
    for name in names:
        for shown, address in getaddresses([_header(mail, name)[:20_000]])[:50]:
            if re.fullmatch(r"[^\s@<>]{1,120}@[^\s@<>]{1,190}", address):
                yield _line(shown, 120), address.lower() if name == "From" else address


def _automatic(mail: Message, subject: str) -> bool:
    """RFC 3834, and what stood before it. Such mail is never answered."""
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if _header(mail, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        return True
    marks = ("X-Autoreply", "X-Autorespond", "X-Autogenerated", "X-AutoReply-From", "X-Mail-Autoreply")
    if any(mail.get(name) for name in marks) or "List-Id" in mail or _is_report(mail):
        return True
    return bool(
        re.match(
            r"\s*(auto(matic|matische)?[ -]?(reply|response|antwort)|abwesenheit|out of office|réponse "
            r"automatique|respuesta automática|risposta automatica)\b",
            subject,
            re.IGNORECASE,
        )
    )


def _disowned(mail: Message) -> bool:
    """DMARC failed, says the first Authentication-Results: the receiving server's own, above all that came along."""
    results = mail.get_all("Authentication-Results", [])
    return bool(results) and re.search(r"\bdmarc\s*=\s*fail\b", str(results[0])[:2000], re.IGNORECASE) is not None


# --- body


def _words(mail: Message) -> Seen:
    """What is displayed: the HTML where there is one, since that is what the sender saw, else the plain text."""
    html, plain = [], []
    for part in _leaves(mail):
        if part.get_content_disposition() == "attachment" or part.get_filename():
            continue
        if part.get_content_type() == "text/html":
            html.append(_text(part))
        elif part.get_content_type() == "text/plain":
            plain.append(_text(part))
    if html and not _is_report(mail):
        seen = visible("\n".join(html))
        if seen.text.strip():
            # A plain part that says something else was written for machines: a person looks at such a mail.
            return Seen(seen.text, seen.hidden or _differs("\n".join(plain), seen.text))
    return Seen("\n".join(plain)[: 2 * MOST_TEXT], hidden=False)


def _differs(plain: str, shown: str) -> bool:
    words = set(re.findall(r"[^\W_]{4,}", own_words(plain).own.lower()))
    known = set(re.findall(r"[^\W_]{4,}", shown.lower()))
    return bool(words) and len(words - known) >= max(4, len(words) // 2)


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts that hold something; a mail inside a mail is an attachment, whatever stands in it."""
    stack, count = [mail], 0
    while stack and count < _MOST_PARTS:
        part, count = stack.pop(), count + 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack += reversed(part.get_payload())  # type: ignore[arg-type]
        else:
            yield part


def _text(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
        raw = payload if isinstance(payload, bytes) else str(part.get_payload()).encode()
        charset = part.get_content_charset() or "utf-8"
    except Exception:
        return ""
    try:
        return raw[: 20 * MOST_TEXT].decode(charset, "replace")
    except LookupError:
        return raw[: 20 * MOST_TEXT].decode("utf-8", "replace")


def _attachments(mail: Message) -> Iterator[dict[str, Any]]:
    """Names, types and sizes, for people to read; nothing is opened."""
    for part in _leaves(mail):
        name, kind = part.get_filename(), part.get_content_type()
        if not name and kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            continue
        if kind in ("message/delivery-status", "text/rfc822-headers") or (_is_report(mail) and kind.startswith("mess")):
            continue
        said = str(part.get(SIZE_HEADER, ""))
        size = int(said) if said.isdigit() and len(said) < 12 else len(_bytes(part))
        yield {"name": _line(str(name or "(no name)"), 200), "type": kind[:100], "size": size}


def _bytes(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except Exception:
        return b""
    return payload if isinstance(payload, bytes) else b""


# --- delivery reports (RFC 3464)


def _is_report(mail: Message) -> bool:
    kind = str(mail.get_param("report-type", "") or "").lower()
    return mail.get_content_type() == "multipart/report" and kind == "delivery-status"


def _bounces(mail: Message) -> Iterator[Bounce]:
    """Each address that the report names as failed."""
    original = _original(mail)
    for part in _leaves(mail):
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in list(part.get_payload())[:50]:
            if isinstance(block, Message) and _header(block, "Action").strip().lower() == "failed":
                yield _bounce(block, original)


def _bounce(block: Message, original: str) -> Bounce:
    named = _header(block, "Final-Recipient") or _header(block, "Original-Recipient")
    status = _header(block, "Status").strip()
    # RFC 3463: 5.x is permanent; 5.2.2 (mailbox full) and 5.7 (policy) say nothing about whether the address is one.
    hard = status.startswith("5.") and not status.startswith(("5.2.2", "5.3", "5.7"))
    words = _line(_header(block, "Diagnostic-Code") or f"status {status}", 280)
    return Bounce(named.partition(";")[2].strip().strip("<>").lower(), hard, words, original)


def _original(mail: Message) -> str:
    """The Message-ID of the mail that came back, whole or its headers alone."""
    for part in _leaves(mail):
        kind = part.get_content_type()
        if kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload()[0]  # type: ignore[index]
            found = _ID.findall(_header(inner, "Message-ID")) if isinstance(inner, Message) else []
        elif kind == "text/rfc822-headers":
            found = re.findall(r"(?im)^message-id:\s*(<[^<>\s]{3,250}>)", _text(part)[:50_000])
        else:
            found = []
        if found:
            return str(found[0])
    return ""


__all__ = ["Bounce", "Incoming", "fingerprint", "read", "storable"]
