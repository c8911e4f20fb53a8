"""The Celery application: it wakes workers. What must be done stands in rows, never in a message alone."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")

app = Celery("agentcollect")
app.config_from_object("django.conf:settings", namespace="CELERY")
