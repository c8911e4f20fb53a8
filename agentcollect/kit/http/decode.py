"""Response bodies, decompressed by us under a cap. Pure.

aiohttp would inflate whole chunks before anybody can count; here at most one slice exists beyond the cap.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_SLICE = 65_536
_MAX_MEMBERS = 4_096  # RFC 1952 lets a gzip stream repeat; block-gzipped files do, and so do hostile ones


class UndecodableBody(Exception):
    """The body is not what its Content-Encoding says, or is encoded in a way we did not ask for."""


class Decoder:
    """Turns wire bytes of one Content-Encoding (RFC 9110 8.4: identity, gzip, deflate) into slices of the
    body.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise UndecodableBody(f"The answer is compressed as {encoding.strip()[:40]!r}, which we did not ask for.")
        self._plain = self._encoding in ("", "identity")
        self._stream = None if self._plain else zlib.decompressobj(31)
        self._started = False
        self._members = 1

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Slices of at most 64 KiB; the caller stops asking when its cap is reached."""
        if self._stream is None:
            yield data
            return
        if not self._started:
            self._begin(data)
        try:
            while data:
                if self._stream.eof:
                    self._next_member()
                piece = self._stream.decompress(data, _SLICE)
                data = self._stream.unconsumed_tail or self._stream.unused_data
                if piece:
                    yield piece
        except zlib.error as exc:
            raise UndecodableBody("The answer's compressed body is damaged.") from exc

    def finish(self) -> None:
        """Refuses a stream that stopped in the middle."""
        if self._stream is not None and self._started and not self._stream.eof:
            raise UndecodableBody("The answer's compressed body ends too early.")

    def _begin(self, data: bytes) -> None:
        self._started = bool(data)
        if data and self._encoding == "deflate":  # some servers send it raw (RFC 1951), some as zlib (RFC 1950)
            self._stream = zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)

    def _next_member(self) -> None:
        self._members += 1
        if self._encoding == "deflate" or self._members > _MAX_MEMBERS:
            raise UndecodableBody("The answer's compressed body goes on after its end.")
        self._stream = zlib.decompressobj(31)
