"""Where `login` keeps the key: one file of the user's own, readable by nobody else."""

import json
import os
from pathlib import Path


def path() -> Path:
    """AGENTCOLLECT_CONFIG, else `agentcollect/config.json` in the user's configuration folder."""
    if given := os.environ.get("AGENTCOLLECT_CONFIG"):
        return Path(given)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "agentcollect" / "config.json"


def load() -> dict[str, str]:
    """What was kept; empty when nothing was."""
    try:
        kept = json.loads(path().read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def save(facts: dict[str, str]) -> Path:
    """Keep `facts`, mode 0600 from the first byte."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(facts, file)
    fresh.replace(target)
    return target
