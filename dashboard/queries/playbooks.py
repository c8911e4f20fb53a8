"""What the playbook pages show: the built-in one and the organisation's own, and what a dry run found."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns import queries
from campaigns.models import Campaign, Playbook
from campaigns.queries import Tenant
from campaigns.rules import playbook as rules
from campaigns.rules.playbook import PlaybookStep, Steps
from dashboard.access import Seat
from outreach.plans import DryRun

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A version of a playbook; `made` None: built in."""

    name: str
    version: int
    title: str
    steps: Steps
    made: datetime | None = None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One step of a dry run over a campaign: when it comes first, for how many, and what blocks the others."""

    step: PlaybookStep
    first_at: datetime | None
    planned: int
    blocked: list[tuple[str, int]]


def tenant(seat: Seat) -> Tenant:
    return Tenant(seat.organisation.id, seat.livemode)


def everything(seat: Seat) -> list[Shown]:
    """Each playbook in its newest version, the built-in one first."""
    version, steps = queries.newest_playbook(tenant(seat), rules.BUILT_IN)
    return [
        Shown(rules.BUILT_IN, version, "Built in", steps),
        *map(_shown, queries.playbooks(tenant(seat)).order_by("name")),
    ]


def versions(seat: Seat, name: str) -> list[Shown]:
    """All versions of one, newest first; empty where there is none of that name."""
    if name in rules.NAMES:
        pairs = sorted(rules.PLAYBOOKS.items(), reverse=True)
        return [Shown(name, version, "Built in", steps) for (own, version), steps in pairs if own == name]
    return list(map(_shown, queries.playbook_versions(tenant(seat), name)[:50]))


def _shown(row: Playbook) -> Shown:
    return Shown(row.name, row.version, row.title, rules.steps_of(row.steps), row.created_at)


def rows_of(steps: Steps) -> list[Row]:
    """Steps as the form shows them."""
    return [{"day": one.day, "channel": one.channel, "intent": one.intent, "level": one.level} for one in steps]


def campaigns(seat: Seat) -> list[Campaign]:
    """Those a dry run can be tried on: the latest that run."""
    running = (Campaign.Status.ACTIVE, Campaign.Status.PAUSED)
    return list(seat.rows(Campaign).filter(status__in=running).order_by("-created_at", "-id")[:20])


def foreseen(found: DryRun) -> list[Foreseen]:
    """The dry run, step by step over all debtors."""
    shown = []
    for n, step in enumerate(found.steps):
        acts = [course.acts[n] for course in found.courses]
        going = [act.at for act in acts if act.outcome == "allow" and act.at]
        words = Counter(
            f"{act.reason} ({act.rule})" if act.rule else act.reason for act in acts if act.outcome != "allow"
        )
        shown.append(Foreseen(step, min(going, default=None), len(going), words.most_common(3)))
    return shown
