"""Playbooks as JSON, and the bodies that bring one."""

import re
from typing import Any

from rest_framework.request import Request

from agentcollect.kit import clock, errors
from agentcollect.kit.api import body_object
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Playbook
from campaigns.rules import playbook as rules
from campaigns.rules.playbook import PlaybookStep, Steps

errors.define("invalid_playbook", 422, "The steps are no playbook.")
errors.define("invalid_playbook_name", 400, "A name is 1 to 40 lower-case letters, digits, - and _.")

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def step(row: PlaybookStep) -> dict[str, Any]:
    """One step, as it is stored and shown."""
    return {"day": row.day, "channel": row.channel, "intent": row.intent, "level": row.level}


def playbook(row: Playbook) -> dict[str, Any]:
    """A version of the organisation's own."""
    return {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "title": row.title or None,
        "built_in": False,
        "steps": row.steps,
        "livemode": row.livemode,
        "created_at": clock.iso(row.created_at),
        "created_by": row.actor,
    }


def built_in(name: str, version: int, steps: Steps, livemode: bool) -> dict[str, Any]:
    """A version that every organisation has."""
    return {
        "id": None,
        "name": name,
        "version": version,
        "title": None,
        "built_in": True,
        "steps": [step(one) for one in steps],
        "livemode": livemode,
        "created_at": None,
        "created_by": None,
    }


def saved(request: Request) -> dict[str, Any]:
    """The body of a new version: name, title, steps. Raises ApiError with every fault."""
    given = body_object(request, frozenset({"name", "title", "steps"}), frozenset({"name", "steps"}))
    if found := faults(given):
        raise errors.invalid(found)
    return {"name": given["name"], "title": given.get("title") or "", "steps": given["steps"]}


def faults(given: dict[str, Any]) -> list[FieldError]:
    """All that is wrong with `name`, `title` and `steps`."""
    return [*_name(given["name"]), *_title(given.get("title")), *step_faults(given["steps"])]


def _name(name: Any) -> list[FieldError]:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return []
    return [FieldError("name", "invalid_playbook_name", "name is 1 to 40 lower-case letters, digits, - and _.")]


def _title(title: Any) -> list[FieldError]:
    if title is None or (isinstance(title, str) and len(title) <= 120 and "\0" not in title):
        return []
    return [FieldError("title", "invalid_text", "title is a text of at most 120 characters.")]


def step_faults(steps: Any) -> list[FieldError]:
    """What keeps `steps` from being a playbook, each fault with the step and field it is about."""
    return [FieldError(path, "invalid_playbook", words) for path, words in rules.problems(steps)]


def dry_run(request: Request) -> dict[str, Any]:
    """The body of a dry run: `steps` or `name`, and `campaign_id`, `posture`. Raises ApiError with every fault."""
    known = frozenset({"steps", "name", "campaign_id", "posture"})
    given = body_object(request, known)
    if (given.get("steps") is None) == (given.get("name") is None):
        raise ApiError("ambiguous_body", "Send exactly one of `steps` and `name`.", param="steps")
    faults = step_faults(given["steps"]) if given.get("steps") is not None else []
    for name in ("name", "campaign_id", "posture"):
        value = given.get(name)
        if value is not None and (not isinstance(value, str) or "\0" in value or len(value) > 40):
            faults.append(FieldError(name, "invalid_text", f"{name} is a text of at most 40 characters."))
    if given.get("posture") not in (None, *rules.POSTURES) and not faults:
        words = f"posture is one of {', '.join(sorted(rules.POSTURES))}."
        faults.append(FieldError("posture", "invalid_choice", words))
    if faults:
        raise errors.invalid(faults)
    return given
