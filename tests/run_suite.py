"""`make test`: the whole suite on SQLite, then on PostgreSQL, each with a real Valkey.

`python -m tests.run_suite [pytest arguments]`. PostgreSQL: TEST_DATABASE_URL, else a throw-away cluster
(see `tests/services.py`). The browser suite runs once, on the last database, where a Chromium is found. With
CI=true whatever cannot run fails.
"""

import argparse
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from agentcollect.supervisor.processes import die_with_parent
from tests.services import Postgres, Unavailable, find_chromium, start_postgres

NOTHING_COLLECTED = 5
CI = os.environ.get("CI", "").lower() in {"1", "true"}


@dataclass
class Suite:
    """The runs of pytest and what they came to."""

    arguments: list[str]
    marker: str
    scratch: str
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    ran: int = 0

    def on(self, database: str, url: str, *, last: bool) -> None:
        """Everything on one database: in parallel what may, then alone what starts processes or a browser.

        What is alike on every database waits for the last one.
        """
        once = "" if last else " and not either"
        env = {"DATABASE_URL": url} if url else {}
        if self.done:  # the set-up's stand-in product has no database: once is enough
            self.arguments = [*self.arguments, "--ignore=tests/setup"]
        self.done.append(database)
        self._pytest(database, "rooms", "not processes and not browser" + once, ["-n", "2"], env)
        self._pytest(database, "processes", "processes and not browser" + once, ["-n", "0", "--durations=12"], env)
        if last:
            self._browser(database, env)

    def _browser(self, database: str, env: dict[str, str]) -> None:
        if find_chromium() is None:
            self.missing.append("the browser suite (no chromium, chromium-browser or google-chrome on PATH)")
            return
        # Playwright's loop runs in the thread that also reads the database.
        self._pytest(database, "browser", "browser", ["-n", "0"], {**env, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"})

    def _pytest(self, database: str, part: str, marker: str, options: list[str], env: dict[str, str]) -> None:
        print(f"\n--- {part} on {database}", flush=True)
        marker = f"({self.marker}) and {marker}" if self.marker else marker
        command = [sys.executable, "-m", "pytest", *options, *self.arguments, "-m", marker]
        began = time.monotonic()
        code = self._run(command, env)
        if code not in {0, NOTHING_COLLECTED}:
            self.failed.append(f"{part} on {database}")
        self.ran += code != NOTHING_COLLECTED
        print(f"--- {part} on {database}: {time.monotonic() - began:.0f} s", flush=True)

    def _run(self, command: list[str], env: dict[str, str]) -> int:
        inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "AGENTCOLLECT_TESTING"}}
        process = subprocess.Popen(
            command,
            env={**inherited, **env, "TMPDIR": self.scratch},
            preexec_fn=die_with_parent(signal.SIGINT),
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            _finish(process)
            raise


def _finish(process: "subprocess.Popen[bytes]") -> None:
    """Let pytest end its fixtures; it had the terminal's Ctrl-C too, and a second one would cut it short."""
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def main(arguments: list[str]) -> int:
    """0 when every part passed on every database that this machine has."""
    signal.signal(signal.SIGTERM, _interrupt)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="marker", default="")
    known, rest = parser.parse_known_args(arguments)
    scratch = tempfile.mkdtemp(prefix="agentcollect-suite-")
    # The user that PostgreSQL runs as must be able to pass through; what is private inside is 0700 itself.
    os.chmod(scratch, 0o711)
    suite = Suite(rest, known.marker, scratch)
    try:
        run_both(suite)
    except KeyboardInterrupt:
        print("\nInterrupted: everything that was started has been stopped.")
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return report(suite)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def run_both(suite: Suite) -> None:
    """SQLite first; PostgreSQL second, with the browser suite on top of whichever is last."""
    server = find_server(suite)
    try:
        sqlite = f"SQLite {sqlite3.sqlite_version}"
        suite.on(sqlite, "", last=server is None)
        if server is not None:
            suite.on(f"PostgreSQL ({server[0]})", server[1], last=True)
    finally:
        if server is not None and server[2] is not None:
            server[2].stop()


def find_server(suite: Suite) -> tuple[str, str, Postgres | None] | None:
    """(where it is from, its URL, the cluster to stop); None, said loudly, where this machine has none."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return "TEST_DATABASE_URL", url, None
    try:
        server = start_postgres()
    except Unavailable as why:
        suite.missing.append(f"PostgreSQL ({why})")
        print(f"\n*** NO POSTGRESQL on this machine: {why}. The suite runs on SQLite only. ***", flush=True)
        return None
    return server.source, server.url, server


def report(suite: Suite) -> int:
    """One line on what ran where, and one on each thing that did not."""
    print(f"\nThe suite ran on: {', '.join(suite.done) or 'nothing'}.")
    for missing in suite.missing:
        print(f"{'FAILED' if CI else 'NOT RUN'}: {missing}")
    if not suite.ran:
        print("FAILED: no test matched.")
    for failed in suite.failed:
        print(f"FAILED: {failed}")
    return int(bool(suite.failed or (CI and suite.missing) or not suite.ran))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
