"""SMTP submission (RFC 5321, RFC 6409), one connection per message.

`smtplib.sendmail` hides the moment at which a message can no longer be taken back, so the dialogue is spelt out here.
"""

import smtplib
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from outreach.providers.email import BeforeData, Parcel, TransportError


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """A relay that takes our mail. Every wait is bounded by `timeout` seconds."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    timeout: float

    @property
    def in_database(self) -> bool:
        """Never: it talks to another house."""
        return False

    @classmethod
    def from_settings(cls) -> "SmtpTransport":
        facts: dict[str, Any] = settings.SMTP
        return cls(**facts)

    def deliver(self, parcel: Parcel, before_data: BeforeData) -> None:
        """EHLO, STARTTLS, AUTH, MAIL, RCPT; then `before_data()`; then DATA. Raises TransportError."""
        session = _Dialogue(self)
        try:
            session.open()
            session.envelope(parcel)
            before_data()
            session.data(parcel)
        finally:
            session.close()


class _Dialogue:
    """One conversation with the relay."""

    def __init__(self, relay: SmtpTransport) -> None:
        self.relay = relay
        self.smtp: smtplib.SMTP | None = None

    def open(self) -> None:
        try:
            self.smtp = smtplib.SMTP(
                self.relay.host, self.relay.port, local_hostname=_own_name(), timeout=self.relay.timeout
            )
            self.smtp.ehlo_or_helo_if_needed()
            if self.relay.starttls:
                self.smtp.starttls(context=ssl.create_default_context())
                self.smtp.ehlo_or_helo_if_needed()
            if self.relay.user:
                self.smtp.login(self.relay.user, self.relay.password)
        except (OSError, smtplib.SMTPException) as error:
            # Our own set-up or weather, never this recipient's fault: a wrong password must not fail a step for ever.
            raise TransportError(f"the mail server could not be used: {_words(error)}") from error

    def envelope(self, parcel: Parcel) -> None:
        smtp = self._smtp()
        try:
            _expect(smtp.mail(parcel.sender), "the sender")
            _expect(smtp.rcpt(parcel.recipient), "the recipient")
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(f"the connection broke before the message left: {_words(error)}") from error

    def data(self, parcel: Parcel) -> None:
        """The content. Only a plain refusal (5xx) is certain; RFC 5321 4.2.5: such a message is not delivered."""
        smtp = self._smtp()
        try:
            code, reply = smtp.docmd("DATA")
            if code != 354:
                # Not one byte of the message was sent.
                raise TransportError(_refusal(code, reply, "the message"), permanent=code >= 500)
            smtp.send(_dotted(parcel.mime.as_bytes()))
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(f"no answer after the message was sent: {_words(error)}", in_doubt=True) from error
        if code != 250:
            refused = 500 <= code < 600
            raise TransportError(_refusal(code, reply, "the message"), permanent=refused, in_doubt=not refused)

    def close(self) -> None:
        if self.smtp is None:
            return
        try:
            self.smtp.quit()
        except (OSError, smtplib.SMTPException):
            self.smtp.close()

    def _smtp(self) -> smtplib.SMTP:
        if self.smtp is None:
            raise TransportError("the mail server was not reached")
        return self.smtp


def _own_name() -> str:
    """What EHLO says (RFC 5321 4.1.1.1); smtplib's own guess may wait long for a name server."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return f"[{host}]" if host.replace(".", "").isdigit() else host


def _expect(answer: tuple[int, bytes], what: str) -> None:
    code, reply = answer
    if not 200 <= code < 300:
        raise TransportError(_refusal(code, reply, what), permanent=500 <= code < 600)


def _refusal(code: int, reply: bytes, what: str) -> str:
    return f"{what} was refused: {code} {reply.decode('utf-8', 'replace')}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()


def _dotted(content: bytes) -> bytes:
    """The content as DATA wants it (RFC 5321 4.5.2): lines end in CRLF, a leading dot is doubled, a dot ends it."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"
