"""From rows to COPY: tables as lists of columns, moments and ids as text, written in the order of their time.

Rows of a live system lie in its tables as they happened, many campaigns at once: a case's events are pages apart. Rows
loaded campaign by campaign would lie side by side, and every read would look faster than it is. So rows wait in a
buffer until no earlier one can come, and leave it sorted by time.
"""

import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import models

from agentcollect.kit.db import _copy_value, _plain
from agentcollect.kit.ids import ALPHABET, RANDOM_LENGTH

DAY = 86_400_000  # moments are whole milliseconds since the epoch
NULL = "\\N"
SEQUENCE = "\x00"  # where an event's number will stand: it is drawn when the row leaves the buffer
_FLUSH_ROWS = 20_000

_SECONDS = [f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400)]
_PAIRS = [a + b for a in ALPHABET for b in ALPHABET]


@lru_cache(maxsize=20_000)
def _day(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def moment(ms: int) -> str:
    """`ms` as PostgreSQL reads a timestamp."""
    days, rest = divmod(ms, DAY)
    return f"{_day(days)} {_SECONDS[rest // 1000]}.{rest % 1000:03}+00"


def iso(ms: int) -> str:
    """`ms` as the API prints a time."""
    days, rest = divmod(ms, DAY)
    return f"{_day(days)}T{_SECONDS[rest // 1000]}Z"


def day(ms: int) -> str:
    return _day(ms // DAY)


def millis(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


class Ids:
    """Public ids at any moment, the same for the same seed: time as kit.ids writes it, then drawn characters."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._at = rng, 0
        self._draw()

    def _draw(self) -> None:
        """New characters each time all were used: two ids of one millisecond must not meet."""
        self._pool = "".join(self._rng.choices(ALPHABET, k=1_000_000))
        self._at = 0

    def new(self, prefix: str, ms: int) -> str:
        if self._at >= len(self._pool) - RANDOM_LENGTH:
            self._draw()
        self._at = at = self._at + 1
        high, low = divmod(ms, 62**4)
        stamp = f"{_PAIRS[high // 3844]}{_PAIRS[high % 3844]}{_PAIRS[low // 3844]}{_PAIRS[low % 3844]}"
        return f"{prefix}_{stamp}{self._pool[at : at + RANDOM_LENGTH]}"


class Table:
    """One model's COPY: `names` vary by row, `shared` is the same for all of a tenant, the rest is the default."""

    def __init__(self, model: type[models.Model], names: Sequence[str], shared: Mapping[str, Any]) -> None:
        fields = {f.attname: f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)}
        if unknown := (set(names) | set(shared)) - fields.keys():
            raise LookupError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
        common = [field for name, field in fields.items() if name not in names]
        values = [shared[f.attname] if f.attname in shared else f.get_default() for f in common]
        plain = [_copy_value(_plain(field, value)) for field, value in zip(common, values, strict=True)]
        columns = ", ".join(
            f'"{column}"' for column in [*(fields[n].column for n in names), *(f.column for f in common)]
        )
        self.statement = f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN'
        self.width = len(names)
        self.tail = "".join(f"\t{value}" for value in plain) + "\n"
        self.label = model.__name__


class Writer:
    """Rows of one tenant on their way out, sorted by time. `connection` is Django's or psycopg's: it has a cursor."""

    def __init__(self, connection: Any, commit: Any, sequence: int = 0) -> None:
        self.connection, self.commit, self.sequence = connection, commit, sequence
        self._waiting: list[tuple[int, int, str]] = []
        self._tables: list[Table] = []
        self._enough = _FLUSH_ROWS
        self.written = 0

    def table(self, model: type[models.Model], names: str, **shared: Any) -> int:
        """The number to `add` rows with; `names` are the columns in the order in which `add` is given them."""
        self._tables.append(Table(model, names.split(), shared))
        return len(self._tables) - 1

    def add(self, table: int, ms: int, row: Sequence[str]) -> None:
        """One row that came to be at `ms`; its values as COPY takes them."""
        self._waiting.append((ms, table, "\t".join(row)))

    def settle(self, before: int) -> None:
        """Write what came to be before `before`, once enough is waiting to be worth a sort and a journey."""
        if len(self._waiting) >= self._enough:
            self._waiting.sort()
            end = bisect_left(self._waiting, before, key=lambda row: row[0])
            self._write(self._waiting[:end])
            del self._waiting[:end]
            self._enough = _FLUSH_ROWS + len(self._waiting) * 5 // 4

    def finish(self) -> None:
        """Write all that is left."""
        self._write(sorted(self._waiting))
        self._waiting.clear()

    def _write(self, rows: Iterable[tuple[int, int, str]]) -> None:
        lines: list[list[str]] = [[] for _ in self._tables]
        tails = [table.tail for table in self._tables]
        for _, table, line in rows:
            if SEQUENCE in line:
                self.sequence += 1
                line = line.replace(SEQUENCE, str(self.sequence))
            lines[table].append(line + tails[table])
        with self.connection.cursor() as cursor:
            for table, block in zip(self._tables, lines, strict=True):
                if block:
                    with cursor.copy(table.statement) as copy:
                        copy.write("".join(block))
                    self.written += len(block)
        self.commit()
