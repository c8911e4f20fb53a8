"""The product as real processes, for journeys: `with RunningProduct() as product: …`.

Everything runs in a state folder of its own on a free port, on SQLite or in a fresh database of the server
that DATABASE_URL (or `database_url=`) names, under the same supervisor as `make run`.
"""

import functools
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from agentcollect.supervisor.processes import die_with_parent, is_same, members
from tests.services import create_database, drop_database, with_database

# The product under test arranges these itself, and is no test run.
_NOT_INHERITED = {"REDIS_URL", "DATABASE_URL", "AGENTCOLLECT_TESTING", "PYTEST_XDIST_WORKER", "STATIC_ROOT"}
ROOT = Path(__file__).resolve().parent.parent


@functools.cache
def shared_static() -> str:
    """Static files collected once per test process: the same seconds for every product would add up."""
    target = Path(os.environ["AGENTCOLLECT_VAR"]) / "static"
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    env = {**os.environ, "STATIC_ROOT": str(target)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(target)


class RunningProduct:
    """One running AgentCollect. Attributes after `start()`: `base_url`, `bootstrap`, `var`, `env`."""

    def __init__(
        self,
        *,
        database_url: str | None = None,
        env: dict[str, str] | None = None,
        root: Path = ROOT,
        port: int = 0,
        share_static: bool = True,
    ) -> None:
        self.root, self.port = root, port
        self.var = Path(tempfile.mkdtemp(prefix="agentcollect-run-"))
        self.server_url = database_url if database_url is not None else os.environ.get("DATABASE_URL", "")
        self.database = f"product_{secrets.token_hex(4)}" if self.server_url else ""
        if self.database:
            create_database(self.server_url, self.database)
        self.env = self._environment()
        if share_static and root == ROOT and (collected := shared_static()):
            self.env["STATIC_ROOT"] = collected
        self.env |= env or {}
        self.process: subprocess.Popen[bytes] | None = None
        self.base_url = ""
        self.bootstrap: dict[str, Any] = {}

    def _environment(self) -> dict[str, str]:
        """For the supervisor and for `manage.py` beside it; both find the broker in the state folder."""
        env = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        env |= {"AGENTCOLLECT_VAR": str(self.var), "PORT": str(self.port), "SECRETS_FROM_VAR": "1"}
        env |= {"ALLOWED_HOSTS": "127.0.0.1,localhost", "EGRESS_ALLOW_LOOPBACK_HTTP": "1"}
        if self.database:
            env["DATABASE_URL"] = with_database(self.server_url, self.database)
        return env

    def __enter__(self) -> "RunningProduct":
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *exc: object) -> None:
        self.close()

    def start(self, *, seconds: float = 120) -> "RunningProduct":
        """Start (again, after `stop()` or `kill9("supervisor")`) and wait until everything answers."""
        (self.var / "ready.json").unlink(missing_ok=True)
        process = self.launch()
        deadline = time.monotonic() + seconds
        while not (self.var / "ready.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"The product did not start:\n{self.output()}")
            time.sleep(0.05)
        self.bootstrap = json.loads((self.var / "ready.json").read_text())
        self.base_url = self.run_json()["base_url"]
        return self

    def launch(self) -> "subprocess.Popen[bytes]":
        """Only start the supervisor; for tests of how a start fails."""
        with (self.var / "supervisor.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agentcollect.supervisor"],
                cwd=self.root,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),
            )
        return self.process

    @property
    def api_key(self) -> str:
        """The demo organisation's `sk_test_` key."""
        return str(self.bootstrap["api_key"])

    def output(self) -> str:
        """What the person at the terminal would have read."""
        return (self.var / "supervisor.log").read_text()

    def log(self, name: str) -> str:
        """The log of `web`, `worker`, `sender`, `beat`, `broker`, `migrate` or `bootstrap`."""
        return (self.var / "log" / f"{name}.log").read_text(errors="replace")

    def run_json(self) -> dict[str, Any]:
        return json.loads((self.var / "run.json").read_text())

    def pid(self, name: str) -> int:
        """The pid of `supervisor` or of a child."""
        run = self.run_json()
        return int(run["pid"] if name == "supervisor" else run["children"][name]["pid"])

    def living(self) -> list[int]:
        """Every process of this product that lives now, pool workers included."""
        found = [seen.pid for child in self.run_json()["children"].values() for seen in members(child["pid"])]
        return found

    def kill9(self, name: str) -> int:
        """Kill `supervisor`, `web`, `worker`, `sender`, `beat` or `broker` at once; the pid that died.

        The supervisor starts a killed child again: see `wait_restarted`.
        """
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        if name == "supervisor" and self.process is not None:
            self.process.wait()
        return pid

    def wait_restarted(self, name: str, *, old: int, seconds: float = 30) -> int:
        """Until `name` runs under a new pid."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            child = self.run_json()["children"].get(name)
            if child and child["pid"] != old and is_same(child["pid"], child["started"]):
                return int(child["pid"])
            time.sleep(0.05)
        raise AssertionError(f"{name} was not started again:\n{self.output()}")

    def manage(self, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """`python manage.py …` beside the running product, on the same state."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=self.env, capture_output=True, text=True, check=False, **options
        )

    def stop(self, number: int = signal.SIGTERM, *, seconds: float = 40) -> int:
        """Ask the supervisor to stop everything; its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=seconds)

    def close(self) -> None:
        """Stop, drop the database, remove the state."""
        try:
            self.stop()
        finally:
            if self.database:
                drop_database(self.server_url, self.database)
            shutil.rmtree(self.var, ignore_errors=True)
