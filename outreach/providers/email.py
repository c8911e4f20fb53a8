"""The port for e-mail: what a transport promises, and the one error it may raise.

`before_data` is the point of no return. A transport calls it once, after everything that can still be taken back
and immediately before the bytes that cannot; when it raises, the transport sends nothing and lets the error through.
"""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

BeforeData = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message ready to leave: the envelope's two addresses, the MIME, and which row it is."""

    sender: str
    recipient: str
    mime: EmailMessage
    message_id: str


class TransportError(Exception):
    """The message did not certainly arrive.

    `permanent`: asking again gives the same answer. `in_doubt`: it may have left all the same, so that it must not
    be sent again by itself; never together with `permanent`.
    """

    def __init__(self, words: str, *, permanent: bool = False, in_doubt: bool = False) -> None:
        self.permanent, self.in_doubt = permanent and not in_doubt, in_doubt
        super().__init__(" ".join(words.split())[:280])


class EmailTransport(Protocol):
    """A way for a Parcel to leave.

    `in_database`: what it does is a row of this database, so that the whole act commits or fails as one, behind one
    lock: nothing can change between the law's word and the arrival, and nothing is ever in doubt.
    """

    @property
    def in_database(self) -> bool: ...

    def deliver(self, parcel: Parcel, before_data: BeforeData) -> None:
        """Hand the parcel over; returns once the other side took it.

        Raises TransportError, or what `before_data` raised.
        """


def transport(*, livemode: bool) -> EmailTransport:
    """SMTP in live mode, the sandbox mailbox in test mode."""
    from outreach.providers.mailbox import MailboxTransport
    from outreach.providers.smtp import SmtpTransport

    return SmtpTransport.from_settings() if livemode else MailboxTransport()
