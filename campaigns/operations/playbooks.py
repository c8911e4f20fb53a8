"""An organisation's own playbooks: each edit is the next version, and what runs keeps the one it began with."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError

from agentcollect.kit import clock, db, errors, ids
from agentcollect.kit.errors import ApiError
from campaigns import queries
from campaigns.models import Playbook
from campaigns.queries import Tenant
from campaigns.rules import playbook as rules
from events.operations import About, record

errors.define("playbook_built_in", 409, "That name is a built-in playbook's; choose another.")
errors.define("playbook_changed", 409, "Somebody saved a version of it at the same moment; look at theirs first.")
errors.define("too_many_playbooks", 409, "An organisation keeps at most 50 playbooks.")

MOST = 50


class Saved(NamedTuple):
    """`fresh` False: the newest version says the same, and stands."""

    playbook: Playbook
    fresh: bool


def save_playbook(
    *, organisation_id: str, livemode: bool, name: str, title: str, steps: list[dict[str, Any]], by: str, at: datetime
) -> Saved:
    """Keep `steps` (valid by rules.playbook.problems) as the next version of the playbook `name`.

    Raises ApiError: playbook_built_in, playbook_changed, too_many_playbooks.
    """
    if name in rules.NAMES:
        raise ApiError("playbook_built_in", param="name")
    tenant = Tenant(organisation_id, livemode)
    newest = queries.playbook_versions(tenant, name).first()
    if newest and (newest.steps, newest.title) == (steps, title):
        return Saved(newest, fresh=False)
    if newest is None and queries.playbooks(tenant).count() >= MOST:
        raise ApiError("too_many_playbooks")
    try:
        with db.atomic():
            version = newest.version + 1 if newest else 1
            return Saved(_save(tenant, name, version, title, steps, by=by, at=at), fresh=True)
    except IntegrityError as error:
        raise ApiError("playbook_changed", param="name") from error


def _save(
    tenant: Tenant, name: str, version: int, title: str, steps: list[dict[str, Any]], *, by: str, at: datetime
) -> Playbook:
    made = Playbook.objects.create(
        id=ids.new("pbk"),
        organisation_id=tenant.organisation_id,
        livemode=tenant.livemode,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        name=name,
        version=version,
        title=title,
        steps=steps,
        actor=by,
    )
    record(
        type="playbook.saved",
        organisation_id=tenant.organisation_id,
        livemode=tenant.livemode,
        data={"playbook_id": made.id, "name": name, "version": version, "steps": steps},
        by=by,
        at=at,
        about=About(),
    )
    return made
