"""Allocation, breakdown, days and colours, as pure functions."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from agentcollect.kit import money
from payments import rules
from payments.providers.base import ChargeRequest, Instrument
from payments.providers.sandbox import SandboxProcessor
from payments.rules import Open

minor = st.integers(min_value=1, max_value=10**11)
open_items = st.lists(
    st.builds(Open, st.sampled_from(["cas_a", "cas_b", "cas_c"]), st.sampled_from(rules.COMPONENTS), minor),
    unique_by=lambda o: (o.case_id, o.component),
)


@given(minor, open_items)
def test_parts_add_up_and_nobody_gets_more_than_is_owed(amount: int, items: list[Open]) -> None:
    parts = rules.allocate(amount, items, case_id="cas_b")
    owed = {(o.case_id, o.component): o.minor for o in items}
    assert sum(part for *_, part in parts) == amount
    assert all(part > 0 for *_, part in parts)
    assert all(part <= owed[(c, n)] for c, n, part in parts if n != rules.UNAPPLIED)
    unapplied = sum(part for _, n, part in parts if n == rules.UNAPPLIED)
    assert unapplied == max(0, amount - sum(owed.values()))


def test_this_case_first_principal_before_interest_before_fees() -> None:
    items = [
        Open("cas_b", "principal", 50),
        Open("cas_a", "fees", 7),
        Open("cas_a", "interest", 20),
        Open("cas_a", "principal", 100),
    ]
    assert rules.allocate(125, items, case_id="cas_a") == [
        ("cas_a", "principal", 100),
        ("cas_a", "interest", 20),
        ("cas_a", "fees", 5),
    ]
    assert rules.allocate(200, items, case_id="cas_a")[-2:] == [
        ("cas_b", "principal", 50),
        ("cas_a", "unapplied", 23),
    ]
    assert rules.allocate(5, [], case_id="cas_a") == [("cas_a", "unapplied", 5)]
    with pytest.raises(ValueError):
        rules.allocate(-1, [], case_id="cas_a")


kinds = st.sampled_from(["interest", "fee", "refund", "reversal", "credit_note", "adjustment", "write_off"])


@given(minor, st.lists(st.tuples(kinds, st.integers(-(10**6), 10**6)), max_size=6), st.lists(minor, max_size=6))
def test_open_components_are_the_balance(principal: int, entries: list[tuple[str, int]], payments: list[int]) -> None:
    ledger = {"principal": principal}
    for kind, amount in entries:
        ledger[kind] = ledger.get(kind, 0) + amount
    paid: dict[str, int] = {}
    for payment in payments:
        balance = sum(ledger.values()) - sum(paid.values())
        items = rules.open_components("cas_a", ledger | {"payment": -sum(paid.values())}, paid)
        assert sum(o.minor for o in items) == max(0, balance)
        for _, component, part in rules.allocate(min(payment, max(0, balance)), items, case_id="cas_a"):
            assert component != rules.UNAPPLIED
            paid[component] = paid.get(component, 0) + part


@given(minor, st.integers(0, 10**9), st.integers(0, 10**9))
def test_breakdown_adds_up(amount: int, processor_fee: int, success_fee: int) -> None:
    parts = [("principal", amount - amount // 3)] + ([("unapplied", amount // 3)] if amount // 3 else [])
    found = rules.breakdown(amount, parts, processor_fee=processor_fee, success_fee=success_fee)
    assert found["principal"] + found["interest"] + found["fees"] + found["unapplied"] == amount
    assert found["net"] == amount - processor_fee - success_fee
    with pytest.raises(ValueError):
        rules.breakdown(amount + 1, parts)


@pytest.mark.parametrize(
    ("currency", "text", "expected"), [("JPY", "1500", 1500), ("KWD", "1.234", 1234), ("USD", "1,234.5", 123450)]
)
def test_typed_amounts_by_currency(currency: str, text: str, expected: int) -> None:
    assert money.to_minor(rules.read_amount(text), currency) == expected


@pytest.mark.parametrize("text", ["", "abc", "1e3", "-5", "1,23", "1.2.3", "NaN", "١٢", "1" * 30, "0x10"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rules.read_amount(text)
    assert rules.read_amount(" $2,500.50 ") == Decimal("2500.50")


def test_days_are_those_of_the_organisation() -> None:
    enrolled = datetime(2026, 3, 5, 15, tzinfo=UTC)
    assert rules.days_to_collect(enrolled, datetime(2026, 3, 17, 14, 22, tzinfo=UTC), "America/New_York") == 12
    # 03:00 UTC on the 18th is still the evening of the 17th in New York; the 8th was 23 hours long (DST).
    assert rules.days_to_collect(enrolled, datetime(2026, 3, 18, 3, tzinfo=UTC), "America/New_York") == 12
    assert rules.days_to_collect(enrolled, datetime(2026, 3, 18, 3, tzinfo=UTC), "Asia/Tokyo") == 12
    assert rules.days_to_collect(enrolled, datetime(2026, 3, 1, tzinfo=UTC), "UTC") == 0


def test_every_status_has_its_transitions() -> None:
    from payments.models import Payment

    assert set(rules.TRANSITIONS) == set(Payment.Status.values)
    assert {then for targets in rules.TRANSITIONS.values() for then in targets} <= set(Payment.Status.values)
    assert rules.may_become("processing", "failed")
    # Money that came after all is taken; what came does not fail.
    assert rules.may_become("failed", "succeeded") and not rules.may_become("succeeded", "failed")
    assert not rules.may_become("succeeded", "failed")


@pytest.mark.parametrize(
    ("closed", "reason", "balance", "under_way", "state"),
    [
        (False, "", 100, False, "open"),
        (False, "", 100, True, "processing"),
        (True, "paid", 0, False, "paid"),
        (True, "settled", 40, False, "paid"),
        (True, "recalled", 100, False, "closed"),
        (True, "bankrupt", 0, False, "closed"),
    ],
)
def test_page_state(closed: bool, reason: str, balance: int, under_way: bool, state: str) -> None:
    found = rules.page_state(closed=closed, close_reason=reason, balance_minor=balance, under_way=under_way)
    assert found == state


# --- colours

colours = st.from_regex(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", fullmatch=True)


@given(colours, colours)
def test_any_brand_is_readable(primary: str, accent: str) -> None:
    for scheme, colors in rules.palette({"primary": primary, "accent": accent}).items():
        surface = rules.SURFACES[scheme]
        assert rules.contrast(colors["brand-ink"], colors["brand"]) >= rules.TEXT_RATIO
        assert rules.contrast(colors["link"], surface) >= rules.TEXT_RATIO
        assert rules.contrast(colors["action"], surface) >= rules.SHAPE_RATIO
        assert rules.contrast(colors["accent"], surface) >= rules.SHAPE_RATIO
        assert rules.contrast(colors["link"], rules.TINTS[scheme]) >= rules.TEXT_RATIO
        assert rules.contrast(colors["action"], rules.TINTS[scheme]) >= rules.SHAPE_RATIO


def test_the_pages_own_colours_are_readable_on_each_other() -> None:
    style = (settings.BASE_DIR / "payments/static/payments/pay.css").read_text()
    light, dark = re.findall(r":root \{(.*?)\}", style, re.S)[:2]
    for scheme, block in (("light", light), ("dark", dark)):
        own = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        assert (own["surface"], own["tint"]) == (rules.SURFACES[scheme], rules.TINTS[scheme])
        pairs = [(ink, on) for ink in ("ink", "quiet") for on in ("surface", "tint")]
        for ink, on in (
            *pairs,
            ("ink", "ground"),
            ("alarm", "surface"),
            ("alarm", "alarm-ground"),
            ("test-ink", "test-ground"),
        ):
            assert rules.contrast(own[ink], own[on]) >= rules.TEXT_RATIO, (scheme, ink, on)
        assert all(rules.contrast(own["edge"], own[on]) >= rules.SHAPE_RATIO for on in ("surface", "tint"))


def test_a_colour_that_is_readable_stays_as_it_is() -> None:
    assert rules.palette({"primary": "#1E40AF", "accent": "#0a6b4c"})["light"] == {
        "brand": "#1e40af",
        "brand-ink": "#ffffff",
        "action": "#1e40af",
        "link": "#1e40af",
        "accent": "#0a6b4c",
    }
    assert rules.contrast("#000", "#fff") == pytest.approx(21)
    assert rules.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    "colors", [None, "red", {"primary": "red;}body{display:none"}, {"primary": 5}, {"primary": "#12"}]
)
def test_what_is_no_colour_never_reaches_the_page(colors: object) -> None:
    assert rules.palette(colors) == rules.palette({})


def test_the_style_sheet_has_the_surfaces_that_contrast_is_computed_against() -> None:
    from pathlib import Path

    css = Path("payments/static/payments/pay.css").read_text()
    assert all(f"--surface: {colour}" in css for colour in rules.SURFACES.values())


# --- the sandbox processor

TODAY = date(2026, 11, 23)


def card(number: str, expiry: str = "09/30", code: str = "123") -> Instrument:
    return Instrument("card", number, expiry, code)


@pytest.mark.parametrize(
    ("number", "failure"),
    [
        ("4242 4242 4242 4242", ""),
        ("4000 0000 0000 0002", "The card was declined."),
        ("4000-0000-0000-9995", "The card was declined: not enough funds."),
    ],
)
def test_test_numbers_decide(number: str, failure: str) -> None:
    processor = SandboxProcessor()
    assert processor.refusals(card(number), today=TODAY) == {}
    charge = processor.charge(ChargeRequest("ref", 100, "USD", card(number)))
    assert (charge.failure, charge.succeeded) == (failure, not failure)
    assert processor.charge(ChargeRequest("ref", 100, "USD", card(number))) == charge


@pytest.mark.parametrize(
    ("instrument", "fields"),
    [
        (card(""), {"card_number"}),
        (card("4242424242424241"), {"card_number"}),
        (card("4111111111111111"), {"card_number"}),  # a valid number that is no test number of ours
        (card("4242424242424242", "13/30", ""), {"expiry", "code"}),
        (card("4242424242424242", "10/26"), {"expiry"}),
        (card("4242424242424242", "11/26"), set()),
        (Instrument("bank_transfer"), set()),
    ],
)
def test_what_is_plainly_wrong_is_said_per_field(instrument: Instrument, fields: set[str]) -> None:
    assert set(SandboxProcessor().refusals(instrument, today=TODAY)) == fields


def test_card_data_is_never_printed() -> None:
    assert "4242" not in repr(card("4242424242424242", "09/30", "987"))
    assert "987" not in repr(ChargeRequest("r", 1, "USD", card("4242424242424242", "09/30", "987")))


def test_a_disputed_debt_takes_only_what_names_it() -> None:
    owed = [Open("a", rules.PRINCIPAL, 100), Open("b", rules.PRINCIPAL, 50, disputed=True), Open("c", rules.FEES, 20)]
    assert rules.allocate(200, owed, case_id="a") == [
        ("a", "principal", 100),
        ("c", "fees", 20),
        ("a", "unapplied", 80),
    ]
    assert rules.allocate(30, owed, case_id="b") == [("b", "principal", 30)]
