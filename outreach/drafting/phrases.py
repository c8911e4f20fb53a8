"""The phrase bank: language → intent → tone → variant → paragraphs, read once from `bank/<language>/*.json`.

Each wording says what is open, why this message is written, and one thing to do. No sentence holds a number, date, name
or threat of its own, claims a fact that the ledger does not hold, or promises anything on the creditor's behalf.
`{the_invoice}` may stand for several invoices, so no verb or pronoun hangs on it; `{due}` carries its own commas;
paragraphs begin with a capital by themselves.
"""

import json
from pathlib import Path

Paragraphs = tuple[str, ...]
Tones = dict[str, dict[str, Paragraphs]]

_FOLDER = Path(__file__).parent / "bank"


def _read(folder: Path) -> dict[str, Tones]:
    """The intents of one language, from all its files."""
    found: dict[str, Tones] = {}
    for file in sorted(folder.glob("*.json")):
        for intent, tones in json.loads(file.read_text(encoding="utf-8")).items():
            found[intent] = {
                tone: {name: tuple(words) for name, words in variants.items()} for tone, variants in tones.items()
            }
    return found


BANK: dict[str, dict[str, Tones]] = {folder.name: _read(folder) for folder in sorted(_FOLDER.iterdir())}
