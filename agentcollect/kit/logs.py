"""Structured logs: one line a fact, with the request id; no body text, no address, no token.

structlog renders both its own events and those of the standard library, as JSON (or for a person, by LOG_JSON=0).
"""

import json
import logging
import sys
from typing import Any

import orjson
import structlog

from agentcollect.kit import context


def _request_id(_logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    if request_id := context.request_id():
        event.setdefault("request_id", request_id)
    return event


def _json(fact: dict[str, Any], **_: Any) -> str:
    try:
        return orjson.dumps(fact, default=repr).decode()
    except TypeError:  # half a surrogate pair, a number beyond 64 bits: what came from outside must not cost the line
        return json.dumps(fact, default=repr)


def configure(options: dict[str, Any]) -> None:
    """Django calls this with settings.LOGGING: {"level", "json"}."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _request_id,
    ]
    renderer = (
        structlog.processors.JSONRenderer(_json) if options["json"] else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(options["level"])
    for noisy in (
        "celery.app.trace",
        "celery.worker.strategy",
        "urllib3",
        "aiohttp.access",
        "django.request",
        # Its debug lines hold the tokens that it issues.
        "oauthlib",
        "oauth2_provider",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING if noisy != "django.request" else logging.ERROR)
