"""A real SMTP server on loopback that keeps what it took, and can be told to refuse or to hang up."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Keeper:
    """`rcpt`, `data`: the answers to give instead of taking it; `hang_up`: drop the line after the content came."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.rcpt = self.data = ""
        self.hang_up = False

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(envelope.original_content or b"", policy=default) for envelope in self.taken]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        self.taken.append(envelope)
        if self.hang_up:
            server.transport.close()
            await asyncio.sleep(0)
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[tuple[Keeper, int]]:
    """The server and its port, until the block ends."""
    keeper = Keeper()
    # Port 0 is chosen by the system; the controller would otherwise connect to the literal 0.
    controller = Controller(keeper, hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        yield keeper, controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_for(port: int) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "user": "", "password": "", "starttls": False, "timeout": 5.0}
