"""A member's own notifications in one mode: an endpoint of kind `email` that nobody else sees."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Exists, F, OuterRef

from accounts.models import Member
from agentcollect.kit import crypto, db, due, ids
from webhooks import rules
from webhooks.models import Delivery, Endpoint
from webhooks.operations.common import tell
from webhooks.wording import TOPICS

_STOP = "stop_notifications"
_SEATED_AT_ONCE = 500
OFF, LEFT = "off", "left"  # why a row was not sent


def mailbox(*, member_id: str, organisation_id: str, livemode: bool, by: str, at: datetime) -> Endpoint:
    """The member's endpoint in that mode, made with the default choice where there is none yet."""
    found = Endpoint.objects.filter(member_id=member_id, livemode=livemode, kind=Endpoint.Kind.EMAIL)
    if (present := found.first()) is not None:
        return present
    try:
        with db.atomic():
            made = _new(member_id, organisation_id, livemode, by=by, at=at)
            made.save(force_insert=True)
    except IntegrityError:  # made by another request, or by the task, in between
        return found.get()
    return made


def _new(member_id: str, organisation_id: str, livemode: bool, *, by: str, at: datetime) -> Endpoint:
    return Endpoint(
        id=ids.new("wh"),
        organisation_id=organisation_id,
        livemode=livemode,
        kind=Endpoint.Kind.EMAIL,
        member_id=member_id,
        cadence=rules.default_cadence(livemode),
        events=[],  # what it is told stands in `cadence`
        status=Endpoint.Status.ACTIVE,
        api_version=settings.API_VERSION,
        created_by=by,
        created_at=at,
        recorded_at=at,
        updated_at=at,
    )


def greet_members(*, at: datetime) -> int:
    """Make the endpoints, in both modes, of members who have none; how many were made.

    Asked for by a task: whoever adds a member, wherever, need not know of notifications.
    """
    made = 0
    for livemode in (False, True):
        own = Endpoint.objects.filter(member_id=OuterRef("pk"), livemode=livemode, kind=Endpoint.Kind.EMAIL)
        for member in Member.objects.filter(~Exists(own)).order_by("id")[:_SEATED_AT_ONCE]:
            mailbox(member_id=member.id, organisation_id=member.organisation_id, livemode=livemode, by="engine", at=at)
            made += 1
    return made


def choose(
    *, member_id: str, organisation_id: str, livemode: bool, cadence: dict[str, str], by: str, at: datetime
) -> Endpoint:
    """What the member is told from now on: event type → instant or daily, a missing one is off.

    What waits for a type that is off now is not sent. Raises ValueError for a type or cadence that does not exist.
    """
    if unknown := [f"{type}: {how}" for type, how in cadence.items() if type not in TOPICS or how not in _CHOICES]:
        raise ValueError(f"no such choice: {', '.join(unknown)}")
    with db.atomic():
        own = mailbox(member_id=member_id, organisation_id=organisation_id, livemode=livemode, by=by, at=at)
        return _change(own.id, cadence, by=by, at=at)


_CHOICES = frozenset({rules.INSTANT, rules.DAILY})


def _change(endpoint_id: str, cadence: dict[str, str], *, by: str, at: datetime) -> Endpoint:
    """A choice that holds already records nothing."""
    endpoint = db.locked(Endpoint.objects.filter(id=endpoint_id)).get()
    before = endpoint.cadence
    if cadence == before:
        return endpoint
    dropped = before.keys() - cadence.keys()
    endpoint.cadence, endpoint.updated_at = cadence, at
    endpoint.save(update_fields=["cadence", "updated_at"])
    if dropped:
        forgo(endpoint.id, OFF, at=at, types=sorted(dropped))
    changed = {type: cadence.get(type, OFF) for type in sorted(before.keys() | cadence.keys())}
    changed = {type: how for type, how in changed.items() if how != before.get(type, OFF)}
    data = {"member_id": endpoint.member_id, "changed": changed}
    tell("member.notifications_changed", endpoint, data, by=by, at=at)
    return endpoint


def forgo(endpoint_id: str, reason: str, *, at: datetime, types: list[str] | None = None) -> int:
    """Settle what waits for this member and is not under way as not sent, for this `reason`; how many."""
    owed = Delivery.objects.filter(
        due.unleased(at), endpoint_id=endpoint_id, status=due.literal(Delivery.Status.PENDING)
    ).exclude(reason=HANDED)
    if types is not None:
        owed = owed.filter(event_type__in=types)
    return owed.update(
        status=Delivery.Status.NOT_SENT,
        reason=reason,
        next_attempt_at=None,
        settled_at=at,
        lease_token=F("lease_token") + 1,
        lease_until=None,
    )


HANDED = "handed"  # the mark of a pending row whose mail may have left (webhooks.operations.mailing)


def leave(*, endpoint_id: str, at: datetime) -> None:
    """The member is gone: nothing that waits is sent, and nothing more will be owed."""
    with db.atomic():
        endpoint = db.locked(Endpoint.objects.filter(id=endpoint_id)).get()
        endpoint.status, endpoint.updated_at = Endpoint.Status.DELETED, at
        endpoint.save(update_fields=["status", "updated_at"])
        forgo(endpoint_id, LEFT, at=at)


# --- the link in every mail


def stop_token(endpoint_id: str) -> str:
    """The unguessable end of the link that stops these mails without signing in."""
    return crypto.sign_id(_STOP, endpoint_id)


def stoppable(token: str) -> Endpoint | None:
    """The endpoint such a link is about; None for a link that we did not make, or whose member is gone."""
    endpoint_id = crypto.read_signed_id(_STOP, "wh", token)
    rows = Endpoint.objects.select_related("organisation").filter(kind=Endpoint.Kind.EMAIL)
    return rows.filter(id=endpoint_id, status=Endpoint.Status.ACTIVE).first() if endpoint_id else None


def stop(*, endpoint_id: str, at: datetime) -> None:
    """Everything off: the member is told nothing more in that mode until they choose again."""
    with db.atomic():
        owner = Endpoint.objects.values_list("member_id", flat=True).get(id=endpoint_id)
        _change(endpoint_id, {}, by=f"member:{owner}", at=at)
