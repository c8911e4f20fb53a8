"""What the fault suite breaks: PostgreSQL, the broker, senders and their clock; and the load under which it does so."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg

from agentcollect.supervisor import broker as valkey
from agentcollect.supervisor.processes import die_with_parent, spawn
from benchmarks.fault_clock import Offset
from tests.services import Broker, Postgres, find_postgres

ROOT = Path(__file__).resolve().parent.parent
SENDERS = 2


class Restartable(Postgres):
    """A throw-away PostgreSQL that keeps its data when it is stopped, and every commit it has confirmed."""

    @classmethod
    def started(cls) -> "Restartable":
        binaries, source = find_postgres()
        server = cls(binaries, source=source)
        try:
            server.start()
            with psycopg.connect(server.url, autocommit=True) as connection:
                # Off in tests, where nobody asks. A process that dies loses no page that the kernel has, so that
                # confirmed commits survive SIGQUIT without fsync too.
                connection.execute("ALTER DATABASE agentcollect SET synchronous_commit = on")
        except BaseException:
            server.stop()
            raise
        return server

    def halt(self, number: int) -> None:
        """SIGINT: connections are cut and it ends in order. SIGQUIT: as after a crash."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)

    def resume(self) -> None:
        """The same cluster again, once it takes connections."""
        assert self.process is not None
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.process.args,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.env,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGQUIT),
                **self._identity(),
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


class RestartableBroker(Broker):
    """Everything it held is gone when it comes back, at the same address."""

    def halt(self) -> None:
        self.process.kill()
        self.process.wait()

    def resume(self) -> None:
        command = [str(word) for word in self.process.args]
        self.process = spawn(command, env=os.environ, log=self.folder / "broker.log", cwd=self.folder)
        if not valkey.wait_until_open(self.url):
            raise SystemExit("The broker did not come back.")


class Senders:
    """Sender workers as the Procfile has them, each started again when it was killed; and beat for the sweep."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.offset = folder, Offset(folder / "clock")
        self.running: list[subprocess.Popen[bytes]] = []
        self.started = 0

    def __enter__(self) -> "Senders":
        for _ in range(SENDERS):
            self.start()
        self.beat = self._celery("beat", "beat", "-s", str(self.folder / "beat"), "--pidfile=")
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.running, self.beat]:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()

    def start(self) -> None:
        self.started += 1
        words = ("worker", "-Q", "webhooks", "-P", "solo", "-n", f"sender{self.started}@%h", "--without-mingle")
        self.running.append(self._celery("sender", *words))

    def _celery(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "benchmarks.fault_clock", str(self.folder / "clock"), "celery"]
        command += ["-A", "agentcollect.celery", *words, "--loglevel", "WARNING"]
        return spawn(command, env=os.environ, log=self.folder / f"{name}.log", cwd=ROOT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """All of them stand still at an instant of their work, so that what they had in hand can be read."""
        living = [process for process in self.running if process.poll() is None]
        for process in living:
            process.send_signal(signal.SIGSTOP)
        for process in living:
            while process.poll() is None and _state(process.pid) not in "TZ":
                time.sleep(0.001)
        try:
            yield
        finally:
            for process in living:
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)

    def kill9(self, both: bool) -> int:
        """All of them, or one; how many."""
        victims = list(self.running) if both else [random.choice(self.running)]
        for victim in victims:
            victim.kill()
            victim.wait()
            self.running.remove(victim)
        return len(victims)

    def restore(self) -> None:
        """As many as there were. One that ended by itself ends the suite."""
        if any(process.poll() is not None for process in self.running):
            raise SystemExit("A sender died that nobody had killed.")
        while len(self.running) < SENDERS:
            self.start()

    def stop(self) -> list[int]:
        """In good order; their exit codes."""
        for process in self.running:
            process.terminate()
        return [process.wait(30) for process in self.running]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


class Committed(NamedTuple):
    event: str
    at: float


class Load(threading.Thread):
    """Commits events at a steady rate, whatever is broken meanwhile, and keeps what the database confirmed."""

    def __init__(self, organisation_id: str, rate: float) -> None:
        super().__init__(name="load", daemon=True)
        self.organisation_id, self.rate = organisation_id, rate
        self.committed: list[Committed] = []
        self.refused = 0
        self._over = threading.Event()

    def run(self) -> None:
        from django.db import DatabaseError, connection

        from benchmarks import webhook_world as world

        began, number = time.monotonic(), 0
        while not self._over.wait(max(0.0, began + number / self.rate - time.monotonic())):
            number += 1
            try:
                [event] = world.record(self.organisation_id)
                self.committed.append(Committed(event, time.time()))
            except DatabaseError:
                self.refused += 1
                connection.close()
                self._over.wait(0.05)
        connection.close()

    def stop(self) -> Sequence[Committed]:
        self._over.set()
        self.join(30)
        return self.committed
