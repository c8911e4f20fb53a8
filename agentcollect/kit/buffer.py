"""Rows on their way to the database that no request waits for: gathered in memory, written in batches by a thread.

What this may lose, in plain words: a killed process loses what it gathered in the last second, and a database that is
away longer than the buffer lasts loses what does not fit (counted, and logged). So it is for records of what happened,
never for the facts themselves: those commit with their events.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connections

log = structlog.get_logger()
Write = Callable[[list[Any]], None]


class Buffer:
    """A bounded queue of this process and the thread that empties it.

    `write` gets up to `batch` items, in order. The thread starts with the first item (so a server's worker has its
    own, and a command none), turns every `every` seconds, and empties the queue once more when the process ends.
    """

    def __init__(
        self,
        name: str,
        write: Write,
        *,
        most: int = 10_000,
        most_bytes: int = 32 << 20,
        batch: int = 500,
        every: float = 1.0,
    ) -> None:
        self.name, self._write = name, write
        self._most, self._most_bytes, self._batch, self._every = most, most_bytes, batch, every
        self._begin()
        # A forked child neither has the parent's thread nor may write the parent's rows again.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._items: deque[tuple[int, Any]] = deque()
        self._bytes = self.dropped = self._told = 0
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Any, size: int = 0, *, background: bool = True) -> bool:
        """Gather `item` of about `size` bytes; False when there is no room and it is lost. Never waits."""
        with self._lock:
            if len(self._items) >= self._most or self._bytes + size > self._most_bytes:
                self.dropped += 1
                return False
            self._items.append((size, item))
            self._bytes += size
            if self._thread is None and background:
                self._start()
        return True

    def _start(self) -> None:
        # Not a daemon: the interpreter waits for it, so that it can write what is left.
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=False)
        self._thread.start()

    def _run(self) -> None:
        main, wait = threading.main_thread(), self._every
        while main.is_alive():
            main.join(wait)  # a turn is over, or the process ends
            close_old_connections()
            wait = self._every if self.flush() else min(wait * 2, 30.0)
        connections.close_all()

    def flush(self) -> bool:
        """Write everything gathered so far; False when the database is away, and it is kept for the next time."""
        with self._writing:
            self._tell()
            while batch := self._take():
                try:
                    self._write([item for _, item in batch])
                except (OperationalError, InterfaceError) as error:
                    self._put_back(batch)
                    log.warning("buffer_waits", buffer=self.name, rows=len(self), error=type(error).__name__)
                    return False
                except Exception:
                    # Written again it would fail again, and hold up what comes after it.
                    log.exception("buffer_batch_lost", buffer=self.name, rows=len(batch))
        return True

    def clear(self) -> None:
        """Forget what was gathered."""
        with self._lock:
            self._items.clear()
            self._bytes = 0

    def _take(self) -> list[tuple[int, Any]]:
        with self._lock:
            taken = [self._items.popleft() for _ in range(min(self._batch, len(self._items)))]
            self._bytes -= sum(size for size, _ in taken)
        return taken

    def _put_back(self, batch: list[tuple[int, Any]]) -> None:
        with self._lock:
            self._items.extendleft(reversed(batch))
            self._bytes += sum(size for size, _ in batch)

    def _tell(self) -> None:
        lost, self._told = self.dropped - self._told, self.dropped
        if lost:
            log.warning("buffer_overflow", buffer=self.name, lost=lost)
