"""Where the money goes: two owners, three days, a mail at each step; never one person, never a key."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError

from accounts.models import Member, Organisation
from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from events.models import Event
from payments import operations, queries
from payments.models import RemitTo
from payments.rules import remitting
from tests import factories
from tests.dashboard import world
from tests.payments.agreed import AT

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=72)
GERMAN = {
    "holder": "Acme Tools GmbH",
    "bank": "Commerzbank",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "COBADEFFXXX",
}
AMERICAN = {"holder": "Acme Tools Inc.", "bank": "Chase", "routing": "021000021", "account": "1234-5678 90"}


@pytest.fixture(autouse=True)
def _smtp(settings: Any) -> None:
    settings.SYSTEM_MAIL, settings.PUBLIC_URL = "smtp", "https://app.example.com"


@pytest.fixture
def organisation() -> Organisation:
    return factories.organisation("Acme Tools")


def owner(organisation: Organisation, name: str = "one", role: str = "owner") -> Member:
    return world.member(organisation, role, email=f"{name}@example.com")


def propose(member: Member, livemode: bool = True, **more: Any) -> RemitTo:
    asked: dict[str, Any] = {"kind": "bank", "currency": "EUR", "given": GERMAN, "at": AT, **more}
    return operations.propose_remit_to(member=member, livemode=livemode, **asked)


def told() -> list[tuple[str, str]]:
    """Who got which subject since last asked."""
    operations.tell_remit_to(at=AT)
    found = [(one.to[0].partition("@")[0], str(one.subject)) for one in mail.outbox]
    mail.outbox.clear()
    return found


def in_force(organisation: Organisation, currency: str = "EUR", livemode: bool = True) -> str:
    found = queries.remit_to(organisation_id=organisation.id, livemode=livemode, currency=currency)
    return found.id if found else ""


def test_two_owners_three_days_and_three_mails(organisation: Organisation) -> None:
    one, two = owner(organisation), owner(organisation, "two")
    owner(organisation, "admin", "admin")
    row = propose(one)
    assert row.details == GERMAN | {"iban": "DE89370400440532013000"}
    assert told() == [(who, "Somebody proposes to send your debtors' money elsewhere") for who in ("one", "two")]
    named = {"remit_to_id": row.id, "livemode": True}
    operations.approve_remit_to(member=two, **named, at=AT)
    assert told() == [(who, "Your debtors' money will go elsewhere in 72 hours") for who in ("one", "two")]
    assert operations.activate_remit_to(at=AT + HOURS - timedelta(seconds=1)) == 0
    assert in_force(organisation) == ""
    assert operations.activate_remit_to(at=AT + HOURS) == 1
    assert in_force(organisation) == row.id
    assert told() == [(who, "Your debtors' money goes to a new account from now on") for who in ("one", "two")]
    assert told() == [] and operations.activate_remit_to(at=AT + 2 * HOURS) == 0
    noted = Event.objects.filter(type__startswith="remit_to").order_by("created_at", "id")
    assert list(noted.values_list("type", "actor")) == [
        ("remit_to.proposed", f"member:{one.id}"),
        ("remit_to.approved", f"member:{two.id}"),
        ("remit_to.active", "engine"),
    ]
    assert {event.data["last_four"] for event in noted} == {"3000"}


def test_a_mail_says_who_and_where_and_not_the_whole_number(organisation: Organisation) -> None:
    propose(owner(organisation))
    operations.tell_remit_to(at=AT)
    body = str(mail.outbox[0].body)
    assert "ending in 3000 (EUR)" in body and "one@example.com" in body and "0532" not in body
    assert "https://app.example.com/dashboard/settings/money" in body


def test_nobody_approves_their_own_and_none_but_owners(organisation: Organisation) -> None:
    one, admin = owner(organisation), owner(organisation, "admin", "admin")
    foreign = owner(factories.organisation(), "foreign")
    row = propose(one)
    for member, code in ((one, "forbidden"), (admin, "forbidden"), (foreign, "not_found")):
        with pytest.raises(ApiError) as refused:
            operations.approve_remit_to(member=member, remit_to_id=row.id, livemode=True, at=AT)
        assert refused.value.code == code
    with pytest.raises(ApiError):
        propose(admin)
    two = owner(organisation, "two")
    with pytest.raises(ApiError):
        operations.approve_remit_to(member=two, remit_to_id=row.id, livemode=False, at=AT)
    operations.approve_remit_to(member=two, remit_to_id=row.id, livemode=True, at=AT)
    with pytest.raises(ApiError, match="waits for nobody"):
        operations.approve_remit_to(member=two, remit_to_id=row.id, livemode=True, at=AT)


@pytest.mark.parametrize("approved", [False, True])
def test_any_owner_stops_it_before(organisation: Organisation, approved: bool) -> None:
    one, two = owner(organisation), owner(organisation, "two")
    row = propose(one)
    if approved:
        operations.approve_remit_to(member=two, remit_to_id=row.id, livemode=True, at=AT)
    told()
    operations.cancel_remit_to(member=two, remit_to_id=row.id, livemode=True, at=AT)
    assert [who for who, _ in told()] == ["one", "two"]
    assert operations.activate_remit_to(at=AT + HOURS) == 0 and in_force(organisation) == ""
    with pytest.raises(ApiError, match="nothing is left to cancel"):
        operations.cancel_remit_to(member=one, remit_to_id=row.id, livemode=True, at=AT)


def test_one_change_at_a_time_and_the_old_one_until_then(organisation: Organisation) -> None:
    one, two = owner(organisation), owner(organisation, "two")
    first = propose(one)
    with pytest.raises(ApiError, match="waits already"):
        propose(two)
    operations.approve_remit_to(member=two, remit_to_id=first.id, livemode=True, at=AT)
    operations.activate_remit_to(at=AT + HOURS)
    second = propose(two, given=GERMAN | {"bank": "Another Bank"})
    operations.approve_remit_to(member=one, remit_to_id=second.id, livemode=True, at=AT + HOURS)
    assert in_force(organisation) == first.id
    operations.activate_remit_to(at=AT + 2 * HOURS)
    assert in_force(organisation) == second.id
    first.refresh_from_db()
    assert first.status == "replaced"
    assert in_force(organisation, "USD") == "" and in_force(organisation, livemode=False) == ""


def test_test_mode_is_at_once_and_tells_nobody(organisation: Organisation) -> None:
    one = owner(organisation)
    first = propose(one, livemode=False)
    second = propose(one, livemode=False, given=AMERICAN, currency="USD")
    third = propose(one, livemode=False)
    assert (in_force(organisation, livemode=False), in_force(organisation, "USD", False)) == (third.id, second.id)
    first.refresh_from_db()
    assert first.status == "replaced" and told() == []
    assert second.details["account"] == "1234567890"


def test_a_processors_account(organisation: Organisation) -> None:
    propose(owner(organisation), livemode=False, kind="stripe", given={"account": " acct_1A2b3C4d5E6f7G "})
    assert queries.stripe_account(organisation.id, False) == "acct_1A2b3C4d5E6f7G"
    assert queries.stripe_account(organisation.id, True) == ""
    assert in_force(organisation, livemode=False) == ""


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (GERMAN, []), (AMERICAN, []), ({}, ["bank", "bic", "holder", "iban"]),
        (GERMAN | {"iban": "DE89370400440532013001"}, ["iban"]), (GERMAN | {"bic": "COBA"}, ["bic"]),
        (GERMAN | {"routing": "021000021"}, ["account", "iban"]), (GERMAN | {"account": "12345"}, ["account"]),
        (AMERICAN | {"routing": "021000022"}, ["routing"]), (AMERICAN | {"account": "12"}, ["account"]),
        (AMERICAN | {"account": "١٢٣٤٥"}, ["account"]), (GERMAN | {"holder": " "}, ["holder"]),
    ],
)  # fmt: skip
def test_check_digits(given: dict[str, str], fields: list[str]) -> None:
    assert sorted(remitting.bank_details(given)[1]) == fields


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"currency": "XXX"}, ["currency"]), ({"given": AMERICAN}, ["currency"]),
        ({"kind": "stripe", "given": {"account": "acct_'; --"}}, ["account"]),
    ],
)  # fmt: skip
def test_what_is_no_account(organisation: Organisation, more: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(ApiError) as refused:
        propose(owner(organisation), **more)
    assert [one.param for one in refused.value.errors] == fields
    assert not RemitTo.objects.exists()


def test_a_mail_server_that_is_down_is_asked_again(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(owner(organisation))
    with monkeypatch.context() as broken:
        broken.setattr("payments.operations.remitting.send_mail", lambda *_: (_ for _ in ()).throw(OSError("down")))
        assert operations.tell_remit_to(at=AT) == 0
    assert len(told()) == 1


def test_the_database_keeps_one_in_force(organisation: Organisation) -> None:
    row = propose(owner(organisation), livemode=False)
    row.pk = "rmt_another"
    with pytest.raises(IntegrityError), db.atomic():
        row.save(force_insert=True)
