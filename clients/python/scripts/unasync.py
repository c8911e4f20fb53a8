"""Make `_sync` from `_async`: `python scripts/unasync.py` writes it, `--check` fails when it has drifted."""

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "agentcollect" / "_async"
TARGET = SOURCE.parent / "_sync"
WORDS = [
    (
        r"The client's source\. `_sync` is made from it by `scripts/unasync.py`: edit here\.",
        "Made from `_async` by `scripts/unasync.py`: edit there.",
    ),
    (r"\bThe asynchronous client\b", "The synchronous client"),
    (r"agentcollect\._async", "agentcollect._sync"),
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncBaseTransport\b", "BaseTransport"),
    (r"\bAsyncClient\b", "Client"),
    (r"\baclose\b", "close"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"^import asyncio$", "import time"),
]


def unasync(text: str) -> str:
    """The same module without waiting."""
    for pattern, word in WORDS:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def main(check: bool) -> int:
    """0 when `_sync` is what `_async` says (after writing it, unless `check`)."""
    drifted = []
    for source in sorted(SOURCE.glob("*.py")):
        target, made = TARGET / source.name, unasync(source.read_text())
        if check and (not target.exists() or target.read_text() != made):
            drifted.append(target.name)
        if not check:
            target.write_text(made)
    if drifted:
        print(f"Drifted: {', '.join(drifted)}. Run: python scripts/unasync.py")
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
