"""Processes that we started: start them so that they cannot outlive us unseen, find them again, end them.

A pid alone is not an identity (the kernel gives it out again), so a process is known by pid and start time.
Every child leads a session of its own: its own children (pool workers) are found by that, never by name.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LINUX = sys.platform.startswith("linux")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if _LINUX else None  # loaded before any fork: a forked child must not import


@dataclass(frozen=True)
class Seen:
    """One line of the process table. `started` is only ever compared for equality."""

    pid: int
    session: int
    state: str
    started: str


def die_with_parent(number: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn`: the kernel signals the child when its parent dies, even by kill -9 (Linux only)."""
    parent = os.getpid()

    def arrange() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before we asked
                os._exit(1)

    return arrange


def spawn(
    command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a child that leads its own session, writes to `log` and is told when we die."""
    with log.open("ab") as out:
        return subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),
            **options,
        )


def boot() -> str:
    """Which start of this machine it is: a recorded pid means nothing after a reboot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def look(pid: int) -> Seen | None:
    """The process with this pid, unless it is gone or only waits to be reaped."""
    found = _from_proc(pid) if _LINUX else next((p for p in _from_ps() if p.pid == pid), None)
    return found if found and found.state not in "ZX" else None


def members(session: int) -> list[Seen]:
    """Every living process of one session."""
    return [seen for seen in _table() if seen.session == session and seen.state not in "ZX"]


def is_same(pid: int, started: str) -> bool:
    """Whether the process recorded as (pid, started) still lives."""
    seen = look(pid)
    return seen is not None and seen.started == started


def end_sessions(leaders: Iterable[int], *, grace: float) -> None:
    """Ask every process of these sessions to stop; whatever stands after `grace` seconds is killed."""
    leaders = list(leaders)
    _signal_all(leaders, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(members(leader) for leader in leaders):
        time.sleep(0.05)
    kill_sessions(leaders)


def kill_sessions(leaders: Iterable[int]) -> None:
    """Kill what lives in these sessions, again until nothing new was forked meanwhile."""
    leaders = list(leaders)
    deadline = time.monotonic() + 5
    while _signal_all(leaders, signal.SIGKILL) and time.monotonic() < deadline:
        time.sleep(0.02)


def _signal_all(leaders: Iterable[int], number: int) -> int:
    found = [seen for leader in leaders for seen in members(leader)]
    for seen in found:
        try:
            os.kill(seen.pid, number)
        except (ProcessLookupError, PermissionError):
            continue
    return len(found)


def _table() -> Iterable[Seen]:
    if not _LINUX:
        return _from_ps()
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [seen for pid in pids if (seen := _from_proc(pid))]


def _from_proc(pid: int) -> Seen | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    # The command name stands in brackets and may hold anything, brackets included: read behind the last one.
    fields = text.rpartition(")")[2].split()
    return Seen(pid=pid, state=fields[0], session=int(fields[3]), started=fields[19])


def _from_ps() -> list[Seen]:
    """macOS: the group stands for the session (`sess` is not a pid there); our children lead both."""
    command = ["ps", "-axo", "pid=,pgid=,stat=,lstart="]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    rows = (line.split(None, 3) for line in listed.splitlines())
    return [Seen(int(r[0]), int(r[1]), r[2][:1], r[3].strip()) for r in rows if len(r) == 4]
