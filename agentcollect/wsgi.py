"""The web process. The URLconf is warmed here: a first request would otherwise wait half a second for it."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
application = get_wsgi_application()


# A thread that comes back from the database waits this long for one that computes. Python's own 5 ms, paid at each of
# a create's statements, doubled its p99 when two requests met in one process (docs/performance.md).
sys.setswitchinterval(0.0005)


def _warm() -> None:
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  (loads every view module)
    get_resolver()._populate()


_warm()
