"""The public shapes of replay jobs, and how one is asked for."""

from datetime import datetime
from typing import Any, NamedTuple

from agentcollect.kit import clock, errors
from agentcollect.kit.errors import FieldError
from events.catalogue import PUBLIC
from webhooks.models import Delivery, Endpoint, Replay
from webhooks.queries import FILTERS, MAX_RATE, Preview, Progress, Sampled

REPLAY_FIELDS = FILTERS | {"rate", "dry_run"}
MAX_NAMED = 1_000  # ids in one request; more are found by a filter
STATUSES = tuple(Delivery.Status.values)
REASONS = (Endpoint.Status.PAUSED.value, Endpoint.Status.DISABLED.value, Endpoint.Status.UNVERIFIED.value)
_KNOWN = {"event_types": PUBLIC, "statuses": frozenset(STATUSES), "reasons": frozenset(REASONS)}
_LISTS = ("webhook_ids", "event_types", "statuses", "reasons", "event_ids", "delivery_ids")


class Asked(NamedTuple):
    """A replay as a request asks for it."""

    filters: dict[str, Any]
    rate: int | None
    dry_run: bool


def read_replay(body: dict[str, Any]) -> Asked:
    """The filters, rate and `dry_run` of `body`, checked. Raises ApiError listing every fault.

    A body that narrows nothing down is refused: nobody sends everything again by leaving something out.
    """
    faults: list[FieldError] = []
    given = {name: value for name, value in body.items() if value is not None}
    filters: dict[str, Any] = {name: _read_list(name, given[name], faults) for name in _LISTS if name in given}
    filters |= {name: _read_time(name, given[name], faults) for name in ("since", "until") if name in given}
    if _read_flag("missed", given, faults):
        filters["missed"] = True
    rate, dry_run = _read_rate(given, faults), _read_flag("dry_run", given, faults)
    if not faults:
        _check_together(filters, faults)
    if faults:
        raise errors.invalid(faults)
    return Asked(filters, rate, dry_run)


def _read_list(name: str, value: Any, faults: list[FieldError]) -> list[str]:
    may_be_empty = name == "statuses"  # none: only what was missed
    if not isinstance(value, list) or not (value or may_be_empty) or len(value) > MAX_NAMED:
        faults.append(FieldError(name, "invalid_request", f"{name} must be a list of at most {MAX_NAMED} texts."))
        return []
    for place, text in enumerate(value):
        if not isinstance(text, str) or (name in _KNOWN and text not in _KNOWN[name]):
            code = "unknown_event_type" if name == "event_types" else "invalid_request"
            faults.append(FieldError(f"{name}[{place}]", code, f"{str(text)[:60]!r} is none of the {name} there are."))
    return value if faults else list(dict.fromkeys(value))


def _read_time(name: str, value: Any, faults: list[FieldError]) -> str:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.isoformat()
    except (TypeError, ValueError):
        words = f"{name} must be ISO 8601 with a zone, such as 2026-03-17T14:22:00Z."
        faults.append(FieldError(name, "invalid_request", words))
        return ""


def _read_flag(name: str, given: dict[str, Any], faults: list[FieldError]) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        faults.append(FieldError(name, "invalid_type", f"{name} must be true or false."))
    return value is True


def _read_rate(given: dict[str, Any], faults: list[FieldError]) -> int | None:
    rate = given.get("rate")
    if rate is None or (type(rate) is int and 1 <= rate <= MAX_RATE):
        return rate
    faults.append(FieldError("rate", "invalid_request", f"rate must be 1 to {MAX_RATE} deliveries a second."))
    return None


def _check_together(filters: dict[str, Any], faults: list[FieldError]) -> None:
    if not filters:
        words = "Say what to send again: webhook_ids, event_types, statuses, reasons, event_ids, delivery_ids, since…"
        faults.append(FieldError("since", "missing_field", words))
    if filters.get("statuses") == [] and not filters.get("missed"):
        faults.append(FieldError("statuses", "invalid_request", "Without any of the statuses only `missed` is left."))
    if filters.get("missed") and (filters.get("delivery_ids") or filters.get("reasons")):
        words = "What was missed has no delivery, so it has no delivery id or reason to be found by."
        faults.append(FieldError("missed", "invalid_request", words))
    if "since" in filters and filters.get("until", "") and not _in_order(filters["since"], filters["until"]):
        faults.append(FieldError("until", "invalid_request", "until must be later than since."))


def _in_order(since: str, until: str) -> bool:
    return datetime.fromisoformat(since) < datetime.fromisoformat(until)


def replay_json(replay: Replay) -> dict[str, Any]:
    """A job in a list. `done` = `replayed` + `skipped`; all are counts of deliveries."""
    return {
        "id": replay.id,
        "status": replay.status,
        "filters": replay.filters,
        "rate": replay.rate,
        "matched": replay.total,
        "done": replay.replayed + replay.skipped,
        "replayed": replay.replayed,
        "skipped": replay.skipped,
        "created_by": replay.created_by,
        "finished_at": clock.iso(replay.finished_at) if replay.finished_at else None,
        "livemode": replay.livemode,
        "created_at": clock.iso(replay.created_at),
        "updated_at": clock.iso(replay.updated_at),
    }


def replay_detail(replay: Replay, progress: Progress) -> dict[str, Any]:
    """A job with what became of the deliveries that it sent again."""
    return replay_json(replay) | {
        "succeeded": progress.succeeded,
        "failed": progress.failed,
        "pending": progress.pending,
        "eta_seconds": progress.eta,
    }


def preview_json(found: Preview) -> dict[str, Any]:
    """What a replay would do: how many it would send (`missed` of them for the first time), and the first ten."""
    return {
        "dry_run": True,
        "matched": found.matched,
        "missed": found.missed,
        "sample": [_sampled_json(each) for each in found.sample],
    }


def _sampled_json(each: Sampled) -> dict[str, Any]:
    return {
        "delivery_id": each.delivery.id if each.delivery else None,
        "webhook_id": each.endpoint_id,
        "event_id": each.event_id,
        "event": each.event_type,
        "status": each.delivery.status if each.delivery else None,
        "created_at": clock.iso(each.created_at),
    }
