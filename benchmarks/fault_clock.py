"""A wall clock that can be made to jump in running processes, all at once.

    python -m benchmarks.fault_clock FILE celery …       Celery's command line under that clock

The product reads the wall clock in one place, `agentcollect/kit/clock.py` (ruff refuses every other), so it is shifted
there, by the seconds that FILE holds: what libfaketime would do, where it is not installed. Timers of Celery and of
the event loop run on, as they do on a machine whose clock is set.
"""

import mmap
import struct
import sys
from datetime import datetime, timedelta
from pathlib import Path

_SECONDS = struct.Struct("d")


class Offset:
    """Seconds that every process which maps this file adds to its clock."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(_SECONDS.pack(0.0))
        with file.open("r+b") as opened:
            self.view = mmap.mmap(opened.fileno(), _SECONDS.size)

    @property
    def seconds(self) -> float:
        return float(_SECONDS.unpack_from(self.view)[0])

    @seconds.setter
    def seconds(self, value: float) -> None:
        _SECONDS.pack_into(self.view, 0, value)

    def install(self) -> None:
        """Into this process, before anything else has taken hold of `clock.now`."""
        from agentcollect.kit import clock

        real = clock.now

        def now() -> datetime:
            return real() + timedelta(seconds=self.seconds)

        clock.now = now


if __name__ == "__main__":
    Offset(Path(sys.argv[1])).install()
    sys.argv = sys.argv[2:]
    from celery.__main__ import main

    main()
