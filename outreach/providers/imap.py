"""Reading a customer's mailbox over IMAP (RFC 9051, 3501), leaving no trace in it: nothing is deleted, moved or marked.

The host is the customer's choice, so it passes the egress guard's rule: every address it leads to must be public, and
the address that was checked is the one connected to. Always TLS.
"""

import imaplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from agentcollect.kit.http import is_loopback, is_public, policy_from_settings, refuse_in_transaction

TIMEOUT = 20.0
# A mail above this is read by its head and the beginning of its body.
MOST_BYTES, MOST_HEAD, MOST_BODY = 8 * 1024 * 1024, 64 * 1024, 256 * 1024
MOST_MAILS = 50
# After the server numbered its mails anew, so many days are read again; what was read before is known by itself.
_DAYS_AGAIN = timedelta(days=3)


class MailboxError(Exception):
    """The mailbox could not be read; the words are for its owner."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where to read. `uid_validity` 0: it was never read, and begins with what comes from now on."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    uid_validity: int
    last_uid: int


@dataclass(frozen=True, slots=True)
class Mark:
    """How far it was read."""

    uid_validity: int
    last_uid: int


def fetch(box: Mailbox, *, today: date) -> Iterator[tuple[Mark, bytes]]:
    """(how far, mail) of each new mail, oldest first, at most MOST_MAILS; a mark with an empty mail only moves on.

    Raises MailboxError. The caller keeps a mark once it has stored the mail.
    """
    refuse_in_transaction()
    client = _connect(box)
    try:
        yield from _new(client, box, today)
    except (IMAPClientError, imaplib.IMAP4.error, OSError, ValueError, KeyError) as error:
        raise MailboxError(f"the mailbox could not be read: {_words(error)}") from error
    finally:
        _leave(client)


def _connect(box: Mailbox) -> IMAPClient:
    address = _address(box.host)
    try:
        client = _Pinned(box.host, port=box.port, ssl=True, ssl_context=tls(), timeout=TIMEOUT, address=address)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(f"the mail server could not be reached: {_words(error)}") from error
    try:
        client.login(box.user, box.password)
    except (IMAPClientError, imaplib.IMAP4.error, OSError, UnicodeError) as error:
        _leave(client)
        raise MailboxError("the mail server refused the user or the password") from error
    return client


def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _PinnedTLS(imaplib.IMAP4):
    """Connects to one address and expects the certificate of the name."""

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext, address: str) -> None:
        self._context, self._address = context, address
        super().__init__(host, port, timeout=TIMEOUT)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self._address, self.port), timeout=timeout)
        try:
            return self._context.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


class _Pinned(IMAPClient):
    def __init__(self, host: str, *, address: str, **options: Any) -> None:
        self._address = address
        super().__init__(host, **options)

    def _create_IMAP4(self) -> imaplib.IMAP4:
        return _PinnedTLS(self.host, self.port, context=self.ssl_context, address=self._address)


def _address(host: str) -> str:
    """The one address to connect to. One that is not public among a name's addresses refuses them all."""
    loopback_allowed = policy_from_settings().allow_loopback_http
    try:
        literal = ip_address(host)
    except ValueError:
        literal = None
    if literal is not None or (host == "localhost" and loopback_allowed):
        found = [literal or ip_address("127.0.0.1")]
    else:
        found = [ip_address(text) for text in _look_up(host)]
    allowed_loopback = loopback_allowed and (literal is not None or host == "localhost")
    for address in found:
        if not (is_public(address) or (allowed_loopback and is_loopback(address))):
            raise MailboxError("the host leads to an address that is private or reserved")
    return str(found[0])


def _look_up(host: str) -> list[str]:
    answers: list[str] = []
    for kind in ("A", "AAAA"):
        try:
            rows = dns.resolver.resolve(f"{host}.", kind, lifetime=TIMEOUT / 4, raise_on_no_answer=False)
        except dns.exception.DNSException:
            continue
        answers += [row.address for row in rows.rrset or ()]
    if not answers:
        raise MailboxError("the name of the mail server leads nowhere")
    return answers


def _new(client: IMAPClient, box: Mailbox, today: date) -> Iterator[tuple[Mark, bytes]]:
    # EXAMINE: the server itself then refuses every change.
    state = client.select_folder(box.folder, readonly=True)
    validity = int(state[b"UIDVALIDITY"])
    if not box.uid_validity:
        uids = client.search(["ALL"]) if b"UIDNEXT" not in state else []
        last = int(state.get(b"UIDNEXT", 0)) - 1 if not uids else max(uids)
        yield Mark(validity, max(last, 0)), b""
        return
    again = validity != box.uid_validity
    since = box.last_uid if not again else 0
    found = client.search(["SINCE", today - _DAYS_AGAIN] if again else ["UID", f"{since + 1}:*"])
    # `n:*` always names the last mail, also when its number is smaller than n (RFC 3501 6.4.8).
    new = sorted(uid for uid in found if uid > since)[:MOST_MAILS]
    if again and not new:
        yield Mark(validity, max(int(state.get(b"UIDNEXT", 1)) - 1, 0)), b""
    for uid in new:
        yield Mark(validity, uid), _mail(client, uid)


def _mail(client: IMAPClient, uid: int) -> bytes:
    size = int(client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE", 0))
    if size <= MOST_BYTES:
        return _part(client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}))
    head = _part(client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{MOST_HEAD}>"]).get(uid, {}))
    return head + _part(client.fetch([uid], [f"BODY.PEEK[TEXT]<0.{MOST_BODY}>"]).get(uid, {}))


def _part(answer: dict[bytes, Any]) -> bytes:
    return next((bytes(value) for name, value in answer.items() if name.startswith(b"BODY[") and value), b"")


def _leave(client: IMAPClient) -> None:
    try:
        client.logout()
    except (IMAPClientError, imaplib.IMAP4.error, OSError):
        client.shutdown()


def _words(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:200]
