"""Reports against figures worked out on paper (tests/payments/portfolio.py says how the portfolio came to be)."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Case, LedgerEntry
from tests import factories
from tests.dashboard import world as dashboard
from tests.payments import portfolio
from tests.payments.portfolio import World, on

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return portfolio.build()


def figures(world: World, report: str, **params: str) -> dict[str, tuple[Any, Any, Any]]:
    """Name → (value, numerator, denominator); euros' names end in €."""
    answer = world.api.get(f"/v1/reports/{report}", {"test_clock": world.clock.id} | params)
    assert answer.status_code == 200, answer.content
    assert all(line["formula"] for line in answer.json()["figures"])
    return {
        line["name"] + ("€" if line["currency"] == "EUR" else ""): (
            line["value"],
            line["numerator"],
            line["denominator"],
        )
        for line in answer.json()["figures"]
    }


# Each line was worked out by hand: value, numerator, denominator.
RECOVERY = {
    "cases": (5, 5, None),
    "placed": (2800, 2800, None),
    "withdrawn": (300, 300, None),  # C
    "collected_by_us": (1000, 1000, None),  # A; E's went back
    "reported_by_you": (200, 200, None),  # B
    "credited": (100, 100, None),  # D; C's 300 are still on its account
    "recovery_rate": (0.4286, 1200, 2800),
    "adjusted_recovery_rate": (0.48, 1200, 2500),
    "days_to_collect_mean": (15, 30, 2),  # 10 and 20 days
    "days_to_collect_median": (15, None, 2),
    "days_to_collect_weighted": (11.67, 14000, 1200),  # (10 × 1000 + 20 × 200) ÷ 1200
    "days_to_paid_median": (10, None, 1),  # A alone
    "promise_kept_rate": (0.3333, 1, 3),
    "promised_amount_kept_rate": (0.7333, 1100, 1500),
    # Of the 90 days from 11 January: nothing was owed at the beginning, 2500 placed (C was recalled), 1200 owed at
    # the end, 600 of it (E) not yet due: (0 + 2500 − 1200) ÷ (0 + 2500 − 600).
    "collection_effectiveness": (0.6842, 1300, 1900),
    "dso_simple": (98.2, 1200, 1100),  # invoiced from 11 January: B and E; 1200 ÷ 1100 × 90
    # 10 days of April without sales, 31 of March (600), 28 of February (500), and 100 ÷ 1000 of January's 31.
    "dso_count_back": (72.1, 1200, 2100),
    "placed€": (250, 250, None),
    "recovery_rate€": (0, 0, 250),
    "days_to_collect_mean€": (None, 0, 0),
    "promise_kept_rate€": (None, 0, 0),
}
AGING = {
    "owed": (1200, 1200, None),
    "owed_current": (600, 600, None),  # E
    "owed_1-30": (300, 300, None),  # B, 21 days
    "owed_31-60": (0, 0, None),
    "owed_90+": (300, 300, None),  # D, 95 days
    "share_90+": (0.25, 300, 1200),
    "cases_90+": (1, 1, None),
    "owed_no_due_date€": (250, 250, None),
}
# As it was at the end of 31 March: E was paid; D is 85 days overdue, B 11.
MARCH_RECOVERY = {"recovery_rate": (0.6429, 1800, 2800), "credited": (100, 100, None)}
MARCH_AGING = {"owed": (600, 600, None), "owed_1-30": (300, 300, None), "owed_61-90": (300, 300, None)}


