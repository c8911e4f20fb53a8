"""A driver process that dies by SIGKILL in the middle of its fifth window: `kill_driver.py <clock id>`."""

import itertools
import os
import signal
import sys
from typing import Any


def main() -> None:
    import django

    django.setup()
    from agentcollect.kit import clock
    from sandbox import driver, windows

    counted, real = itertools.count(1), windows._recall_calls

    def dying(*args: Any) -> None:
        real(*args)
        if next(counted) == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    windows._recall_calls = dying
    driver.drive(wall=clock.now(), clock_id=sys.argv[1])


if __name__ == "__main__":
    main()
