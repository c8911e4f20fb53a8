"""Where debtors' money goes. Two owners, three days, and a mail to everybody: payments.operations.remitting."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.models import Member
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import Role, Seat, action, page
from dashboard.forms.bank import BankAccountForm, StripeForm
from dashboard.views.common import plain, press
from payments import operations
from payments.models import RemitTo

OWNERS = frozenset({Role.OWNER})
_FORMS: dict[str, type[forms.Form]] = {RemitTo.Kind.BANK: BankAccountForm, RemitTo.Kind.STRIPE: StripeForm}
# The session's own: an account begun at Stripe and not proposed yet.
_BEGUN = "stripe_account"
_OVER = (RemitTo.Status.REPLACED, RemitTo.Status.CANCELLED)


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _shown(request, seat)


def _shown(
    request: HttpRequest,
    seat: Seat,
    status: int = 200,
    *,
    stripe_url: str = "",
    filled: dict[str, forms.Form] | None = None,
) -> HttpResponse:
    rows = list(seat.rows(RemitTo).order_by("-created_at", "-id")[:50])
    owners = Member.objects.filter(organisation_id=seat.organisation.id, role=Role.OWNER, user__is_active=True)
    currency = {"currency": seat.organisation.currency}
    given = filled or {}
    shown: dict[str, Any] = {
        "active": [row for row in rows if row.status == RemitTo.Status.ACTIVE],
        "waiting": [row for row in rows if row.status in (RemitTo.Status.PROPOSED, RemitTo.Status.APPROVED)],
        "over": [row for row in rows if row.status in _OVER],
        "owners": owners.count(),
        "is_owner": seat.member.role == Role.OWNER,
        "bank": given.get("bank") or BankAccountForm(initial=currency),
        "stripe": given.get("stripe") or StripeForm(initial={"account": request.session.get(_BEGUN, "")}),
        "stripe_url": stripe_url,
        "may_connect": operations.may_connect(livemode=seat.livemode),
    }
    return render(request, "dashboard/money.html", shown, status=status)


@action(OWNERS)
@reauthentication_required
def propose(request: HttpRequest, seat: Seat, kind: str) -> HttpResponse:
    """Propose an account; what is wrong with it stands beside its field."""
    form = _FORMS[kind](request.POST)
    if not form.is_valid():
        return _shown(request, seat, 422, filled={kind: form})
    try:
        if kind == RemitTo.Kind.STRIPE and operations.may_connect(livemode=seat.livemode):
            operations.check_stripe(organisation_id=seat.organisation.id, account=form.cleaned_data["account"].strip())
        row = operations.propose_remit_to(
            member=seat.member,
            livemode=seat.livemode,
            kind=kind,
            currency=form.cleaned_data.get("currency", ""),
            given={name: str(value) for name, value in form.cleaned_data.items()},
            at=clock.now(),
        )
    except ApiError as refused:
        for fault in refused.errors:
            form.add_error(fault.param if fault.param in form.fields else None, fault.message)
        if not refused.errors:
            form.add_error(None, refused.message)
        return _shown(request, seat, 422, filled={kind: form})
    said = "In force, as test mode moves no money." if row.status == RemitTo.Status.ACTIVE else "Proposed."
    messages.success(request, said if not seat.livemode else f"{said} Another owner must approve it.")
    return redirect("dashboard:settings-money")


@action(OWNERS)
@reauthentication_required
def connect(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Begin, or go on with, an account at Stripe: its owner fills it in there, and proposes it here afterwards.

    The address is shown as a link: the policy of these pages lets no form lead elsewhere.
    """
    if not operations.may_connect(livemode=seat.livemode):
        raise Http404
    here = settings.PUBLIC_URL + reverse("dashboard:settings-money")
    try:
        link = operations.connect_stripe(
            organisation_id=seat.organisation.id,
            account=request.session.get(_BEGUN, ""),
            refresh_url=here,
            return_url=here,
        )
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect("dashboard:settings-money")
    request.session[_BEGUN] = link.account
    return _shown(request, seat, stripe_url=link.url)


@action(OWNERS)
@reauthentication_required
def approve(request: HttpRequest, seat: Seat, remit_to_id: str) -> HttpResponse:
    _press(request, seat, remit_to_id, "Approved. It is in force in 72 hours.", operations.approve_remit_to)
    return redirect("dashboard:settings-money")


@action(OWNERS)
@reauthentication_required
def cancel(request: HttpRequest, seat: Seat, remit_to_id: str) -> HttpResponse:
    _press(request, seat, remit_to_id, "Cancelled. Nothing has changed.", operations.cancel_remit_to)
    return redirect("dashboard:settings-money")


def _press(request: HttpRequest, seat: Seat, remit_to_id: str, done: str, operation: Any) -> None:
    named = {"remit_to_id": plain(remit_to_id), "livemode": seat.livemode, "at": clock.now()}
    press(request, done, lambda: operation(member=seat.member, **named))
