"""Worker processes that die by SIGKILL at a named point, each a fork of this one, which has everything loaded.

A line of JSON on standard input, `[before|after, module, function, at, port of the mail server]`, is one worker; the
line that answers is its exit code as `subprocess` tells it. The point is patched in from here; the product has no
failpoints.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from datetime import datetime
from typing import Any


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    import django

    django.setup()
    from outreach import operations  # noqa: F401  (no connection is open yet that a fork would share)

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _work(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _work(when: str, module: str, name: str, at: str, port: int) -> None:
    """Never returns: the loop belongs to the parent."""
    from django.conf import settings

    from outreach import operations
    from tests.outreach.mail_server import settings_for

    signal.alarm(60)  # another death than the one that is waited for
    try:
        settings.SMTP = settings_for(port)
        _patch(importlib.import_module(module), name, when)
        operations.send_due(at=datetime.fromisoformat(at))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)  # nothing killed it


def _patch(owner: Any, name: str, when: str) -> None:
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    real = getattr(owner, last)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            _die()
        found = real(*args, **kwargs)
        _die()
        return found

    setattr(owner, last, dying)


if __name__ == "__main__":
    main()
