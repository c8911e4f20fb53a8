"""Signing up and signing in: allauth's forms with our fields, labels and words."""

from typing import Any

from allauth.account.forms import LoginForm, SignupForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.http import HttpRequest

from agentcollect.kit import db


class SignInForm(LoginForm):
    """E-mail and password. The field keeps the name `username`, which password managers and scripts know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"
        self.fields["password"].help_text = ""

    def add_prefix(self, field_name: str) -> str:
        return super().add_prefix("username" if field_name == "login" else field_name)


class SignUpForm(SignupForm):
    """Who you are. Your organisation is asked for once the address is verified, so that a known person attests."""

    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    field_order = ["name", "email", "password1"]
    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Work e-mail"
        self.fields["password1"].help_text = "At least ten characters. A sentence is easier to remember than a riddle."

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def try_save(self, request: HttpRequest) -> Any:
        """An address that has a login already takes as long as a new one, and the page that follows is the same."""
        if not self.account_already_exists:
            try:
                with db.atomic():
                    return super().try_save(request)
            except IntegrityError:  # signed up in the same instant
                self.account_already_exists = True
        get_user_model()().set_password(self.cleaned_data["password1"])
        return super().try_save(request)


class PasskeyForm(AddWebAuthnForm):
    """A passkey always signs in by itself: it proves the device and, by its PIN or finger, the person."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name"
        self.fields["name"].help_text = "Such as “Work laptop”, to tell it from others."
        self.fields["name"].widget.attrs["maxlength"] = "60"
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].label = "It signs me in alone, without a password"
        self.fields["passwordless"].help_text = "Untick it for a security key that only follows the password."
