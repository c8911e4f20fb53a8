"""A new campaign: fill in, look at what it would do, make it. Every step works without script.

The preview is the engine itself, rolled back (`outreach.operations.preview`); the create is the API's own. A token
drawn with the preview makes a second press of the button find the first one's campaign.
"""

import re
import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods

from accounts import timeline
from accounts.operations.forms import submit_once
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import operations, queries
from campaigns.serializers import checks, intake, reading
from campaigns.serializers.intake import Decoded, Request
from dashboard import drafts
from dashboard.access import ACT, Seat, action, page
from dashboard.drafts import Draft, Unreadable
from dashboard.forms.campaign import FORMS, WAYS, CampaignForm
from dashboard.queries import clocks
from dashboard.views.mailbox import MAIL_POLICY
from outreach import operations as outreach
from outreach.plans import Preview

PREVIEW_SECONDS = 900
_TOKEN = re.compile(r"[\w-]{22}")


@page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, seat: Seat) -> HttpResponse:
    """GET: the form. POST: back to it (`step=edit`), else what it would do (`step=preview`)."""
    if seat.member.role not in ACT:
        return render(request, "dashboard/forbidden.html", {"roles": sorted(ACT)}, status=403)
    if seat.livemode and not seat.organisation.live_approved:
        messages.error(request, "Live mode is not open for your organisation yet.")
        return redirect("dashboard:settings")
    way = request.POST.get("way") or request.GET.get("way") or "invoice"
    if way not in FORMS:
        raise Http404
    if request.method == "GET":
        return _form(request, way, _first(seat, way, example="example" in request.GET))
    if request.POST.get("step") == "edit":
        return _edit(request, seat)
    form = FORMS[way](request.POST, request.FILES, clocks=clocks.choices(seat))
    if not form.is_valid():
        return _form(request, way, form)
    try:
        return _preview(request, seat, way, form, form.draft())
    except Unreadable as error:
        return _form(request, way, form, problem=str(error))


def _first(seat: Seat, way: str, *, example: bool = False, said: dict[str, Any] | None = None) -> CampaignForm:
    """The form with its first values: the organisation's own, then what was `said` before."""
    first = _initial(seat, example=example, way=way) | (said or {})
    return FORMS[way](initial=first, clocks=clocks.choices(seat))


def _initial(seat: Seat, *, example: bool, way: str) -> dict[str, Any]:
    brand = seat.organisation.brand or {}
    first = dict(zip(drafts.COLUMNS, drafts.EXAMPLE[0], strict=True)) if example else {}
    table = Draft([dict(zip(drafts.COLUMNS, row, strict=True)) for row in drafts.EXAMPLE]).as_table()
    return {
        "company": brand.get("name") or seat.organisation.name,
        "from_email": brand.get("from_email", ""),
        "primary": brand.get("colors", {}).get("primary", ""),
        "escalation": "ask" if seat.livemode else "auto",
        "currency": seat.organisation.currency,
        "country": seat.organisation.country,
        "table": table if example else "",
    } | first


def _form(request: HttpRequest, way: str, form: CampaignForm, **more: Any) -> HttpResponse:
    own = [name for name in form.fields if name not in CampaignForm.base_fields]
    shown = {
        "form": form,
        "way": way,
        "ways": WAYS,
        "own": [form[name] for name in own],
        "shared": [form[name] for name in CampaignForm.base_fields if name in form.fields],
        "columns": drafts.COLUMNS,
    }
    return render(request, "dashboard/new_campaign.html", shown | more)


