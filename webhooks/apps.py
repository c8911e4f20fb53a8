"""The room's Django app: it hangs the sender into the Celery worker that consumes its queue."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from agentcollect.celery import app
        from webhooks.bootstep import SenderStep

        app.steps["worker"].add(SenderStep)
