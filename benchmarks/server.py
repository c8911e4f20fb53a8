"""What a measurement runs on: a PostgreSQL with seeded databases, a broker, the product's processes as the Procfile
names them, and how much processor each of them used."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psycopg

from agentcollect.supervisor.processes import die_with_parent
from benchmarks.seed import fingerprint
from tests.services import Broker, create_database, drop_database, start_postgres, with_database

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")
# A database filled in one run is read in the next: what was signed and encrypted then must still be readable.
_SECRETS = {
    name: f"benchmark-{name.lower()}-0123456789abcdef0123456789abcdef"
    for name in ("SECRET_KEY", "API_KEY_PEPPER", "JWT_KEY", "LINK_KEY", "CURSOR_KEY")
} | {"FIELD_KEY": "YmVuY2htYXJrLWJlbmNobWFyay1iZW5jaG1hcmstMDA="}
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "TZ")


def environment(database_url: str, redis_url: str, var: str) -> dict[str, str]:
    """The product's variables for a measurement: limits, logs and pages as in production, receivers on this machine."""
    own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    own["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', '')}"
    return (
        own
        | _SECRETS
        | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "AGENTCOLLECT_VAR": var,
            "SECRETS_FROM_VAR": "0",
            "ALLOWED_HOSTS": "127.0.0.1",
            "EGRESS_ALLOW_LOOPBACK_HTTP": "1",
            "DJANGO_SETTINGS_MODULE": "agentcollect.settings",
            "PYTHONPATH": str(ROOT),
        }
    )


@contextmanager
def services() -> Iterator[tuple[str, str, str]]:
    """(address of a PostgreSQL, of a broker, a state folder): what DATABASE_URL names, else a throw-away server."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        (Path(folder) / "broker").mkdir()
        (Path(folder) / "var").mkdir()
        broker = Broker(Path(folder) / "broker").start()
        stack.callback(broker.stop)
        url = os.environ.get("DATABASE_URL", "")
        if not url:
            server = start_postgres()
            stack.callback(server.stop)
            url = server.url
        yield url, broker.url, str(Path(folder) / "var")


# --- databases


def seeded(server_url: str, cases: int, env: dict[str, str], *, fresh: bool = False) -> str:
    """The address of a database of `cases` cases; seeded now unless one stands there that is still good."""
    name = f"{_name(server_url)}_bench_{cases}"
    url = with_database(server_url, name)
    if not fresh and (why := _stale(url)) == "":
        print(f"{name}: as seeded before", flush=True)
        return url
    print(f"{name}: seeding {cases:,} cases{'' if fresh else f' ({why})'}", flush=True)
    drop_database(server_url, name)
    create_database(server_url, name)
    command = [sys.executable, "-m", "benchmarks.seed", str(cases)]
    done = subprocess.run(
        command, cwd=ROOT, env=env | {"DATABASE_URL": url}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    print("  " + done.stdout.strip().splitlines()[-1], flush=True)
    return url


def _name(server_url: str) -> str:
    return re.sub(r"\W", "", server_url.rpartition("/")[2].partition("?")[0]) or "agentcollect"


def _stale(url: str) -> str:
    """Why the database must be seeded anew; empty when it need not."""
    try:
        with psycopg.connect(url) as connection:
            comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
            [said] = connection.execute(comment).fetchone() or [None]
            if said != f"seeded {fingerprint()}":
                return "what it was seeded from has changed" if said else "it is not finished"
            overdue = "SELECT 1 FROM campaigns_step WHERE status = 'planned' AND due_at < now() LIMIT 1000"
            if len(connection.execute(overdue).fetchall()) >= 1000:
                return "its steps have become due: workers would be busy with them"
    except psycopg.OperationalError:
        return "there is none"
    return ""


# --- processes


def _be_nice_to_other_sessions(pid: int, nice: int) -> None:
    """Where Linux groups processes by session (sched_autogroup), `nice` counts inside the session only; this is for it
    as a whole."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


class Processes:
    """Children of this run: by name, with the processor time of each and of its own children."""

    def __init__(self, env: dict[str, str], logs: Path) -> None:
        self.env, self.logs = env, logs
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def product(self, name: str, *, port: int = 0, nice: int = 0) -> None:
        """One process of the Procfile; `nice` is added to its priority's number (higher is lower priority)."""
        lines = (ROOT / "Procfile").read_text().splitlines()
        line = next(line for line in lines if line.startswith(f"{name}: "))
        extra = f" -s {self.logs}/beat --pidfile=" if name == "beat" else ""
        self.start(name, f"exec nice -n {nice} {line.partition(': ')[2]}{extra}", {"PORT": str(port)})
        if nice:
            _be_nice_to_other_sessions(self.children[name].pid, nice)

    def web(self, port: int, application: str = "") -> None:
        """The web process of the Procfile (or the same server with another `application`), once it answers."""
        line = next(x for x in (ROOT / "Procfile").read_text().splitlines() if x.startswith("web: "))
        command = line.partition(": ")[2]
        if application:
            command = command.replace("agentcollect.wsgi:application", application)
        name = f"web {application}".strip()
        self.start(name, f"exec {command}", {"PORT": str(port)})
        _wait_for(port)

    def start(self, name: str, command: str, env: dict[str, str]) -> None:
        with (self.logs / f"{name.replace(' ', '-').replace(':', '-')}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                ["sh", "-c", command],
                cwd=ROOT,
                env=self.env | env,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )

    def cpu(self, name: str) -> float:
        """Seconds of processor that `name` and its children have used so far."""
        return sum(_cpu_of(pid) for pid in _family(self.children[name].pid))


def _wait_for(port: int) -> None:
    """Until the server answers anything at all."""
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("the web process did not become ready")


def _family(leader: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(after[1]), []).append(int(stat.parent.name))
    found = [leader]
    for pid in found:
        found += parents.get(pid, [])
    return found


def _cpu_of(pid: int) -> float:
    try:
        after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(after[11]) + int(after[12])) / _TICKS


@contextmanager
def sink() -> Iterator[str]:
    """A receiver for webhooks that costs next to nothing; its address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.sink", str(Path(folder) / "seen")]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/hook"
        finally:
            process.kill()
            process.wait()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
