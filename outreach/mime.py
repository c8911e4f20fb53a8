"""A rendered message as MIME: headers that thread, say it was sent by a machine, and let the reader leave.

RFC 5322 (format), 2387 (inline logo), 3834 (Auto-Submitted), 2369 and 8058 (one-click unsubscribe),
3282 (Content-Language).
"""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from compliance.reading import Rendered
from outreach import rules
from outreach.rendering import LOGO, Brand

# Python folds a long word of these headers into encoded words, which no mail program reads back as an address.
_VERBATIM = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})
# RFC 5322 2.1.1: a line has at most 998 characters; older references are the ones to go.
MOST_REFERENCES = 20


class _Headers(HeaderRegistry):
    """Python makes a new class for every header it reads or writes; one for each name does."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type] = {}

    def __getitem__(self, name: str) -> type:
        if name not in self._made:
            self._made[name] = super().__getitem__(name)
        return self._made[name]


class _MailPolicy(EmailPolicy):
    def fold(self, name: str, value: str) -> str:
        if name.lower() not in _VERBATIM:
            return super().fold(name, value)
        return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() not in _VERBATIM:
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("ascii")


_SAME = {name: getattr(SMTP, name) for name in ("linesep", "max_line_length", "raise_on_defect")}
POLICY = _MailPolicy(**_SAME, header_factory=_Headers())


def build(
    rendered: Rendered,
    *,
    brand: Brand,
    recipient: str,
    recipient_name: str,
    message_id: str,
    thread: Sequence[str],
    opt_out_url: str,
    at: datetime,
) -> EmailMessage:
    """The MIME of one message. `thread`: Message-IDs of this case's earlier ones, oldest first.

    Raises ValueError for an address that is none; a line break in a name cannot reach a header.
    """
    mime = EmailMessage(policy=POLICY)
    mime["Message-ID"] = message_id
    mime["Date"] = format_datetime(at)
    mime["From"] = _address(brand.name, brand.from_email)
    mime["To"] = _address(recipient_name, recipient)
    if brand.reply_to and brand.reply_to != brand.from_email:
        mime["Reply-To"] = _address(brand.name, brand.reply_to)
    mime["Subject"] = rendered.subject
    if thread:
        mime["In-Reply-To"] = thread[-1]
        mime["References"] = " ".join(thread[-MOST_REFERENCES:])
    mime["Auto-Submitted"] = "auto-generated"
    mime["List-Unsubscribe"] = f"<{opt_out_url}>"
    mime["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _fill(mime, rendered, brand)
    # Filling moves the content headers into the first part, and this one is about the whole.
    mime["Content-Language"] = rendered.language
    return mime


def _address(name: str, address: str) -> Address:
    if rules.one_line(address, 320) != address:
        raise ValueError("an address holds a line break or a space at its end")
    return Address(display_name=rules.one_line(name, 120), addr_spec=address)


def _fill(mime: EmailMessage, rendered: Rendered, brand: Brand) -> None:
    # Quoted-printable passes every relay, also one without 8BITMIME.
    mime.set_content(rendered.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    mime.add_alternative(rendered.html, subtype="html", charset="utf-8", cte="quoted-printable")
    if brand.logo:
        part = mime.get_payload()[1]  # type: ignore[index]
        part.add_related(  # type: ignore[union-attr]
            brand.logo,
            maintype="image",
            subtype=brand.logo_subtype,
            cid=f"<{LOGO.removeprefix('cid:')}>",
            disposition="inline",
            filename=f"logo.{brand.logo_subtype}",
        )
