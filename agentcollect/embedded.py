"""The embedded default: where a machine with nothing but Python keeps its state.

State lives in `var/` (0700, ignored by git): the SQLite file, the secrets made on first use, and what the
supervisor wrote down about its children. Every value here yields to an environment variable, so that the same
code runs on PostgreSQL and Redis with no `var/` at all.
"""

import fcntl
import json
import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("AGENTCOLLECT_VAR") or ROOT / "var")


def ensure_var() -> Path:
    """The state folder, made private to this user when it is missing."""
    VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    return VAR


def read_json(name: str) -> dict[str, Any]:
    """What `var/<name>` holds; an empty dict when it is missing or half-written."""
    try:
        loaded = json.loads((VAR / name).read_text())
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def write_json(name: str, value: dict[str, Any]) -> None:
    """Replace `var/<name>` in one step, readable by this user only."""
    path = ensure_var() / name
    scratch = path.with_name(f".{name}.{os.getpid()}")
    scratch.touch(mode=0o600)
    scratch.write_text(json.dumps(value, indent=1))
    scratch.replace(path)


def load_or_make_secrets() -> dict[str, str]:
    """The secrets of this installation; made once, by whichever process comes first.

    The lock keeps two processes that start together from each making their own.
    """
    with open(ensure_var() / ".secrets.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = read_json("secrets.json")
        if missing := _NAMES.keys() - known.keys():
            known |= {name: _NAMES[name]() for name in missing}
            write_json("secrets.json", known)
    return known


def _random() -> str:
    return secrets.token_urlsafe(48)


def _fernet() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


_NAMES = {
    "SECRET_KEY": _random,
    "API_KEY_PEPPER": _random,
    "JWT_KEY": _random,
    "LINK_KEY": _random,
    "CURSOR_KEY": _random,
    "FIELD_KEY": _fernet,
}
