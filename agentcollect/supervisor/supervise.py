"""Start children, watch them, restart what dies, stop all of them in order."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from agentcollect.supervisor import processes, record
from agentcollect.supervisor.children import Plan
from agentcollect.supervisor.say import Stop, say, tail

QUICK = 20.0  # seconds: a child that dies sooner than this after its start did not get going
QUICK_DEATHS = 5  # in a row: it never will
BACKOFF = (0.5, 1.0, 2.0, 4.0)  # seconds before the first, second, … restart
GRACE = 10.0  # seconds to finish work after SIGTERM


class Interrupted(Exception):
    """A person or the system asked us to stop."""


class Signals:
    """Ctrl-C, SIGTERM and SIGHUP as a flag, and a sleep that they (and a child's death) cut short.

    Handlers only note the signal: an exception out of one could land between a fork and its note in run.json.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def sleep(self, seconds: float) -> None:
        """At most this long."""
        if select.select([self._read], [], [], seconds)[0]:
            os.read(self._read, 4096)

    def check(self) -> None:
        """Raise `Interrupted` once somebody asked us to stop."""
        if self.asked:
            raise Interrupted


@dataclass
class Child:
    """One plan and the process that runs it now."""

    plan: Plan
    process: subprocess.Popen[bytes] | None = None
    started: str = ""
    since: float = 0.0
    quick_deaths: int = 0
    due: float = 0.0  # when a dead one is started again


class Supervisor:
    """The children of one run. Single-threaded; every wait can be interrupted."""

    def __init__(self, *, var: Path, base_url: str, env: Mapping[str, str], signals: Signals) -> None:
        self.var, self.base_url, self.env, self.signals = var, base_url, dict(env), signals
        self.logs = var / "log"
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.children: dict[str, Child] = {}

    def start(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            self.signals.check()
            rotate(self.log(plan.name))
            child = self.children[plan.name] = Child(plan)
            self._launch(child)

    def run_once(self, name: str, command: Sequence[str], *, cwd: Path, failure: str) -> str:
        """Run a command to its end, its output in `log/<name>.log`; the output, or `Stop(failure)`."""
        rotate(self.log(name))
        process = processes.spawn(command, env=self.env, log=self.log(name), cwd=cwd)
        try:
            while process.poll() is None:
                self.watch()
                self.signals.sleep(0.1)
        except BaseException:
            processes.kill_sessions([process.pid])
            raise
        if process.returncode:
            raise self._failed(name, failure)
        return self.log(name).read_text()

    def watch(self) -> None:
        """One look at every child: note deaths, start again what is due."""
        self.signals.check()
        for child in self.children.values():
            if child.process is None and time.monotonic() >= child.due:
                self._launch(child)
            elif child.process is not None and child.process.poll() is not None:
                self._died(child)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, failure: str, blame: str) -> None:
        """Watch until `ready()`; after the time, `Stop` with the end of `blame`'s log."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.watch()
            if time.monotonic() > deadline:
                raise self._failed(blame, failure)
            self.signals.sleep(0.1)

    def forever(self) -> NoReturn:
        """Watch until somebody asks us to stop (`Interrupted`) or a child cannot be kept alive (`Stop`)."""
        while True:
            self.watch()
            self.signals.sleep(0.5)

    def stop(self) -> None:
        """Ask all to stop: beat first, so that nothing new is woken; the broker once the rest is gone."""
        names = [name for name in self.children if name != "broker"]
        order = [name for name in ("beat", "web", "worker", "sender") if name in names]
        self._stop([*order, *(name for name in names if name not in order)])
        self._stop([name for name in self.children if name == "broker"])
        self.children.clear()
        record.write(self.base_url, {})

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _launch(self, child: Child) -> None:
        env = {**self.env, **child.plan.env}
        log = self.log(child.plan.name)
        child.process = processes.spawn(child.plan.command, env=env, log=log, cwd=child.plan.cwd)
        seen = processes.look(child.process.pid)
        child.started, child.since = (seen.started if seen else ""), time.monotonic()
        self._note()

    def _note(self) -> None:
        live = {name: child for name, child in self.children.items() if child.process is not None}
        record.write(self.base_url, {name: _entry(child) for name, child in live.items()})

    def _died(self, child: Child) -> None:
        assert child.process is not None
        name, code = child.plan.name, child.process.returncode
        lived = time.monotonic() - child.since
        processes.kill_sessions([child.process.pid])  # its own children would hold the port, or work on unseen
        child.process = None
        child.quick_deaths = child.quick_deaths + 1 if lived < QUICK else 1
        if child.quick_deaths >= QUICK_DEATHS:
            raise self._failed(name, f"{name} died {QUICK_DEATHS} times in a row ({_cause(code)}): stopping.")
        wait = BACKOFF[min(child.quick_deaths, len(BACKOFF)) - 1]
        child.due = time.monotonic() + wait
        say(f"{name} stopped ({_cause(code)}); starting it again in {wait:g} s. Log: {self.log(name)}")

    def _failed(self, name: str, line: str) -> Stop:
        return Stop(f"{line} The end of {self.log(name)}:\n{tail(self.log(name))}")

    def _stop(self, names: list[str]) -> None:
        leaders = [p.pid for name in names if (p := self.children[name].process) is not None]
        for leader in leaders:
            _terminate(leader)
        deadline, asked = time.monotonic() + GRACE, self.signals.asked
        # A second Ctrl-C means now.
        while time.monotonic() < deadline and self.signals.asked == asked and self._standing(names):
            self.signals.sleep(0.05)
        processes.kill_sessions(leaders)
        for name in names:
            if (process := self.children[name].process) is not None:
                process.wait()

    def _standing(self, names: list[str]) -> bool:
        live = [p for name in names if (p := self.children[name].process) is not None]
        return any(process.poll() is None for process in live)


def rotate(log: Path) -> None:
    """Keep the log of the run before as `<name>.log.1`."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch(mode=0o600)


def _entry(child: Child) -> dict[str, Any]:
    assert child.process is not None
    return {"pid": child.process.pid, "started": child.started}


def _terminate(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)  # the leader only: it ends its own children in its own order
    except ProcessLookupError:
        pass


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