@pytest.mark.parametrize(
    ("report", "params", "expected"),
    [
        ("recovery", {}, RECOVERY),
        ("recovery", {"as_of": "2031-04-10"}, RECOVERY),  # the ledgers say what the cases' own columns say
        ("aging", {}, AGING),
        ("aging", {"as_of": "2031-04-10"}, AGING),
        ("recovery", {"as_of": "2031-03-31"}, MARCH_RECOVERY),
        ("aging", {"as_of": "2031-03-31"}, MARCH_AGING),
        # The edges: B is due on that very day (with E); A is 30 days overdue, and 31; D is 90, and 91.
        ("aging", {"as_of": "2031-03-20"}, {"owed_current": (1100, 1100, None)}),
        ("aging", {"as_of": "2031-03-21"}, {"owed_current": (600, 600, None), "owed_1-30": (300, 300, None)}),
        ("aging", {"as_of": "2031-03-03"}, {"owed_1-30": (1000, 1000, None), "owed_31-60": (400, 400, None)}),
        ("aging", {"as_of": "2031-03-04"}, {"owed_1-30": (0, 0, None), "owed_31-60": (1400, 1400, None)}),
        ("aging", {"as_of": "2031-04-05"}, {"owed_61-90": (300, 300, None), "owed_90+": (0, 0, None)}),
        ("aging", {"as_of": "2031-04-06"}, {"owed_61-90": (0, 0, None), "owed_90+": (300, 300, None)}),
        # Placed on 20 March in New York: E alone.
        ("recovery", {"from": "2031-03-20", "to": "2031-03-20"}, {"placed": (600, 600, None)}),
        ("recovery", {"from": "2031-03-02", "to": "2031-03-19"}, {}),
        # Of March: 600 owed at its end (B, D), nothing of it undue; 600 invoiced in it (E).
        (
            "recovery",
            {"from": "2031-03-01", "to": "2031-03-31"},
            {
                "collection_effectiveness": (0.76, 1900, 2500),
                "dso_simple": (31, 600, 600),
                "dso_count_back": (31, 600, 600),
            },
        ),
    ],
)
def test_the_figures_are_those_of_the_paper(
    world: World, report: str, params: dict[str, str], expected: dict[str, Any]
) -> None:
    found = figures(world, report, **params)
    assert {name: found.get(name) for name in expected} == expected
    assert expected or not [name for name in found if name == "placed"]


def test_the_curve_ends_at_what_was_collected(world: World) -> None:
    said = world.api.get("/v1/reports/recovery", {"currency": "USD"}).json()
    points = [(point["day"], point["collected"], point["part"]) for point in said["curve"]]
    # Day 10: A and E; day 13: E's went back; day 20: B's part.
    assert points == [(10, 1600, 0.5714), (13, 1000, 0.3571), (20, 1200, 0.4286)]
    assert {line["currency"] for line in said["figures"]} == {"USD"}


def test_what_followed_which_step(world: World) -> None:
    said = world.api.get("/v1/reports/channels").json()
    rates = {line["name"]: (line["value"], line["numerator"], line["denominator"]) for line in said["figures"]}
    assert rates == {"contact_rate": (0.3333, 2, 6), "response_rate": (0.5, 1, 2)}
    steps = {(line["channel"], line["step"]): line for line in said["steps"]}
    usd = {name: [{"currency": "USD", "amount": amount}] for name, amount in (("A", 1000), ("B", 200))}
    seen = {key: (line["sent"], line["replies"], line["payments"], line["collected"]) for key, line in steps.items()}
    assert seen == {
        ("email", "first_reminder"): (1, 0, 1, usd["A"]),
        ("email", "second_reminder"): (1, 1, 0, []),
        ("call", None): (1, 0, 1, usd["B"]),  # the call came later than the mail
    }
    rows = world.api.get("/v1/reports/channels/rows", {"channel": "call"}).json()["data"]
    assert [(row["invoice_number"], row["amount"], row["touched_at"]) for row in rows] == [
        ("B", 200, "2031-03-15T15:00:00Z")
    ]
    # Fifteen days after its last touch, a payment follows nothing.
    late = portfolio.pay(world.cases["B"], 5_000, on(3, 31))
    rows = world.api.get("/v1/reports/channels/rows", {"channel": "none"}).json()["data"]
    assert [(row["payment_id"], row["touch_id"]) for row in rows] == [(late.id, None)]


@pytest.mark.parametrize("params", [{}, {"as_of": "2031-04-10"}])
def test_the_rows_add_up_to_the_figures(world: World, params: dict[str, str]) -> None:
    asked = params | {"test_clock": world.clock.id, "currency": "USD", "limit": "2"}
    rows, cursor = [], ""
    while cursor is not None:
        page = world.api.get("/v1/reports/recovery/rows", asked | ({"cursor": cursor} if cursor else {})).json()
        rows, cursor = rows + page["data"], page["next_cursor"]
    sums = {name: sum(row[name] for row in rows) for name in ("placed", "placed_adjusted", "collected", "credited")}
    assert sums == {"placed": 2800, "placed_adjusted": 2500, "collected": 1200, "credited": 100}
    owed = world.api.get("/v1/reports/aging/rows", asked | {"limit": "100"}).json()["data"]
    assert {row["invoice_number"]: (row["bucket"], row["days_overdue"], row["balance"]) for row in owed} == {
        "B": ("1-30", 21, 300),
        "D": ("90+", 95, 300),
        "E": ("current", -20, 600),
    }
    old = world.api.get("/v1/reports/aging/rows", params | {"test_clock": world.clock.id, "bucket": "90+"}).json()
    assert [row["invoice_number"] for row in old["data"]] == ["D"]


