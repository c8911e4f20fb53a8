"""Mail to people who sign in, where no mail server is set up.

Embedded (one machine, nothing configured) each letter becomes a file in `var/mail`, and a page of the dashboard shows
them to whoever sits at this machine (`readable_by`). Anywhere else a missing mail server is an error that is logged:
mail never turns up on a page there, because these letters hold codes and links that let somebody in.
"""

import ipaddress
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage as Parsed
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import HttpRequest

log = structlog.get_logger()

KEPT = 200


class FolderBackend(BaseEmailBackend):
    """Writes each letter into `var/mail`, readable by this user only; the oldest beyond 200 are dropped."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
            scratch = folder / f".{name}"
            with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(message.message().as_bytes())
            scratch.rename(folder / name)
        for old in sorted(folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return len(email_messages)


class NoBackend(BaseEmailBackend):
    """No mail server is configured (SMTP_HOST): nothing is sent, and the log says so."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise OSError("no mail server: set SMTP_HOST (docs/operations.md)")


@dataclass(frozen=True, slots=True)
class Letter:
    """One file of `var/mail`."""

    name: str
    at: datetime
    to: str
    subject: str
    text: str


def letters(limit: int = 20) -> list[Letter]:
    """The newest letters in the folder, newest first."""
    return [_read(path) for path in sorted(_folder().glob("*.eml"), reverse=True)[:limit]]


def _read(path: Path) -> Letter:
    parsed = message_from_bytes(path.read_bytes(), _class=Parsed, policy=default)
    body: Any = parsed.get_body(("plain",))
    return Letter(
        name=path.name,
        at=datetime.fromtimestamp(int(path.name[:20]) / 1e9, UTC),
        to=str(parsed["To"]),
        subject=str(parsed["Subject"]),
        text=body.get_content() if body else "",
    )


def _folder() -> Path:
    return settings.VAR_DIR / "mail"


def readable_by(request: HttpRequest) -> bool:
    """May this visitor read the folder? Only at this very machine, in the embedded run with no mail server.

    Address, Host and our own address must all be loopback and no proxy may have passed the request on: a tunnel to
    this port, or a page that rebinds its name to 127.0.0.1, would otherwise read a password-reset link.
    """
    if settings.SYSTEM_MAIL != "folder" or settings.SECURE_PROXY_SSL_HEADER:
        return False
    passed_on = any(request.headers.get(name) for name in ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via"))
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    own = urlsplit(settings.PUBLIC_URL).hostname or ""
    return not passed_on and all(map(_loopback, (request.META.get("REMOTE_ADDR", ""), host, own)))


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
