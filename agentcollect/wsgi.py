"""The web process. The URLconf is warmed here: a first request would otherwise wait half a second for it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
application = get_wsgi_application()


def _warm() -> None:
    from django.urls import get_resolver

    get_resolver().url_patterns  # noqa: B018  (loads every view module)
    get_resolver()._populate()


_warm()
