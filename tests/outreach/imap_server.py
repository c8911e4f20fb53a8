"""A small IMAP4rev1 server on loopback, over TLS: one mailbox, read only as far as these tests read it.

It speaks what RFC 3501 asks of LOGIN, EXAMINE, UID SEARCH and UID FETCH, and writes down every command, so that a test
can see that nothing was marked, moved or deleted.
"""

import contextlib
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

USER, PASSWORD = "ar@yourcompany.com", "s3cret word"


@dataclass
class Box:
    """The mailbox: UID → mail."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    said: list[str] = field(default_factory=list)

    @property
    def next(self) -> int:
        return max(self.mails, default=0) + 1


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.line("* OK ready")
        while raw := self.rfile.readline():
            tag, _, rest = raw.decode().strip().partition(" ")
            while literal := re.search(r"\{(\d+)\}$", rest):
                self.line("+ go on")
                rest = rest[: literal.start()] + '"' + self.rfile.read(int(literal[1])).decode() + '"'
                rest += self.rfile.readline().decode().rstrip("\r\n")
            self.box.said.append(rest if not rest.upper().startswith("LOGIN") else "LOGIN")
            if not self.answer(tag, rest):
                return

    @property
    def box(self) -> Box:
        return self.server.box  # type: ignore[attr-defined]

    def line(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, tag: str, rest: str) -> bool:
        command = rest.upper()
        if command.startswith("CAPABILITY"):
            self.line("* CAPABILITY IMAP4rev1")
        elif command.startswith("LOGIN"):
            if f'"{USER}" "{PASSWORD}"' not in rest and f'{USER} "{PASSWORD}"' not in rest:
                self.line(f"{tag} NO [AUTHENTICATIONFAILED] no")
                return True
        elif command.startswith("EXAMINE"):
            self.line(f"* {len(self.box.mails)} EXISTS")
            self.line(f"* OK [UIDVALIDITY {self.box.validity}] ok")
            self.line(f"* OK [UIDNEXT {self.box.next}] ok")
            self.line(f"{tag} OK [READ-ONLY] done")
            return True
        elif command.startswith("UID SEARCH"):
            self.line("* SEARCH " + " ".join(map(str, self.found(command))))
        elif command.startswith("UID FETCH"):
            self.fetch(rest)
        elif command.startswith("LOGOUT"):
            self.line("* BYE")
            self.line(f"{tag} OK")
            return False
        else:
            self.line(f"{tag} BAD what")
            return True
        self.line(f"{tag} OK done")
        return True

    def found(self, command: str) -> list[int]:
        uids = sorted(self.box.mails)
        since = re.search(r"UID (\d+):\*", command)
        if since is None:
            return uids
        return [uid for uid in uids if uid >= int(since[1])] or uids[-1:]

    def fetch(self, rest: str) -> None:
        uid = int(re.search(r"FETCH (\d+)", rest, re.IGNORECASE)[1])  # type: ignore[index]
        raw = self.box.mails[uid]
        if "RFC822.SIZE" in rest.upper():
            self.line(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)})")
            return
        name, part = "BODY[]", raw
        if cut := re.search(r"BODY\.PEEK\[(HEADER|TEXT)\]<0\.(\d+)>", rest, re.IGNORECASE):
            head, _, body = raw.partition(b"\r\n\r\n")
            whole = head + b"\r\n\r\n" if cut[1].upper() == "HEADER" else body
            name, part = f"BODY[{cut[1].upper()}]<0>", whole[: int(cut[2])]
        self.wfile.write(f"* 1 FETCH (UID {uid} {name} {{{len(part)}}}\r\n".encode() + part + b")\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, context: ssl.SSLContext, box: Box) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.box, self.context = box, context

    def get_request(self) -> tuple[ssl.SSLSocket, object]:  # type: ignore[override]
        sock, address = super().get_request()
        return self.context.wrap_socket(sock, server_side=True), address

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that leaves is no error of the server's


@contextlib.contextmanager
def imap_server(certificate: str, key: str) -> Iterator[tuple[Box, int]]:
    """(mailbox, port) of a server on 127.0.0.1 that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    box = Box()
    server = _Server(context, box)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield box, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
