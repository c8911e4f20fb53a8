"""What the supervisor writes down in `var/`: by it the next start finds and ends what a killed one left."""

import fcntl
import os
from typing import IO, Any

from agentcollect import embedded
from agentcollect.supervisor import processes
from agentcollect.supervisor.say import Stop, say

RUN = "run.json"


def hold_lock() -> IO[str]:
    """The lock of this state folder, held while the file stays open; `Stop` when another run holds it."""
    held = open(embedded.ensure_var() / "lock", "a")  # noqa: SIM115  (open for the life of the process)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        address = embedded.read_json(RUN).get("base_url") or "an address it has not told yet"
        raise Stop(f"AgentCollect is already running at {address} (Ctrl-C there stops it).") from None
    return held


def clean_up_leftovers() -> None:
    """End what a killed supervisor left: recorded children, by pid and start time, and their sessions."""
    run = embedded.read_json(RUN)
    children = run.get("children")
    if not isinstance(children, dict) or run.get("boot") != processes.boot():
        return
    left = [int(child["pid"]) for child in children.values() if _is_ours(int(child["pid"]), child["started"])]
    if left:
        say("Cleaning up what the last run left behind.")
        processes.end_sessions(left, grace=5)
    write(run.get("base_url", ""), {})


def _is_ours(pid: int, started: str) -> bool:
    """The recorded leader lives, or it is gone and its session is not.

    The kernel gives out no pid that is still the id of a session; a living process with this pid and another
    start time is a stranger.
    """
    leader = processes.look(pid)
    return leader.started == started if leader else bool(processes.members(pid))


def write(base_url: str, children: dict[str, dict[str, Any]]) -> None:
    """The address and the children of this run."""
    me = processes.look(os.getpid())
    embedded.write_json(
        RUN,
        {
            "base_url": base_url,
            "pid": os.getpid(),
            "started": me.started if me else "",
            "boot": processes.boot(),
            "children": children,
        },
    )
