"""The sender's place in a Celery worker: a thread with the worker's life cycle, where the queue is `webhooks`."""

import asyncio
import threading
import time
from typing import Any

import structlog
from celery import bootsteps

log = structlog.get_logger()

QUEUE = "webhooks"
JOIN_SECONDS = 10.0
AFTER_CRASH_SECONDS = 1.0


class SenderStep(bootsteps.StartStopStep):
    """Starts before the consumer, so deliveries go out while the broker is still being looked for."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.thread: SenderThread | None = None

    def include_if(self, parent: Any) -> bool:
        return QUEUE in parent.app.amqp.queues.consume_from

    def start(self, parent: Any) -> None:
        self.thread = SenderThread()
        self.thread.start()

    def stop(self, parent: Any) -> None:
        if self.thread is not None:
            self.thread.finish()
            self.thread = None

    terminate = stop


class SenderThread(threading.Thread):
    """Runs senders, one after the other should one ever crash, until `finish()`."""

    def __init__(self) -> None:
        super().__init__(name="webhook-sender", daemon=True)
        self._sender: Any = None
        self._finishing = threading.Event()

    def run(self) -> None:
        from webhooks.sender import Sender

        while not self._finishing.is_set():
            self._sender = Sender()
            log.info("webhook_sender_started")
            try:
                if not self._finishing.is_set():
                    asyncio.run(self._sender.run())
            except Exception:
                log.exception("webhook_sender_crashed")
                time.sleep(AFTER_CRASH_SECONDS)
        log.info("webhook_sender_stopped")

    def finish(self) -> None:
        """Stop and wait: what is out is settled, the rest is given back."""
        self._finishing.set()
        if self._sender is not None:
            self._sender.stop()
        self.join(JOIN_SECONDS)
