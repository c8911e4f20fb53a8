"""How names are compared with a list of sanctions: exactly, and folded; never by likeness."""

import csv
from collections.abc import Iterable, Iterator

from campaigns.rules.identity import fold

# The column that holds the name, as lists call it: ours first, then OFAC's and the EU's.
_NAMES = ("name", "sdn_name", "namealias_wholename", "wholename", "primary_name")
_IDS = ("id", "ent_num", "entity_logicalid", "uid")


def folded(name: str) -> str:
    """A name as it is compared: without accents, case, punctuation and legal form, its words in alphabetical order.

    "HAVANA TRADING Co., S.A." and "Trading Havana" are one; lists write "SMITH, John" for John Smith.
    """
    return " ".join(sorted(fold(name.replace(".", "")).split()))[:300]


def read(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, entry) of every row of a CSV with a header. Raises ValueError when no column holds names."""
    rows = csv.DictReader(lines)
    named = {(field or "").strip().casefold(): field for field in rows.fieldnames or ()}
    column = next((named[one] for one in _NAMES if one in named), None)
    if column is None:
        raise ValueError(f"no column is called {', '.join(_NAMES)}")
    entry = next((named[one] for one in _IDS if one in named), None)
    for row in rows:
        if name := (row[column] or "").strip():
            yield name[:300], ((row[entry] or "") if entry else "").strip()[:100]
