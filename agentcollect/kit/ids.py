"""Public ids are the primary keys: `cmp_` + 8 characters of time + 14 of chance, base62.

One id for the row, the API and the log means one index instead of two, and children can be written in the same batch
as their parents without asking the database for a number. The time part keeps inserts at the right edge of the index
(random keys cost a bulk create twice the time). Within a millisecond the first 4 characters of chance count up from
a random start: what one process makes sorts in the order in which it was made, so that rows of one story moment have
an order, and the same story the same one. See docs/decisions/0001-public-ids-are-primary-keys.md.
"""

import os
import threading
import time
from datetime import UTC, datetime
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# ASCII order, so that text order is time order under the "C" collation and SQLite's BINARY.
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TIME_LENGTH, RANDOM_LENGTH = 8, 14
BODY_LENGTH = TIME_LENGTH + RANDOM_LENGTH


def base62(number: int, length: int) -> str:
    """`number` in base62, left-padded to `length` characters."""
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


# Each byte as its base62 character; those above 247 are drawn again, so that none is likelier.
_CHARACTERS = bytes(ord(ALPHABET[byte % 62]) for byte in range(256))
_UNEVEN = bytes(range(248, 256))


def random62(length: int) -> str:
    """`length` unguessable base62 characters."""
    drawn = b""
    while len(drawn) < length:
        drawn += os.urandom(length + length // 16 + 8).translate(_CHARACTERS, _UNEVEN)
    return drawn[:length].decode()


_COUNTED = 4
_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]
_PLACES = len(_PAIRS) ** 2
_lock = threading.Lock()
# The millisecond of the last id, and the place after it there.
_last = (0, 0)


def _places(count: int) -> tuple[str, int]:
    """The characters of time, and the first of `count` places in a row there."""
    global _last
    with _lock:
        now = time.time_ns() // 1_000_000
        before, place = _last
        if now != before:
            place = int.from_bytes(os.urandom(4)) % (_PLACES // 2)
        _last = (now, place + count)
    return base62(now, TIME_LENGTH), place


def _place(number: int) -> str:
    high, low = divmod(number % _PLACES, len(_PAIRS))
    return _PAIRS[high] + _PAIRS[low]


def new(prefix: str) -> str:
    """A fresh id such as `cmp_0UZ8pq1K…`, greater than those this process has drawn before."""
    stamp, place = _places(1)
    return f"{prefix}_{stamp}{_place(place)}{random62(RANDOM_LENGTH - _COUNTED)}"


def moment(public_id: str) -> datetime:
    """When an id was drawn, to the millisecond of the wall's clock. Raises ValueError for a text that is none."""
    body = public_id.rpartition("_")[2]
    if len(body) != BODY_LENGTH:
        raise ValueError("not an id")
    number = 0
    for character in body[:TIME_LENGTH]:
        number = number * 62 + ALPHABET.index(character)
    return datetime.fromtimestamp(number / 1000, UTC)


def new_many(prefix: str, count: int) -> list[str]:
    """`count` fresh ids in ascending order, drawn in one go."""
    (stamp, first), length = _places(count), RANDOM_LENGTH - _COUNTED
    pool, before = random62(length * count), f"{prefix}_{stamp}"
    return [f"{before}{_place(first + n)}{pool[length * n : length * (n + 1)]}" for n in range(count)]


def first_of(prefix: str, moment: datetime) -> str:
    """The smallest id that `new` could have drawn at `moment`: since ids sort by time, a range of them is a span."""
    return f"{prefix}_{base62(int(moment.timestamp() * 1000), TIME_LENGTH)}"


class PublicIdField(models.CharField):
    """Primary key holding a public id; `PublicIdField("cmp")` draws its own default.

    PostgreSQL compares it byte by byte (COLLATE "C"): faster, in time order, and without the second `_like` index
    that Django adds to a unique varchar.
    """

    def __init__(self, prefix: str = "", **options: Any) -> None:
        self.prefix = prefix
        options |= {"max_length": 32, "primary_key": True, "editable": False, "default": self.draw}
        super().__init__(**options)

    def draw(self) -> str:
        return new(self.prefix)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        for fixed in ("max_length", "primary_key", "editable", "default"):
            options.pop(fixed, None)
        return name, path, list(args), options | {"prefix": self.prefix}

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return _text_key_type(connection)

    def rel_db_type(self, connection: BaseDatabaseWrapper) -> str:
        return _text_key_type(connection)


class IdRefField(models.CharField):
    """A column holding the id of a row in a room above or beside: text without a foreign key, same comparison."""

    def __init__(self, **options: Any) -> None:
        shape: dict[str, Any] = {"max_length": 32, "default": "", "blank": True}
        super().__init__(**(shape | options))

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return _text_key_type(connection)


def _text_key_type(connection: BaseDatabaseWrapper) -> str:
    # Spelt out ("character varying", not "varchar") because Django hangs its `_like` index on the short name.
    return 'character varying(32) COLLATE "C"' if connection.vendor == "postgresql" else "varchar(32)"


valid_id = RegexValidator(r"^[a-z]{2,4}_[0-9A-Za-z]{14,24}$", "This is no id of ours.")
