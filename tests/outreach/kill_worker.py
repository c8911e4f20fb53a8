"""A worker process that dies by SIGKILL at a named point: `kill_worker.py <before|after> <module> <function> <at>`.

The point is patched in from here; the product has no failpoints.
"""

import importlib
import os
import signal
import sys
from datetime import datetime
from typing import Any


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    when, module, name, at = sys.argv[1:5]
    import django

    django.setup()
    from django.conf import settings

    from tests.outreach.mail_server import settings_for

    settings.SMTP = settings_for(int(os.environ["TEST_SMTP_PORT"]))
    _patch(importlib.import_module(module), name, when)
    from outreach import operations

    operations.send_due(at=datetime.fromisoformat(at))


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
