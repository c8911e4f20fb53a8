"""Fees: by the age at placement, to the last unit, given back with the money, and never charged twice."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Contact
from campaigns.operations import FoundContact
from events.models import Event
from payments import operations, rules
from payments.models import FeeEntry, FeeSchedule, Payment
from payments.operations import fees
from tests import factories
from tests.payments import fees_world as world
from tests.payments.fees_world import PLACED, TIERS, bare, creditor, day, give_back, invoice, lines, pay

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("placed_at", "due_on", "zone", "age"),
    [
        (PLACED, date(2026, 1, 10), NEW_YORK, 36),
        (PLACED, date(2026, 3, 1), NEW_YORK, -14),
        (PLACED, None, NEW_YORK, 0),
        # Still the day before in New York, already the day after in Tokyo.
        (datetime(2026, 2, 15, 3, 0, tzinfo=UTC), date(2026, 2, 14), NEW_YORK, 0),
        (datetime(2026, 2, 15, 16, 0, tzinfo=UTC), date(2026, 2, 14), "Asia/Tokyo", 2),
    ],
)
def test_the_age_is_counted_in_days_of_the_creditors_calendar(placed_at: Any, due_on: Any, zone: str, age: int) -> None:
    assert rules.age_at_placement(placed_at, due_on, zone) == age


@pytest.mark.parametrize(
    ("age", "points"), [(-400, 1500), (0, 1500), (90, 1500), (91, 2000), (180, 2000), (181, 2500), (9_999, 2500)]
)
def test_a_tier_reaches_up_to_and_including_its_day(age: int, points: int) -> None:
    assert rules.tier_points(TIERS, age) == points
    assert rules.tier_points([], age) == 0


@pytest.mark.parametrize(
    ("basis", "points", "fee"),
    [
        (1_500_000, 2000, 300_000),  # 20 % of $15,000.00
        (33_330, 2500, 8_332),  # 8,332.5 cents: to the even one
        (33_338, 2500, 8_334),  # 8,334.5
        (10, 500, 0),  # half a cent: to nothing
        (30, 500, 2),  # one and a half: to two
        (999, 1500, 150),  # ¥999: 149.85
        (1_234_567, 1750, 216_049),  # 1,234.567 KWD: 216.049225
        (0, 2500, 0),
    ],
)
def test_a_share_is_rounded_half_to_even(basis: int, points: int, fee: int) -> None:
    assert rules.share(basis, points) == fee


@pytest.mark.parametrize(
    ("text", "tiers"),
    [
        ("90: 15\n180: 20 %\nolder: 25%", TIERS),
        ("older: 2.75", [{"up_to_days": None, "basis_points": 275}]),
        ("", []),
    ],
)
def test_tiers_are_typed_a_line_each(text: str, tiers: list[dict[str, Any]]) -> None:
    assert rules.read_tiers(text) == tiers


@pytest.mark.parametrize(
    "text",
    ["90: 15", "older: 25\n90: 15", "90: 15\n90: 20\nolder: 25", "90 15", "older: 101", "older: x", "-1: 3", "²: 3"],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rules.read_tiers(text)


# --- charged


@pytest.mark.django_db
def test_the_worked_example_to_the_cent() -> None:
    organisation = creditor()
    paid = world.march(organisation)
    assert lines(organisation) == world.MARCH_LINES
    charged = {number: Payment.objects.get(id=payment.id).success_fee_minor for number, payment in paid.items()}
    # What stands: of INV-1002 300.01 + 7.50, of the returned one nothing.
    assert charged == {"INV-1001": 150_000, "INV-1002": 30_751, "INV-1003": 8_332, "INV-1004": 0}
    told = Event.objects.filter(type="payment.received").order_by("sequence")
    assert [event.data["breakdown"]["success_fee"] for event in told] == [1500, 60, 512.52, 83.32]
    assert [event.data["breakdown"]["net"] for event in told] == [8500, 340, 1987.58, 249.98]
    entry = FeeEntry.objects.get(payment_id=paid["INV-1002"].id, kind="success", amount_minor__gt=0)
    assert (entry.age_days, entry.basis_points, entry.currency) == (107, 2000, "USD")


@pytest.mark.django_db
def test_without_a_schedule_nothing_is_charged_and_nothing_written() -> None:
    organisation = factories.organisation(timezone=NEW_YORK)
    world.agree(organisation, effective_at=day(4))  # agreed, and not in force yet
    payment = pay(invoice(organisation, "INV-1", date(2026, 1, 10), 10_000), 10_000, day(3))
    operations.reverse(payment_id=payment.id, reason="R10", by="processor", at=day(5))
    assert lines(organisation) == []
    assert Payment.objects.get().success_fee_minor == 0


@pytest.mark.django_db
def test_the_schedule_in_force_when_money_comes_decides_and_the_first_one_when_it_comes_again() -> None:
    organisation = creditor()
    world.agree(organisation, effective_at=day(10), tiers=[{"up_to_days": None, "basis_points": 3000}])
    row = invoice(organisation, "INV-1", date(2026, 1, 10), 30_000)
    first = pay(row, 10_000, day(9))
    operations.reverse(payment_id=first.id, reason="dispute", reference="du_1", by="processor", at=day(11))
    operations.reinstate(payment_id=first.id, reference="du_1", by="processor", at=day(12))
    pay(row, 10_000, day(13))
    assert lines(organisation) == [
        ("success", 10_000, 1_500),
        ("success", -10_000, -1_500),
        ("success", 10_000, 1_500),
        ("success", 10_000, 3_000),
    ]
    assert Payment.objects.get(id=first.id).success_fee_minor == 1_500


@pytest.mark.django_db
def test_credit_that_no_invoice_took_bears_no_fee() -> None:
    organisation = creditor()
    pay(invoice(organisation, "INV-1", date(2026, 1, 10), 10_000), 12_500, day(3))
    assert lines(organisation) == [("success", 10_000, 1_500)]


@pytest.mark.django_db
def test_told_twice_is_charged_once_and_given_back_once() -> None:
    organisation = creditor()
    row = invoice(organisation, "INV-1", date(2026, 1, 10), 10_000)
    payment = bare(row, 10_000)
    said = {"payment": payment, "case": row, "by": "test", "at": day(3)}
    assert fees.earned(minor=10_000, **said) == 1_550
    assert fees.earned(minor=10_000, **said) == 0
    assert fees.given_back(minor=4_000, cause="rfd_1", **said) == 620
    assert fees.given_back(minor=4_000, cause="rfd_1", **said) == 0
    # More than stands goes back as all that stands.
    assert fees.given_back(minor=99_000, cause="rvs_1", **said) == 930
    assert sum(amount for _, _, amount in lines(organisation)) == 0


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_goes_back_whole_leaves_exactly_nothing(data: st.DataObject) -> None:
    """However it goes back, in whatever parts and currency: at each step the fee is the share of what stands, and at
    the end it is 0; what comes again earns the same."""
    currency = data.draw(st.sampled_from(["USD", "JPY", "KWD"]))
    points = data.draw(st.integers(1, 10_000))
    amount = data.draw(st.integers(1, 10**9))
    tiers = [{"up_to_days": None, "basis_points": points}]
    organisation = creditor(terms={"tiers": tiers, "card_basis_points": data.draw(st.integers(0, 500))})
    row = invoice(organisation, "INV-1", date(2026, 1, 10), amount, currency=currency)
    payment = bare(row, amount)
    said = {"payment": payment, "case": row, "by": "test", "at": day(3)}
    first = charged = fees.earned(minor=amount, **said)
    left = amount
    for number in range(6):
        part = data.draw(st.integers(1, left)) if left > 1 and number < 5 else left
        charged -= fees.given_back(minor=part, cause=f"rfd_{number}", **said)
        left -= part
        stands = FeeEntry.objects.filter(payment_id=payment.id, kind="success")
        assert sum(e.basis_minor for e in stands) == left
        assert sum(e.amount_minor for e in stands) == rules.share(left, points)
    assert charged == 0 == sum(amount for _, _, amount in lines(organisation))
    assert fees.earned(minor=amount, **said) == first


@pytest.mark.django_db
def test_a_part_too_small_to_change_the_fee_is_counted_all_the_same() -> None:
    organisation = creditor()
    row = invoice(organisation, "INV-1", date(2026, 1, 10), 1_000)
    payment = pay(row, 1_000, day(3), source="reported")
    for number in range(4):  # 15 % of 999, 998, 997, 996 cents: 149.85, 149.7, 149.55, 149.4
        give_back(payment, 1, day(4 + number))
    assert [amount for _, _, amount in lines(organisation)] == [150, 0, 0, 0, -1]


@pytest.mark.django_db
def test_who_was_found_is_charged_for_once_and_who_was_given_never() -> None:
    organisation = creditor()
    row = invoice(organisation, "INV-1", date(2026, 1, 10), 10_000)
    person = FoundContact("Ann", "CFO", "c_level", "ann@acme.example", "valid", 2, 90, ["a", "b"])
    found = campaigns.add_contacts(debtor=row.debtor, found=[person], by="engine", at=day(3))
    assert fees.discovered(contacts=found, by="engine", at=day(3)) == 400
    assert fees.discovered(contacts=list(Contact.objects.all()), by="engine", at=day(4)) == 0
    assert lines(organisation) == [("discovery", 0, 400)]
    assert FeeEntry.objects.get().cause == found[0].id and fees.discovered(contacts=[], by="engine", at=day(3)) == 0


@pytest.mark.django_db
def test_the_database_keeps_each_fee_once_and_as_it_was() -> None:
    organisation = creditor()
    payment = pay(invoice(organisation, "INV-1", date(2026, 1, 10), 10_000), 10_000, day(3))
    entry = FeeEntry.objects.get()
    again = {name: getattr(entry, name) for name in ("organisation_id", "livemode", "case_id", "kind", "cause")}
    more = {"currency": "USD", "actor": "x", "created_at": day(3), "recorded_at": day(3)}
    with pytest.raises(IntegrityError, match=r"fee_entry_once|UNIQUE"), db.atomic():
        FeeEntry.objects.create(**again, **more, amount_minor=1)
    with pytest.raises(IntegrityError, match=r"fee_entry_not_nothing|CHECK"), db.atomic():
        FeeEntry.objects.create(**again | {"cause": payment.id + "x"}, **more, amount_minor=0)
    with pytest.raises(Exception, match=r"append-only|never changed"), db.atomic():
        FeeEntry.objects.update(amount_minor=1)


# --- agreed


TERMS = {"tiers": TIERS, "card_basis_points": 50, "discovery_minor": 400, "currency": "USD", "effective_at": None}


@pytest.mark.django_db
def test_what_is_agreed_is_in_force_from_its_moment_on_and_audited() -> None:
    organisation = factories.organisation()
    row = fees.agree(organisation_id=organisation.id, **TERMS, by="ops:kim", at=day(3))
    assert fees.in_force(organisation.id, day(3)) == row and fees.in_force(organisation.id, day(2)) is None
    event = Event.objects.get(type="organisation.fees_agreed")
    assert (event.actor, event.livemode, event.data["tiers"]) == ("ops:kim", True, TIERS)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"tiers": TIERS[:2]}, "tiers"),
        ({"tiers": [{"up_to_days": None, "basis_points": 10_001}]}, "tiers"),
        ({"card_basis_points": 10_001}, "card_basis_points"),
        ({"discovery_minor": -1}, "discovery_minor"),
        ({"currency": "XAU"}, "currency"),
        ({"effective_at": day(2)}, "effective_at"),
        ({"effective_at": day(4)}, "effective_at"),
    ],
)
def test_what_cannot_be_agreed(wrong: dict[str, Any], param: str) -> None:
    organisation = factories.organisation()
    fees.agree(organisation_id=organisation.id, **TERMS | {"effective_at": day(4)}, by="ops:kim", at=day(3))
    with pytest.raises(ApiError) as refused:
        fees.agree(organisation_id=organisation.id, **TERMS | wrong, by="ops:kim", at=day(3))
    assert [fault.param for fault in refused.value.errors] == [param]
    assert FeeSchedule.objects.count() == 1


@pytest.mark.django_db
def test_the_admin_shows_what_tiers_mean_before_it_saves_and_changes_nothing_after(admin_client: Any) -> None:
    organisation = factories.organisation()
    add = "/admin/payments/feeschedule/add/"
    form = {
        "organisation": organisation.id,
        "effective_at_0": "",
        "effective_at_1": "",
        "tiers": "90: 15\nolder: 25",
        "card_basis_points": "50",
        "discovery_minor": "400",
        "currency": "USD",
    }
    shown = admin_client.post(add, form).content.decode()
    assert "Invoices placed 91 days past due and older: 25% of what is collected ($250.00 of $1,000.00)." in shown
    assert not FeeSchedule.objects.exists()
    assert admin_client.post(add, form | {"tiers": "90: 15", "confirmed": "on"}).status_code == 200
    assert not FeeSchedule.objects.exists()
    assert admin_client.post(add, form | {"confirmed": "on"}).status_code == 302
    row = FeeSchedule.objects.get()
    assert row.actor.startswith("ops:") and row.card_basis_points == 50
    page = f"/admin/payments/feeschedule/{row.id}/change/"
    assert "For each contact that is found: $4.00." in admin_client.get(page).content.decode()
    assert admin_client.post(page, form | {"tiers": "older: 1", "confirmed": "on"}).status_code == 403
    for model in ("feeentry", "statement"):
        assert admin_client.get(f"/admin/payments/{model}/").status_code == 200
        assert admin_client.get(f"/admin/payments/{model}/add/").status_code == 403