def _edit(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The form again, with what the preview was made from. A file comes back as the rows that were in it."""
    try:
        draft = Draft.unpack(request.POST.get("draft", ""))
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("dashboard:campaigns-new")
    way = "invoice" if request.POST.get("way") == "invoice" else "paste"
    return _form(request, way, _first(seat, way, said=_said(draft, way)))


def _said(draft: Draft, way: str) -> dict[str, Any]:
    """The draft as the form's first values."""
    settings = draft.settings
    brand = settings.get("brand", {})
    said = {name: settings.get(name, "") for name in ("company", "name", "escalation", "test_clock")}
    said |= {"from_email": brand.get("from_email", ""), "primary": brand.get("colors", {}).get("primary", "")}
    return said | (draft.rows[0] if way == "invoice" and draft.rows else {"table": draft.as_table()})


def _checked(seat: Seat, decoded: Decoded, at: datetime) -> Request:
    """The draft as the API's own request. Raises ApiError with every fault."""
    return checks.check(decoded, checks.terms_of(seat.organisation, livemode=seat.livemode, at=at))


def _preview(request: HttpRequest, seat: Seat, way: str, form: CampaignForm, draft: Draft) -> HttpResponse:
    try:
        at = timeline.now(form.cleaned_data.get("test_clock", ""))
        shown = outreach.preview(
            organisation=seat.organisation,
            livemode=seat.livemode,
            request=_checked(seat, intake.decode(draft.body()), at),
            by=seat.by,
            at=at,
        )
    except ApiError as refused:
        return _form(request, way, form, **_faults(draft, refused))
    return _show(request, seat, way, draft, shown)


def _faults(draft: Draft, refused: ApiError) -> dict[str, Any]:
    """Every fault beside its row; those of the campaign itself first."""
    found = [drafts.fault(error) for error in refused.errors]
    rows = [
        (number, row.get("company_name", ""), row.get("invoice_number", ""), mine)
        for number, row in enumerate(draft.rows, 1)
        if (mine := [one for one in found if one.row == number])
    ]
    return {
        "faults": [one for one in found if not one.row],
        "faulty": rows,
        "right": len(draft.rows) - len(rows),
        "problem": "" if found else refused.message,
    }


def _show(request: HttpRequest, seat: Seat, way: str, draft: Draft, shown: Preview) -> HttpResponse:
    token = secrets.token_urlsafe(16)
    if shown.message and shown.message.html:
        cache.set(_message_key(seat, token), shown.message.html, PREVIEW_SECONDS)
    campaign = shown.campaign
    context = {
        "preview": shown,
        "campaign": campaign,
        "brand": campaign.brand,
        "contacted": sum(row.outcome == "allow" or row.at is not None for row in shown.rows),
        "steps": queries.playbook_steps(campaign),
        "unknown": draft.unknown,
        "draft": draft.pack(),
        "token": token,
        "way": way,
    }
    return render(request, "dashboard/new_campaign_preview.html", context)


@action()
def create(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make what was previewed, once. What became wrong since is said, and nothing is written."""
    token, at = request.POST.get("token", ""), clock.now()
    if seat.livemode and not seat.organisation.live_approved:
        raise Http404
    try:
        if not _TOKEN.fullmatch(token):
            raise Unreadable("This form is out of date. Please fill it in again.")
        draft = Draft.unpack(request.POST.get("draft", ""))
        campaign_id, fresh = submit_once(
            token=token, organisation_id=seat.organisation.id, work=lambda: _create(seat, draft), at=at
        )
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("dashboard:campaigns-new")
    except ApiError as refused:
        way = "invoice" if request.POST.get("way") == "invoice" else "paste"
        return _form(request, way, _first(seat, way, said=_said(draft, way)), **_faults(draft, refused))
    if fresh:
        messages.success(request, "The campaign is made. Its cases are opened within seconds.")
    return redirect("dashboard:campaigns-detail", campaign_id)


def _create(seat: Seat, draft: Draft) -> str:
    decoded = intake.decode(draft.body())
    story = reading.text(decoded.body.test_clock)
    at = timeline.begin(story, organisation_id=seat.organisation.id, livemode=seat.livemode)
    made = operations.create(
        organisation=seat.organisation,
        livemode=seat.livemode,
        request=_checked(seat, decoded, at),
        by=seat.by,
        at=at,
    )
    return made.campaign.id


def _message_key(seat: Seat, token: str) -> str:
    return f"new-campaign:{seat.organisation.id}:{seat.livemode}:{token}"


@xframe_options_sameorigin
@page
def message(request: HttpRequest, seat: Seat, token: str) -> HttpResponse:
    """The first message's HTML by itself, for the preview's sandboxed frame; kept for a quarter of an hour."""
    html = cache.get(_message_key(seat, token)) if _TOKEN.fullmatch(token) else None
    if html is None:
        raise Http404
    return HttpResponse(f'<base target="_blank">{html}', headers={"Content-Security-Policy": MAIL_POLICY})


@page
def template(request: HttpRequest, seat: Seat) -> HttpResponse:
    """A CSV to fill in."""
    rows = [dict(zip(drafts.COLUMNS, row, strict=True)) for row in drafts.EXAMPLE]
    answer = HttpResponse(Draft(rows).as_table(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="agentcollect-invoices.csv"'
    return answer
