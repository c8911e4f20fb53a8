"""What a member is told by mail, and the pages that the links in those mails open. Nothing is done by opening one."""

from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Member, Organisation
from agentcollect.kit import clock
from dashboard.access import Seat, action, page
from dashboard.views.common import plain
from events.models import Event
from webhooks import operations
from webhooks.models import Endpoint
from webhooks.rules import DAILY, INSTANT
from webhooks.wording import TOPICS

EVERYBODY = frozenset(Member.Role)
CHOICES = (("off", "Off"), (INSTANT, "At once"), (DAILY, "Once a day"))


class Row(NamedTuple):
    """One line of the table; `name` is its form field, `chosen` one of CHOICES."""

    name: str
    label: str
    says: str
    chosen: str


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    own = _own(seat)
    rows = [Row(_field(type), *topic, own.cadence.get(type, "off")) for type, topic in TOPICS.items()]
    shown = {"rows": rows, "choices": CHOICES, "mailbox": own, "none": not own.cadence}
    return render(request, "dashboard/notifications.html", shown)


@action(EVERYBODY)
def save(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Each member for themselves, in the mode that the form was opened in."""
    if request.POST.get("mailbox") != _own(seat).id:
        messages.error(request, "You had switched to another mode or organisation. Nothing was saved.")
        return redirect("dashboard:settings-notifications")
    asked = {type: request.POST.get(_field(type), "off") for type in TOPICS}
    operations.choose(
        member_id=seat.member.id,
        organisation_id=seat.organisation.id,
        livemode=seat.livemode,
        cadence={type: how for type, how in asked.items() if how in (INSTANT, DAILY)},
        by=seat.by,
        at=clock.now(),
    )
    messages.success(request, "Saved.")
    return redirect("dashboard:settings-notifications")


def _own(seat: Seat) -> Endpoint:
    return operations.mailbox(
        member_id=seat.member.id,
        organisation_id=seat.organisation.id,
        livemode=seat.livemode,
        by=seat.by,
        at=clock.now(),
    )


def _field(event_type: str) -> str:
    return f"tell-{event_type.replace('.', '-')}"


# --- what a link in a mail opens


class Place(NamedTuple):
    """A page, and the organisation and mode it belongs to."""

    organisation: Organisation
    livemode: bool
    address: str


@page
def open_link(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """The page about an event or a member's own notifications. One in another organisation or mode asks first."""
    place = _place(seat, plain(public_id))
    if place is None:
        raise Http404
    if (place.organisation.id, place.livemode) == (seat.organisation.id, seat.livemode):
        return redirect(place.address)
    if request.method != "POST":
        return render(request, "dashboard/open.html", {"place": place})
    request.session["organisation"], request.session["livemode"] = place.organisation.id, place.livemode
    return redirect(place.address)


def _place(seat: Seat, public_id: str) -> Place | None:
    """None for what belongs to nobody here, or to an organisation this person is no member of."""
    theirs = {row.id: row for row in (seat.organisation, *seat.others)}
    found: Event | Endpoint | None
    if public_id.startswith("wh_"):
        members = Member.objects.filter(user_id=seat.member.user_id).values_list("id", flat=True)
        own = Endpoint.objects.filter(kind=Endpoint.Kind.EMAIL, member_id__in=list(members))
        found, address = own.filter(id=public_id).first(), reverse("dashboard:settings-notifications")
    else:
        public = Event.objects.filter(sequence__isnull=False, organisation_id__in=theirs)
        found = public.filter(id=public_id).first()
        address = _page_about(found) if found else ""
    if found is None or found.organisation_id not in theirs:
        return None
    return Place(theirs[found.organisation_id], found.livemode, address)


def _page_about(event: Event) -> str:
    if event.case_id:
        return reverse("dashboard:campaigns-case", args=[event.case_id])
    if event.campaign_id:
        return reverse("dashboard:campaigns-detail", args=[event.campaign_id])
    if event.type.startswith("endpoint."):
        return reverse("dashboard:webhooks")
    if event.type.startswith("statement."):
        return reverse("dashboard:statements")
    return reverse("dashboard:events-detail", args=[event.id])


@never_cache
@csrf_exempt  # the token is the authority, and a mail program that presses for its reader has no cookie (RFC 8058)
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop all of a member's mails in one mode, without signing in: a page with a button."""
    mailbox = operations.stoppable(plain(token))
    if mailbox is None:
        return render(request, "dashboard/notifications_stop.html", {"gone": True}, status=404)
    if request.method == "POST":
        operations.stop(endpoint_id=mailbox.id, at=clock.now())
        mailbox.cadence = {}
    return render(request, "dashboard/notifications_stop.html", {"mailbox": mailbox})
