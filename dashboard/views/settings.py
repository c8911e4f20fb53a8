"""The organisation's own facts, and the way to live mode."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import operations
from agentcollect.kit import clock
from dashboard.access import KEYS, Seat, action, page
from dashboard.forms.organisation import IdentityForm, OfferPolicyForm
from dashboard.views.common import press


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    return render(request, "dashboard/settings.html", _shown(seat, _form(seat)))


@action(KEYS)
def save(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = _form(seat, request.POST)
    if not form.is_valid():
        return render(request, "dashboard/settings.html", _shown(seat, form))
    said = form.cleaned_data
    operations.change_identity(
        organisation_id=seat.organisation.id,
        legal_name=said["legal_name"],
        postal_address=said["postal_address"],
        timezone=said["timezone"],
        attested=bool(said.get("attested")),
        by=seat.by,
        at=clock.now(),
    )
    messages.success(request, "Saved. Campaigns that run keep the brand they were made with.")
    return redirect("dashboard:settings")


@action(KEYS)
def verify_webhooks(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Ask new webhook addresses for a challenge, or no longer."""
    on = request.POST.get("on") == "yes"
    press(
        request,
        "New webhook addresses must answer a challenge." if on else "New webhook addresses are taken as they are.",
        lambda: operations.verify_webhooks(organisation_id=seat.organisation.id, on=on, by=seat.by, at=clock.now()),
    )
    return redirect("dashboard:settings")


# What may wait for a person, in the words of the page (accounts.operations.control.APPROVALS).
APPROVALS = {
    "first_message": "The first message of each campaign",
    "first_per_debtor": "The first message to each debtor",
    "always": "Every message",
    "none": "None: they are sent when they are due",
}


@action(KEYS)
def approval(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Which messages wait for a person in live mode, in campaigns that do not say."""
    asked = {"organisation_id": seat.organisation.id, "approval": request.POST.get("approval", "")}
    press(request, "Saved.", lambda: operations.set_approval(**asked, by=seat.by, at=clock.now()))
    return redirect("dashboard:settings")


@action(KEYS)
def offer_policy(request: HttpRequest, seat: Seat) -> HttpResponse:
    """What debtors who ask for time are granted, in campaigns that do not say."""
    form = OfferPolicyForm(seat.organisation, request.POST)
    if not form.is_valid():
        return render(request, "dashboard/settings.html", _shown(seat, _form(seat)) | {"offers": form}, status=422)
    asked = {"organisation_id": seat.organisation.id, "offer_policy": form.policy()}
    done = "Saved. It counts from the next promise, plan, settlement or objection on; what was agreed stands."
    press(request, done, lambda: operations.set_offer_policy(**asked, by=seat.by, at=clock.now()))
    return redirect("dashboard:settings")


@action(KEYS)
def sign_mandate(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Sign the mandate by name: a person's act, which no key can do (LAW.md, R-37)."""
    name = " ".join(request.POST.get("signed_by", "").split())[:200]
    if len(name.split()) < 2:
        messages.error(request, "Type your first and last name to sign. Nothing was signed.")
        return redirect("dashboard:settings")
    asked = {"organisation_id": seat.organisation.id, "signed_by": name}
    press(request, "Signed.", lambda: operations.sign_mandate(**asked, by=seat.by, at=clock.now()))
    return redirect("dashboard:settings")


@action(KEYS)
def request_live(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Ask operations for live mode."""
    press(
        request,
        "Asked. We look at who you are and whom you contact, and open live mode; until then test mode is all yours.",
        lambda: operations.request_live(organisation_id=seat.organisation.id, by=seat.by, at=clock.now()),
    )
    return redirect("dashboard:settings")


def _form(seat: Seat, data: object = None) -> IdentityForm:
    """The attestation is asked for where none stands; it is not taken back here."""
    row = seat.organisation
    present = {"legal_name": row.legal_name, "postal_address": row.postal_address, "timezone": row.timezone}
    form = IdentityForm(data, initial=present)
    if row.attested_class:
        del form.fields["attested"]
    return form


def _shown(seat: Seat, form: IdentityForm) -> dict[str, object]:
    missing = operations.missing_for_live(seat.organisation)
    return {
        "form": form,
        "missing": missing,
        "approvals": APPROVALS.items(),
        "mandate": operations.MANDATE,
        "offers": OfferPolicyForm(seat.organisation),
    }
