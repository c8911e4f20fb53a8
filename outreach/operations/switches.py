"""What stops everything: the switches that operations turn, and the fuse that blew.

Asked in the transaction that reserves an attempt and in the one that hands it over, in one statement and never from a
cache: what is stopped is stopped at once, in every process.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError
from django.db.models import Q, QuerySet, Value

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Campaign, Step
from campaigns.rules.standing import STOPPED
from events.operations import About, record
from outreach.models import FuseTrip, KillSwitch

log = structlog.get_logger()

_SCOPE = KillSwitch.Scope
_FUSE = "fuse"
Stop = tuple[str, str, str]  # scope, key, reason
# Over how long due steps are spread once a stop is over, so that no mail server meets all of them in one minute.
SPREAD = timedelta(minutes=10)


def why_stopped(
    *,
    livemode: bool,
    channel: str,
    provider: str,
    organisation_id: str,
    campaign_id: str,
    playbook: str,
    prompt: str,
    model: str,
    stops: Sequence[Stop] | None = None,
) -> str:
    """Why nothing of this kind may leave now, in plain words; empty: nothing stops it. One statement.

    `playbook`: `name@version`; `prompt`, `model`: of the words to be sent, empty for templates. `stops`: what
    `standing` said in this same transaction.
    """
    keys = {
        _SCOPE.CHANNEL: channel,
        _SCOPE.PROVIDER: provider,
        _SCOPE.ORGANISATION: organisation_id,
        _SCOPE.CAMPAIGN: campaign_id,
        _SCOPE.PLAYBOOK: playbook,
        _SCOPE.PROMPT: prompt,
        _SCOPE.MODEL: model,
    }
    for scope, key, reason in standing(livemode) if stops is None else stops:
        if scope in (_SCOPE.ALL, _FUSE) or (key and keys.get(scope) == key):  # type: ignore[call-overload]
            return _words(scope, key, reason)[:250]
    return ""


def standing(livemode: bool) -> list[Stop]:
    """Every switch that is set, and the fuse of that mode if it has blown. They are few: whom one stops is told apart
    here."""
    return _standing(livemode=livemode)


@PreparedValues
def _standing(livemode: bool) -> QuerySet[KillSwitch, Any]:
    switches = KillSwitch.objects.filter(lifted_at=None).values_list("scope", "key", "reason")
    blown = FuseTrip.objects.filter(livemode=livemode, restarted_at=None)
    return switches.union(blown.values_list(Value(_FUSE), Value(""), "reason"))


def _words(scope: str, key: str, reason: str) -> str:
    what = {"all": "everything", "fuse": "the contact fuse has blown"}.get(scope, f"{scope} {key}")
    return f"{what} ({reason})"


def set_switch(*, scope: str, key: str, reason: str, by: str, at: datetime) -> KillSwitch:
    """Stop everything of one scope, from the commit on. Stopped already: that switch stands.

    Raises ApiError: invalid_request (no such scope, a key where none belongs or none where one does, no reason).
    """
    if scope not in _SCOPE.values or bool(key) == (scope == _SCOPE.ALL):
        raise ApiError("invalid_request", f"{scope!r} with {key!r} names nothing to stop.")
    if not reason.strip():
        raise ApiError("invalid_request", "Say why.", param="reason")
    standing = KillSwitch.objects.filter(scope=scope, key=key, lifted_at=None)
    try:
        with db.atomic():
            if found := standing.first():
                return found
            made = KillSwitch.objects.create(scope=scope, key=key, reason=reason[:300], set_by=by, set_at=at)
            _tell("switch.set", made, by=by, at=at)
    except IntegrityError:
        return standing.get()  # somebody else stopped it at this very moment
    log.warning("kill_switch_set", scope=scope, key=key, by=by, reason=reason[:300])
    return made


def lift_switch(*, switch_id: str, by: str, at: datetime) -> KillSwitch:
    """Let go on what the switch stopped; what is due is spread, and judged again singly. Lifted already: nothing."""
    with db.atomic():
        lifted = KillSwitch.objects.filter(id=switch_id, lifted_at=None).update(lifted_by=by, lifted_at=at)
        switch = KillSwitch.objects.get(id=switch_id)
        if lifted:
            _tell("switch.lifted", switch, by=by, at=at)
            spread_due(_reached(switch), at=at)
    if lifted:
        log.warning("kill_switch_lifted", scope=switch.scope, key=switch.key, by=by)
    return switch


def _reached(switch: KillSwitch) -> Q:
    """The steps whose words and ways the switch may have stopped; a provider, prompt or model may be anybody's."""
    if switch.scope == _SCOPE.ORGANISATION:
        return Q(organisation_id=switch.key)
    if switch.scope == _SCOPE.CAMPAIGN:
        return Q(campaign_id=switch.key)
    if switch.scope == _SCOPE.CHANNEL:
        return Q(channel=switch.key)
    if switch.scope == _SCOPE.PLAYBOOK:
        name, _, version = switch.key.rpartition("@")
        named = Campaign.objects.filter(playbook=name, playbook_version=int(version) if version.isdecimal() else -1)
        return Q(campaign_id__in=named.values("id"))
    return Q()


def spread_due(which: Q, *, at: datetime, over: timedelta = SPREAD, limit: int = 100_000) -> int:
    """Give the due steps of `which` new times within `over`, oldest first; returns how many.

    Those that a stop put off until later come too. Nothing is sent by this: each is judged anew when its time comes.
    """
    waiting = Step.objects.filter(which, status=Step.Status.PLANNED).filter(
        Q(due_at__lte=at) | Q(reason__startswith=STOPPED)
    )
    ids = list(waiting.order_by("due_at", "id").values_list("id", flat=True)[:limit])
    slots = max(1, int(over.total_seconds()) // 10)
    size = -(-len(ids) // slots)
    for slot, names in enumerate(_chunks(ids, size)):
        planned = Step.objects.filter(db.among("id", names), status=Step.Status.PLANNED)
        planned.update(due_at=at + slot * timedelta(seconds=10))
    return len(ids)


def _chunks(ids: list[str], size: int) -> Iterable[list[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size or 1))


def _tell(type: str, switch: KillSwitch, *, by: str, at: datetime) -> None:
    """In the audit of the organisation that it is about; the row itself is the audit of every switch."""
    campaign_id, tenants = "", []
    if switch.scope == _SCOPE.ORGANISATION:
        tenants = [(switch.key, livemode) for livemode in (False, True)]
    if switch.scope == _SCOPE.CAMPAIGN:
        campaign_id = switch.key
        tenants = list(Campaign.objects.filter(id=switch.key).values_list("organisation_id", "livemode"))
    for organisation_id, livemode in tenants:
        record(
            type=type,
            organisation_id=organisation_id,
            livemode=livemode,
            data={"switch_id": switch.id, "scope": switch.scope, "key": switch.key, "reason": switch.reason},
            by=by,
            at=at,
            about=About(campaign_id=campaign_id),
            cause=switch.id,
        )