def read(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv"), answer
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_a_report_as_a_file(world: World) -> None:
    Case.objects.filter(id=world.cases["B"].id).update(invoice_number="=cmd()")
    lines = {line["name"]: line for line in read(world.api.get("/v1/reports/aging?format=csv&currency=USD"))}
    assert lines["owed"]["value"] == "1200" and lines["owed"]["denominator"] == ""
    rows = read(world.api.get("/v1/reports/recovery/rows?limit=1", Accept="text/csv"))
    assert len(rows) == 6, "every row"
    assert "'=cmd()" in {row["invoice_number"] for row in rows}
    steps = read(world.api.get("/v1/reports/channels?format=csv"))
    assert {(line["step"], line["currency"], line["amount"]) for line in steps} >= {("first_reminder", "USD", "1000")}


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("from=yesterday", "invalid_parameter"),
        ("from=2031-03-02&to=2031-03-01", "invalid_parameter"),
        ("as_of=2090-01-01", "invalid_parameter"),
        ("currency=usd", "invalid_parameter"),
        ("format=xml", "invalid_parameter"),
        ("campaign_id=cmp_0000000000000000000000", "not_found"),
        ("test_clock=clk_0000000000000000000000", "unknown_test_clock"),
        ("bucket=old", "unknown_parameter"),
    ],
)
def test_what_cannot_be_asked(world: World, query: str, error: str) -> None:
    answer = world.api.get(f"/v1/reports/recovery?{query}")
    assert answer.json()["error"] == error


def test_reports_ask_for_their_scope(world: World) -> None:
    key = factories.api_key(world.organisation, scopes=["payments:read"])
    assert factories.client(key).get("/v1/reports/recovery").json()["error"] == "missing_scope"


def test_organisations_and_modes_never_mix(world: World) -> None:
    live = factories.case(world.organisation, livemode=True, amount_minor=777_700)
    other = factories.case(factories.organisation(), amount_minor=888_800)
    for report in ("recovery", "aging", "channels"):
        for path in (report, f"{report}/rows"):
            shown = world.api.get(f"/v1/reports/{path}").content.decode()
            assert "7777" not in shown and "8888" not in shown and live.id not in shown and other.id not in shown
    assert world.api.get("/v1/reports/recovery", {"campaign_id": other.campaign_id}).status_code == 404
    own = factories.client(factories.api_key(world.organisation, livemode=True)).get("/v1/reports/aging").json()
    assert [line["value"] for line in own["figures"] if line["name"] == "owed"] == [7777]


def test_home_and_the_page_agree_with_the_reports(world: World, client: Client) -> None:
    client.force_login(dashboard.member(world.organisation).user)
    home = client.get("/dashboard").content.decode()
    page = client.get(f"/dashboard/analytics?test_clock={world.clock.id}").content.decode()
    for shown in ("42.9%", "$1,200.00", "$2,800.00"):
        assert shown in home and shown in page, shown
    for shown in ("48.0%", "$1,200.00 ÷ $2,500.00", "11.67 days", "72.1 days", "33.3%", "$250.00", "View as table"):
        assert shown.replace("$250", "€250") in page, shown
    assert page.count("<svg viewBox") == 3  # two bars, one curve: no euro came
    rows = client.get(f"/dashboard/analytics/aging?test_clock={world.clock.id}&bucket=90%2B").content.decode()
    assert "Firm D" in rows and "Firm B" not in rows
    for name in ("recovery", "recovery-rows", "aging", "aging-rows", "channels", "channels-rows"):
        assert read(client.get(f"/dashboard/analytics/{name}.csv")), name
    assert "must be a day" in client.get("/dashboard/analytics?from=never").content.decode()


def test_the_sums_are_the_ledgers(world: World) -> None:
    found = figures(world, "recovery")
    ledger = LedgerEntry.objects.filter(case__organisation=world.organisation, currency="USD")
    settled = -sum(ledger.filter(kind__in=["payment", "refund", "reversal"]).values_list("amount_minor", flat=True))
    assert (found["collected_by_us"][0] + found["reported_by_you"][0]) * 100 == settled
    open_ones = ledger.filter(case__closed_at=None)
    assert sum(open_ones.values_list("amount_minor", flat=True)) == figures(world, "aging")["owed"][0] * 100
    assert (
        date(2031, 4, 10).isoformat()
        == world.api.get("/v1/reports/aging", {"test_clock": world.clock.id}).json()["as_of"]
    )
