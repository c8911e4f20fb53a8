"""`make test`: the whole suite on SQLite, then on PostgreSQL, each with a real Valkey.

`python -m tests.run_suite [pytest arguments]`. PostgreSQL: TEST_DATABASE_URL, else a throw-away cluster
(see `tests/services.py`). The browser suite runs once, on the last database, where a Chromium is found. With
CI=true whatever cannot run fails.

Two cores: beside the rooms, which compute, runs what starts processes and mostly waits for them. It is printed whole
when it ends.
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
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agentcollect.supervisor.processes import die_with_parent
from tests.services import Postgres, Unavailable, find_chromium, start_postgres

NOTHING_COLLECTED = 5
CI = os.environ.get("CI", "").lower() in {"1", "true"}


@dataclass
class Part:
    """One run of pytest, on one database. What waits for processes most of the time runs beside the rooms."""

    name: str
    database: str
    marker: str
    options: list[str]
    env: dict[str, str]
    log: Path | None = None  # its output until it ends; None: it writes for itself
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    seconds: float = 0.0

    @property
    def told(self) -> str:
        return f"{self.name} on {self.database}"

    def start(self, command: list[str], scratch: str) -> None:
        inherited = {k: v for k, v in os.environ.items() if k not in _NOT_INHERITED}
        # Where no bytecode may lie beside the sources (or none does yet), each of some hundred processes would compile
        # them again.
        inherited |= {
            "PYTHONPYCACHEPREFIX": f"{scratch}/bytecode",
            "TMPDIR": scratch,
            "AGENTCOLLECT_TEST_PART": self.name,
        }
        self.began = time.monotonic()
        out = self.log.open("wb") if self.log else None
        self.process = subprocess.Popen(
            command,
            env={**inherited, **self.env},
            stdout=out,
            stderr=out,
            preexec_fn=self._as_child(die_with_parent(signal.SIGINT)),
        )

    def _as_child(self, tied: Callable[[], None]) -> Callable[[], None]:
        def arrange() -> None:
            tied()
            if self.name == "rooms":
                os.nice(_NICE)

        return arrange

    def stop(self) -> None:
        """Let pytest end its fixtures; it had the terminal's Ctrl-C too, and a second one would cut it short."""
        if self.process is None:
            return
        for seconds, number in ((2, signal.SIGINT), (20, signal.SIGKILL)):
            try:
                self.process.wait(timeout=seconds)
                return
            except subprocess.TimeoutExpired:
                self.process.send_signal(number)


# Bytecode has a place of its own; the rest is arranged for each part.
_NOT_INHERITED = {"DATABASE_URL", "AGENTCOLLECT_TESTING", "PYTHONDONTWRITEBYTECODE"}
# The rooms only compute; what measures time or waits for processes gets a core as soon as it asks for one.
_NICE = 5


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
    parts: list[Part] = field(default_factory=list)

    def on(self, database: str, url: str, *, last: bool) -> None:
        """Everything on one database: in parallel what may, alone what starts processes or a browser.

        What is alike on every database waits for the last one.
        """
        once = "" if last else " and not either"
        env = {"DATABASE_URL": url} if url else {}
        # The set-up's stand-in product has no database: once is enough.
        less = ["--ignore=tests/setup"] if self.done else []
        self.done.append(database)
        self._part("rooms", database, "not processes and not browser" + once, ["-n", "2", *less], env)
        options = ["-n", "0", "--durations=12", *less]
        self._part("processes", database, "processes and not browser" + once, options, env)
        if last:
            self._browser(database, env)

    def _browser(self, database: str, env: dict[str, str]) -> None:
        """Every page looked at beside what people do: two parts, each with a browser and a database of its own."""
        if find_chromium() is None:
            self.missing.append("the browser suite (no chromium, chromium-browser or google-chrome on PATH)")
            return
        # Playwright's loop runs in the thread that also reads the database.
        env = {**env, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
        if any(given.startswith("-k") for given in self.arguments):
            return self._part("browser", database, "browser", ["-n", "0"], env)
        self._part("browser_pages", database, "browser", ["-n", "0", "-k", "every"], env)
        self._part("browser_acts", database, "browser", ["-n", "0", "-k", "not every"], env)

    def _part(self, name: str, database: str, marker: str, options: list[str], env: dict[str, str]) -> None:
        marker = f"({self.marker}) and {marker}" if self.marker else marker
        log = None if name == "rooms" else Path(self.scratch) / f"{len(self.parts)}-{name}.log"
        self.parts.append(Part(name, database, marker, options, env, log))

    def run(self) -> None:
        """Two parts at a time: one of rooms beside one of the others, and two others when there are no rooms left."""
        waiting, running, ended = list(self.parts), list[Part](), list[Part]()
        try:
            while waiting or running:
                while part := _next(waiting, running):
                    waiting.remove(part)
                    running.append(part)
                    self._start(part)
                time.sleep(0.1)
                for part in [part for part in running if part.process and part.process.poll() is not None]:
                    part.seconds = time.monotonic() - part.began
                    running.remove(part)
                    ended.append(part)
                if not any(part.log is None for part in running):  # whole parts, never line by line between each other
                    while ended:
                        self._ended(ended.pop(0))
        except KeyboardInterrupt:
            for part in running:
                part.stop()
            raise

    def _start(self, part: Part) -> None:
        if part.log is None:
            print(f"\n--- {part.told}", flush=True)
        command = [sys.executable, "-m", "pytest", *part.options, *self.arguments, "-m", part.marker]
        part.start(command, self.scratch)

    def _ended(self, part: Part) -> None:
        code = part.process.returncode if part.process else 1
        if code not in {0, NOTHING_COLLECTED}:
            self.failed.append(part.told)
        self.ran += code != NOTHING_COLLECTED
        if part.log and code != NOTHING_COLLECTED:
            print(f"\n--- {part.told}\n{part.log.read_text(errors='replace')}")
        print(f"--- {part.told}: {part.seconds:.0f} s", flush=True)


def _next(waiting: list[Part], running: list[Part]) -> Part | None:
    """The part to start now: rooms of one database at a time, and one or two of the others."""
    rooms = [part for part in waiting if part.name == "rooms"]
    others = [part for part in waiting if part.name != "rooms"]
    if rooms and not any(part.name == "rooms" for part in running):
        return rooms[0]
    return others[0] if others and len(running) < 2 else None


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
    """SQLite first; PostgreSQL second, with the browser suite on top of whichever is last; then all is run."""
    server = find_server(suite)
    try:
        sqlite = f"SQLite {sqlite3.sqlite_version}"
        suite.on(sqlite, "", last=server is None)
        if server is not None:
            suite.on(f"PostgreSQL ({server[0]})", server[1], last=True)
        suite.run()
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
