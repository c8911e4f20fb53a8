"""The web process. The URLconf is warmed here: a first request would otherwise wait half a second for it."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
os.environ.setdefault("WEB_PROCESS", "1")  # settings: a request waits for the database only so long
application = get_wsgi_application()


# A thread that comes back from the database waits this long for one that computes. Python's own 5 ms, paid at each of
# a create's statements, doubled its p99 when two requests met in one process (docs/performance.md).
sys.setswitchinterval(0.0005)


def _warm() -> None:
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  (loads every view module)
    get_resolver()._populate()


def _spare_the_collector() -> None:
    """What the product itself is made of (170,000 objects) never becomes garbage: looking through it stops every thread
    for a tenth of a second, about once in 40 creates. Younger generations are looked through less often, too."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


_warm()
_spare_the_collector()
