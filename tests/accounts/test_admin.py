"""The ops admin of this room: it shows no secret, changes nothing by form, and its buttons call operations."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import RequestFactory

from accounts import queries
from accounts.models import ApiKey, Member, Organisation, User
from events.models import Event
from tests import factories


@pytest.fixture
def request_(db: None, rf: RequestFactory) -> Any:
    request = rf.get("/admin")
    request.user = User.objects.create_superuser("ops@example.com", "x" * 12)
    request._messages = type("Quiet", (), {"add": lambda *_: None})()
    return request


def test_forms_change_nothing_and_show_no_secret(request_: Any) -> None:
    for model in (User, Organisation, Member, ApiKey):
        shown = admin.site.get_model_admin(model)
        assert not shown.has_add_permission(request_)
        assert not shown.has_change_permission(request_)
        assert not shown.has_delete_permission(request_)
        fields = shown.get_fields(request_, model())
        assert not {"password", "digest"} & set(fields)


def test_the_buttons_act_and_say_who_pressed(request_: Any) -> None:
    creditor = factories.organisation(live_approved=False)
    key = factories.api_key(creditor)
    keys, organisations = admin.site.get_model_admin(ApiKey), admin.site.get_model_admin(Organisation)
    assert "revoke" in keys.get_actions(request_)
    keys.revoke(request_, ApiKey.objects.all())
    organisations.approve_live(request_, Organisation.objects.all())
    row = queries.key_by_text(key)
    assert row
    assert row.revoked_at
    assert Organisation.objects.get().live_approved
    pressed = Event.objects.filter(actor="ops:ops@example.com").values_list("type", flat=True)
    assert set(pressed) == {"key.revoked", "organisation.live_approved"}


def test_who_may_only_look_gets_no_buttons(request_: Any) -> None:
    request_.user.is_superuser = False
    for model, name in ((ApiKey, "revoke"), (Organisation, "approve_live")):
        assert name not in admin.site.get_model_admin(model).get_actions(request_)
