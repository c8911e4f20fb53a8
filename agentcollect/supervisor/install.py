"""Make `.venv` and install the locked packages. The machine's own Python runs it: standard library only.

`python3 agentcollect/supervisor/install.py run|dev`, from the root of the checkout. The second time it only
compares the stamp `.venv/.installed-<what>`, a hash of lock files and interpreter, with what it would write.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

VENV = Path(".venv")
PYTHON = VENV / "bin" / "python"
LOG = VENV / "install.log"
# dev was resolved on top of run (`make lock`), so whoever has dev has run too.
LOCKS = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
INCLUDES = {"run": ("run",), "dev": ("dev", "run")}
_NETWORK_WORDS = (
    "connect",
    "connection",
    "dns",
    "name resolution",
    "network",
    "timed out",
    "timeout",
    "proxy",
    "error sending request",
    "certificate",
)


def main(what: str) -> int:
    """0 when `.venv` holds the locked packages; else 1 after one line that says what is missing."""
    with open(__file__) as lock:  # two commands at once: the second waits and then finds the stamp
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if is_installed(what) or install(what) else 1


def is_installed(what: str) -> bool:
    try:
        return stamp(what).read_text() == wanted(what) and PYTHON.exists()
    except OSError:
        return False


def stamp(what: str) -> Path:
    return VENV / f".installed-{what}"


def wanted(what: str) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in ("tools.txt", LOCKS[what]):
        digest.update(Path(name).read_bytes())
    return digest.hexdigest()


def install(what: str) -> bool:
    began = time.monotonic()
    if not make_venv():
        return False
    say(f"Installing the packages of {LOCKS[what]} (only when it changed).")
    if not fetch(LOCKS[what]):
        say(explain())
        return False
    for name in INCLUDES[what]:
        stamp(name).write_text(wanted(name))
    say(f"Installed in {time.monotonic() - began:.0f} s.")
    return True


def make_venv() -> bool:
    """A `.venv` of this Python; one whose interpreter is gone or another is made anew."""
    if PYTHON.exists() and run(str(PYTHON), "-c", f"import sys; sys.exit(sys.version != {sys.version!r})"):
        return True
    if importlib.util.find_spec("ensurepip") is None:
        say("This Python has no venv: install it first (Debian, Ubuntu: apt-get install python3-venv).")
        return False
    say("Making .venv.")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode:
        say(f"Could not make .venv: {last_line(made.stdout + made.stderr)}")
    return made.returncode == 0


def fetch(lock: str) -> bool:
    """By uv, locked by hash itself (seconds where pip takes a minute); by pip where uv fails."""
    if not pip("tools.txt") and is_network_down():
        return False  # pip would only wait for the same end
    return uv(lock) or pip(lock)


def uv(lock: str) -> bool:
    options = ("--quiet", "--system-certs", "--require-hashes", "--python", str(PYTHON))
    return run(str(PYTHON), "-m", "uv", "pip", "install", *options, "-r", lock)


def pip(lock: str) -> bool:
    options = ("--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "20")
    return run(str(PYTHON), "-m", "pip", "install", *options, "--require-hashes", "-r", lock)


def run(*command: str) -> bool:
    """Run it with its output in the log (which the last failure therefore ends)."""
    env = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "UV_HTTP_TIMEOUT": "60"}
    mode = "ab" if VENV.is_dir() else "wb"
    VENV.mkdir(exist_ok=True)
    with LOG.open(mode) as log:
        return subprocess.run(command, stdout=log, stderr=log, env=env, check=False).returncode == 0


def is_network_down() -> bool:
    text = logged().lower()
    return any(word in text for word in _NETWORK_WORDS)


def explain() -> str:
    if is_network_down():
        return f"No network: the locked packages could not be fetched. Details: {LOG}"
    return f"The locked packages could not be installed: {last_line(logged())} Details: {LOG}"


def logged() -> str:
    """The end of the log: the last attempts."""
    return LOG.read_text(errors="replace")[-4000:] if LOG.exists() else ""


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given."


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
