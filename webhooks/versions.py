"""An event's bytes in an older version of the API: pure down-converters, chained by version.

Versions are dates, so they compare as texts. A change of an event's shape that is not additive comes with one
converter, registered under the version before it: it takes the envelope as the next newer version has it and returns
what an endpoint pinned to the older one is sent. A chain of them reaches every version there ever was, and none of
them is touched when the next one comes. There has been one version so far, so there is no converter yet.
"""

from collections.abc import Callable
from typing import Any

import orjson

# (event type, envelope) → the envelope as the older version had it. The envelope is the converter's own, to change.
Converter = Callable[[str, dict[str, Any]], dict[str, Any]]
CONVERTERS: dict[str, Converter] = {}


def render(event_type: str, payload: bytes, version: str) -> bytes:
    """The body of an event as `version` has it. Pure: the same bytes for the same arguments, whatever the day.

    What was recorded in `version`, or in an older one, is returned as it is: a stored body is never read as newer.
    """
    body = orjson.loads(payload)
    made_in = body["api_version"]
    if version >= made_in:
        return payload
    for step in sorted((name for name in CONVERTERS if version <= name < made_in), reverse=True):
        body = CONVERTERS[step](event_type, body)
    return orjson.dumps(body | {"api_version": version})
