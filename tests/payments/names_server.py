"""A name server on loopback, over UDP, that knows the names it is given."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Zone:
    """`records`: (name, kind) → values. `broken`: every question is answered with SERVFAIL."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.broken = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def set(self, name: str, kind: str, *values: str) -> None:
        self.records[name, kind] = list(values)

    def serve(self) -> None:
        while True:
            try:
                data, caller = self.socket.recvfrom(4096)
            except OSError:
                return
            if data:
                self.socket.sendto(self.answer(dns.message.from_wire(data)).to_wire(), caller)
            else:
                return

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        name, kind = (
            query.question[0].name.to_text(omit_final_dot=True),
            dns.rdatatype.to_text(query.question[0].rdtype),
        )
        self.asked.append((name, kind))
        if self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply
        if not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        while alias := self.records.get((name, "CNAME")):
            self._add(reply, name, "CNAME", [f"{alias[0]}."])
            name = alias[0]
        self._add(reply, name, kind, self.records.get((name, kind), []))
        return reply

    def _add(self, reply: dns.message.Message, name: str, kind: str, values: list[Any]) -> None:
        if values:
            quoted = [f'"{value}"' if kind == "TXT" else value for value in values]
            reply.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", kind, *quoted))


@contextmanager
def serving() -> Iterator[Zone]:
    zone = Zone()
    thread = threading.Thread(target=zone.serve, daemon=True)
    thread.start()
    try:
        yield zone
    finally:
        host, port = zone.socket.getsockname()
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", (host, port))
        thread.join(2)
        zone.socket.close()
