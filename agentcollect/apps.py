"""The frame's own Django app: kit, management commands that wrap Django's, and the Celery application."""

from django.apps import AppConfig


class AgentCollectConfig(AppConfig):
    name = "agentcollect"
    verbose_name = "AgentCollect"

    def ready(self) -> None:
        from agentcollect.celery import app
        from agentcollect.kit import db, http

        # force: by now the apps are loaded, so a task registers before the first message can arrive.
        app.autodiscover_tasks(force=True)
        # The network is never waited for inside a transaction: kit.http asks, kit.db knows.
        http.set_transaction_probe(db.in_transaction)
