"""Which steps a campaign goes through, and the organisation's own playbooks."""

from functools import lru_cache

from django.db.models import Exists, OuterRef, QuerySet

from agentcollect.kit import errors
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Playbook
from campaigns.queries.tenant import Tenant
from campaigns.rules import playbook as rules
from campaigns.rules.playbook import Steps

errors.define("unknown_playbook", 422, "There is no playbook of that name.")


def playbook_steps(campaign: Campaign, version: int | None = None) -> Steps:
    """The steps of the campaign's playbook on the days of its posture; `version`: the one a case began with.

    Raises LookupError for a playbook that nobody wrote.
    """
    wanted = campaign.playbook, version or campaign.playbook_version
    built_in = rules.PLAYBOOKS.get(wanted)
    steps = built_in or _written(campaign.organisation_id, campaign.livemode, *wanted)
    return rules.paced(steps, campaign.posture)


@lru_cache(maxsize=1024)
def _written(organisation_id: str, livemode: bool, name: str, version: int) -> Steps:
    """The organisation's own. A version never changes, so a process reads it once; one that is missing is not kept."""
    found = playbook_versions(Tenant(organisation_id, livemode), name).filter(version=version).first()
    if found is None:
        raise LookupError(f"there is no playbook {name} version {version}")
    return rules.steps_of(found.steps)


def newest_playbook(tenant: Tenant, name: str) -> tuple[int, Steps]:
    """The version that a new campaign takes, and its steps. Raises ApiError(unknown_playbook)."""
    if name in rules.NAMES:
        version = max(version for built_in, version in rules.PLAYBOOKS if built_in == name)
        return version, rules.PLAYBOOKS[name, version]
    found = playbook_versions(tenant, name).filter(retired_at=None).first()
    if found is None:
        raise ApiError("unknown_playbook", f"There is no playbook {name!r}.", param="playbook")
    return found.version, rules.steps_of(found.steps)


def playbook_versions(tenant: Tenant, name: str) -> QuerySet[Playbook]:
    """Every version of one of the organisation's own playbooks, newest first."""
    return _mine(tenant).filter(name=name).order_by("-version")


def playbooks(tenant: Tenant) -> QuerySet[Playbook]:
    """The organisation's own playbooks, each in its newest version."""
    mine = _mine(tenant)
    newer = mine.filter(name=OuterRef("name"), version__gt=OuterRef("version"))
    return mine.filter(~Exists(newer))


def _mine(tenant: Tenant) -> QuerySet[Playbook]:
    return Playbook.objects.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)
