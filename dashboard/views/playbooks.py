"""Playbooks: what a campaign does on which day, edited as a plain form, tried out, and saved as the next version.

Every button of the form posts all of it and shows it again, so that nothing typed is lost without JavaScript.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import operations
from campaigns.models import Campaign
from campaigns.rules import playbook as rules
from campaigns.serializers import playbooks as bodies
from dashboard import words
from dashboard.access import Seat, action, page
from dashboard.queries import playbooks as shown
from dashboard.queries.playbooks import Row
from dashboard.views.common import one, plain
from outreach import operations as outreach

_FIELDS = ("day", "channel", "intent", "level")
_CHOICES = {
    "channels": sorted(rules.INTENTS),
    "intents": [(name, words.INTENT.get(name, name)) for kind in rules.INTENTS.values() for name in sorted(kind)],
    "levels": [(0, "Attorney"), *words.LEVEL.items()],
}


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/playbooks.html", {"playbooks": shown.everything(seat)})


@page
def detail(request: HttpRequest, seat: Seat, name: str) -> HttpResponse:
    """One playbook's newest version, the older ones by `?version=`, and the form that makes the next."""
    versions = shown.versions(seat, plain(name))
    if not versions:
        raise Http404
    asked = request.GET.get("version", "")
    found = next((one for one in versions if str(one.version) == asked), versions[0])
    own = found.made is not None
    typed = {"name": found.name if own else "", "title": found.title if own else ""}
    return _form(request, seat, typed, shown.rows_of(found.steps), playbook=found, versions=versions)


def _form(
    request: HttpRequest, seat: Seat, typed: dict[str, str], rows: list[Row], *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"typed": typed, "rows": rows, "campaigns": shown.campaigns(seat), "postures": sorted(rules.POSTURES)}
    return render(request, "dashboard/playbook.html", context | _CHOICES | more, status=status)


@action()
def edit(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Whatever button was pressed: a row more or less, check, try out, save."""
    rows = _rows(request)
    typed = {name: plain(request.POST.get(name, "")) for name in ("name", "title", "campaign", "posture")}
    pressed = plain(request.POST.get("press", "check"))
    if pressed == "add":
        return _form(request, seat, typed, [*rows, _another(rows)])
    if pressed.startswith("remove-"):
        return _form(request, seat, typed, [row for n, row in enumerate(rows) if pressed != f"remove-{n}"])
    faults = [fault.message for fault in bodies.faults({"name": typed["name"], "title": typed["title"], "steps": rows})]
    if pressed == "try":
        faults = [fault.message for fault in bodies.step_faults(rows)]
    if faults:
        return _form(request, seat, typed, rows, faults=faults, status=422)
    if pressed == "save":
        return _save(request, seat, typed, rows)
    return _form(request, seat, typed, rows, **(_tried(seat, typed, rows) if pressed == "try" else {"valid": True}))


def _rows(request: HttpRequest) -> list[Row]:
    columns = [request.POST.getlist(name)[: rules.MOST_STEPS + 1] for name in _FIELDS]
    return [
        {"day": _number(day), "channel": plain(channel), "intent": plain(intent), "level": _number(level)}
        for day, channel, intent, level in zip(*columns, strict=False)
    ]


def _number(text: str) -> int | str:
    """A whole number where it is one; else what was typed, for the form to show and the rules to refuse."""
    text = plain(text)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else text[:10]


def _another(rows: list[Row]) -> Row:
    days = [row["day"] for row in rows if isinstance(row["day"], int)]
    return {"day": max(days, default=-3) + 3, "channel": "email", "intent": "second_reminder", "level": 1}


def _save(request: HttpRequest, seat: Seat, typed: dict[str, str], rows: list[Row]) -> HttpResponse:
    named = {"organisation_id": seat.organisation.id, "livemode": seat.livemode, "by": seat.by, "at": clock.now()}
    try:
        kept = operations.save_playbook(name=typed["name"], title=typed["title"], steps=rows, **named)
    except ApiError as refused:
        return _form(request, seat, typed, rows, faults=[refused.message], status=422)
    said = f"Saved as version {kept.playbook.version}. Campaigns that run keep theirs."
    messages.success(request, said if kept.fresh else f"Version {kept.playbook.version} says the same already.")
    return redirect("dashboard:playbooks-detail", kept.playbook.name)


def _tried(seat: Seat, typed: dict[str, str], rows: list[Row]) -> dict[str, Any]:
    """The dry run over the chosen campaign. 404 for another tenant's."""
    campaign = one(seat.rows(Campaign).select_related("organisation"), typed["campaign"])
    posture = typed["posture"] if typed["posture"] in rules.POSTURES else campaign.posture
    steps = rules.paced(rules.steps_of(rows), posture)
    found = outreach.dry_run(steps=steps, campaign=campaign, at=timeline.now(campaign.clock_id))
    return {"tried": shown.foreseen(found), "tried_on": campaign, "debtors": len(found.courses), "more": found.more}
