"""A believable database of any size: `python -m benchmarks.seed 1000000`, or `make seed N=1000000`."""

import hashlib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def fingerprint() -> str:
    """Of what a seeded database came from: the migrations and this code. Written down in the database as a comment."""
    files = sorted([*_ROOT.glob("*/migrations/*.py"), *Path(__file__).parent.glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
