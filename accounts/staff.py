"""The door of the ops admin: the same sign-in as everybody's, with its limits and second factors, for staff only."""

from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def may_enter(request: HttpRequest) -> bool:
    """Active staff; with ADMIN_REQUIRE_MFA only those with a second factor, which signing in then asked for."""
    user = request.user
    staff = bool(user.is_active and getattr(user, "is_staff", False))
    return staff and (not settings.ADMIN_REQUIRE_MFA or get_adapter().is_mfa_enabled(user))


def enter(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """In place of the admin's own login page, which would know neither limit nor second factor."""
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    inside = wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(inside)
    if may_enter(request):
        return redirect(inside)
    if not getattr(request.user, "is_staff", False):
        raise PermissionDenied
    messages.error(request, "The admin asks for a second factor. Add an authenticator app or a passkey first.")
    return redirect("mfa_index")
