"""The monthly statement: once a month is over, to the cent, once however often a worker dies, on paper and as lines."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.conf import settings
from pypdf import PdfReader

from accounts.models import Organisation
from agentcollect.kit import money
from campaigns import storage
from campaigns.models import Debtor
from events.models import Event
from payments import rules
from payments.models import FeeEntry, Statement
from payments.operations import statements
from payments.operations.erasing import erase_statements
from payments.queries import fees as queries
from tests import factories
from tests.payments import fees_world as world
from tests.payments.fees_world import MARCH, creditor, day, give_back, invoice, march, pay

pytestmark = pytest.mark.django_db
# New York is at UTC−5 until March 8, 2026, and at UTC−4 from then on.
BEGAN, ENDED = datetime(2026, 3, 1, 5, tzinfo=UTC), datetime(2026, 4, 1, 4, tzinfo=UTC)
DUE = ENDED + world.DAY


def make(at: datetime = DUE) -> list[Statement]:
    statements.make_statements(at=at)
    return list(Statement.objects.order_by("organisation_id", "livemode", "month", "currency"))


def paper(row: Statement) -> PdfReader:
    return PdfReader(storage.storage().open(row.pdf_file))


def words(reader: PdfReader) -> str:
    """All that is written, without spaces: where a line breaks is the paper's own affair."""
    return tight("".join(page.extract_text() for page in reader.pages))


def tight(text: str) -> str:
    return "".join(text.split())


def table(row: Statement) -> list[dict[str, str]]:
    with storage.storage().open(row.csv_file) as file:
        return list(csv.DictReader(io.StringIO(file.read().decode(), newline="")))


def test_the_worked_example_on_paper_and_line_by_line() -> None:
    organisation = creditor(legal_name="Your Company Inc.", postal_address="1 Main Street, Springfield")
    march(organisation, livemode=True)
    [row] = make()
    figures = {name: row.totals[name] for name in MARCH}
    assert figures == MARCH
    assert (row.month, row.currency, row.livemode, row.created_at) == (date(2026, 3, 1), "USD", True, DUE)
    assert (row.totals["from"], row.totals["until"]) == ("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z")
    shown = paper(row)
    text = words(shown)
    assert shown.metadata is not None and shown.metadata.title == "Statement March 2026 (USD): Your Company Inc."
    assert shown.trailer["/Root"]["/Lang"] == "en"
    for said in (
        *("Net fee, March 2026", "$1,890.83", "$12,900.10", "$333.30", "$150.00", "$1,400.04"),
        *("$2,143.34", "$12.50", "−$265.01", "INV-1002 Acme Corp Success 107 d $2,500.10 20.00% $500.02"),
        *("1 Main Street, Springfield", "March 1, 2026 to March 31, 2026 (America/New_York)", "Page 1 of"),
    ):
        assert tight(said) in text, said
    assert "Testmode" not in text
    lines = table(row)
    assert [(one["kind"], one["basis"], one["amount"]) for one in lines[:4]] == [
        ("success", "10000", "1500"), ("success", "400", "60"),
        ("success", "2500.1", "500.02"), ("card", "2500.1", "12.5"),
    ]  # fmt: skip
    assert sum(round(float(one["amount"]) * 100) for one in lines) == MARCH["net"]
    assert lines[2] | {"id": "", "payment_id": "", "cause": "", "case_id": ""} == {
        "id": "", "at": "2026-03-09T16:00:00Z", "kind": "success", "payment_id": "", "cause": "", "case_id": "",
        "debtor": "Acme Corp", "invoice_number": "INV-1002", "due_date": "2025-10-31",
        "placed_at": "2026-02-15T17:00:00Z", "age_days": "107", "basis": "2500.1", "rate": "0.2000",
        "amount": "500.02", "currency": "USD",
    }  # fmt: skip


def test_the_guide_says_the_same_figures() -> None:
    guide = (settings.BASE_DIR / "docs/guides/fees.md").read_text()
    for minor in [*(one for name, one in MARCH.items() if name != "lines"), *(fee for _, _, fee in world.MARCH_LINES)]:
        assert money.display(minor, "USD").replace("-", "−") in guide, minor


def test_it_is_made_once_a_day_after_the_month_and_told() -> None:
    organisation = creditor()
    march(organisation)
    assert make(DUE - world.DAY / 24) == []
    [row] = make()
    assert statements.make_statements(at=DUE) == 0
    told = Event.objects.get(type="statement.ready")
    assert (told.cause, told.livemode, told.sequence is not None) == (row.id, False, True)
    assert (told.data["net_fee"], told.data["fees"]["given_back"], told.data["month"]) == (1890.83, -265.01, "2026-03")
    assert tight("charged to nobody") in words(paper(row)), "test mode says that it is"


def test_what_happens_in_the_last_and_first_hour_of_a_month_is_in_the_right_one() -> None:
    organisation = creditor()
    row = invoice(organisation, "INV-1", date(2026, 1, 10), 90_000)
    moment = world.DAY / 24 / 3600
    for at in (BEGAN - moment, BEGAN, ENDED - moment, ENDED):
        pay(row, 10_000, at)
    made = {one.month.month: one.totals["net"] for one in make(DUE + 31 * world.DAY)}
    assert made == {2: 1_500, 3: 3_000, 4: 1_500}


def test_a_late_correction_is_of_the_month_it_is_made_in_and_may_be_to_your_credit() -> None:
    organisation = creditor()
    payment = pay(invoice(organisation, "INV-1", date(2026, 1, 10), 90_000), 90_000, day(3), source="reported")
    before = {row.id: row.totals for row in make()}
    give_back(payment, 90_000, day(2, month=4))
    [first, second] = make(datetime(2026, 5, 3, tzinfo=UTC))
    assert {first.id: first.totals} == before
    assert (second.month.month, second.totals["net"], second.totals["returned"]) == (4, -13_500, 90_000)
    assert tight("To your credit") in words(paper(second)) and "$135.00" in words(paper(second))


def test_each_currency_and_mode_is_stated_for_itself_and_what_did_not_move_is_not() -> None:
    organisation, idle = creditor(), creditor(name="Idle")
    invoice(idle, "INV-9", date(2026, 1, 10), 5_000)
    for livemode in (False, True):
        for currency, minor in (("JPY", 999), ("KWD", 1_234_567)):
            named = {"currency": currency, "livemode": livemode}
            pay(invoice(organisation, f"INV-{currency}", date(2026, 1, 10), minor, **named), minor, day(3))
    on_clock = invoice(organisation, "INV-C", date(2026, 1, 10), 10_000, clock_id="clk_x")
    pay(on_clock, 10_000, day(3))
    assert FeeEntry.objects.get(case=on_clock).amount_minor == 1_500
    made = make()
    assert [(one.livemode, one.currency, one.totals["net"], one.totals["collected_by_us"]) for one in made] == [
        (False, "JPY", 150, 999), (False, "KWD", 185_185, 1_234_567),
        (True, "JPY", 150, 999), (True, "KWD", 185_185, 1_234_567),
    ]  # fmt: skip
    assert {one.organisation_id for one in made} == {organisation.id}
    assert "¥150" in words(paper(made[0])) and "KWD185.185" in words(paper(made[1]))


def test_a_worker_that_dies_between_two_files_leaves_nothing_half(monkeypatch: pytest.MonkeyPatch) -> None:
    organisation, other = creditor(), creditor(name="Other")
    march(organisation)
    march(other)
    keep = storage.keep

    def dies(name: str, file: Any, size: int) -> None:
        if name.endswith(".csv") and organisation.id in name:
            raise OSError("the disk is gone")
        keep(name, file, size)

    monkeypatch.setattr(storage, "keep", dies)
    assert [one.organisation_id for one in make()] == [other.id], "one that fails keeps no other waiting"
    monkeypatch.setattr(storage, "keep", keep)
    raw = storage.storage().open(f"statements/{organisation.id}/test-2026-03-USD.pdf").read()
    make(DUE + world.DAY / 24)
    row = Statement.objects.get(organisation=organisation)
    assert storage.storage().open(row.pdf_file).read() == raw, "the same month is the same bytes"
    assert len(table(row)) == MARCH["lines"]


def test_a_second_worker_at_the_same_moment_makes_no_second_one() -> None:
    organisation = creditor()
    march(organisation)
    period = queries.period(organisation, False, date(2026, 3, 1))
    assert statements._state(period, organisation, DUE) == 1
    assert statements._state(period, organisation, DUE) == 0
    assert Event.objects.filter(type="statement.ready").count() == 1


def test_who_moves_to_another_zone_is_charged_once_for_each_hour() -> None:
    organisation = creditor()
    row = invoice(organisation, "INV-1", date(2026, 1, 10), 90_000)
    pay(row, 10_000, ENDED - world.DAY / 24)  # 23:00 on March 31 in New York, April 1 in Berlin
    make()
    Organisation.objects.update(timezone="Europe/Berlin")
    pay(row, 20_000, ENDED + world.DAY / 24)
    made = {one.month.month: one.totals["net"] for one in make(DUE + 31 * world.DAY)}
    assert made == {3: 1_500, 4: 3_000}


def test_a_month_so_far() -> None:
    organisation = creditor()
    march(organisation)
    month, totals = statements.so_far(organisation=organisation, livemode=False, at=day(31))
    assert (month, totals["USD"]) == (date(2026, 3, 1), MARCH)


def test_many_lines_and_names_in_many_scripts() -> None:
    organisation = creditor(legal_name="Żółta Łódź Sp. z o.o.")
    names = (
        "Zażółć gęślą jaźń S.A.",
        "Ελληνική Εταιρεία",
        "Пример ООО",
        "株式会社テスト",
        "A" * 120,
        "=cmd|' /C calc'!A0",
    )
    made = factories.campaign(organisation, created_at=world.PLACED)
    for number in range(80):
        debtor = factories.debtor(organisation, name=names[number % len(names)]) if number < 12 else None
        given = {"debtor": debtor} if debtor else {"debtor": _last(organisation)}
        row = invoice(organisation, f"INV-{number}", date(2026, 1, 10), 1_000, campaign=made, **given)
        pay(row, 1_000, day(3))
    [row] = make()
    shown = paper(row)
    text = words(shown)
    assert len(shown.pages) > 2 and tight(f"Page {len(shown.pages)} of {len(shown.pages)}") in text
    assert text.count("15.00%") == 80
    for name in names[:3]:
        assert tight(name) in text
    assert "\ufffd" in text, "what the font lacks is seen"
    assert shown.metadata is not None and shown.metadata.title.endswith("Żółta Łódź Sp. z o.o.")
    cells = {one["debtor"] for one in table(row)}
    assert "株式会社テスト" in cells and "'=cmd|' /C calc'!A0" in cells


def _last(organisation: Organisation) -> Debtor:
    return Debtor.objects.filter(organisation=organisation).latest("id")


@pytest.mark.parametrize(
    ("at", "months"),
    [
        (datetime(2026, 4, 2, 3, 59, tzinfo=UTC), [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]),
        (datetime(2026, 4, 2, 4, 0, tzinfo=UTC), [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]),
    ],
)
def test_a_month_is_due_a_day_after_it_ended_where_the_creditor_is(at: datetime, months: list[date]) -> None:
    assert rules.months_to_state(at, "America/New_York", 3) == months


# --- the API


def test_the_api_lists_shows_and_hands_out() -> None:
    organisation = creditor()
    march(organisation)
    [row] = make()
    client = factories.client(factories.api_key(organisation, scopes=["reports:read"]))
    [listed] = client.get("/v1/statements?month=2026-03&currency=USD").json()["data"]
    assert client.get("/v1/statements?month=2026-02").json()["data"] == []
    assert client.get("/v1/statements?month=March").status_code == 400
    assert client.get(f"/v1/statements/{row.id}").json() == listed
    assert listed["net_fee"] == 1890.83 and listed["collected_by_us"] == 12900.1 and listed["returned"] == 1400.04
    assert listed["fees"] == {"success": 2143.34, "card": 12.5, "discovery": 0, "given_back": -265.01}
    pdf = client.get(f"/v1/statements/{row.id}/pdf")
    assert (pdf.status_code, pdf.headers["Content-Type"]) == (200, "application/pdf")
    assert "agentcollect-2026-03-USD.pdf" in pdf.headers["Content-Disposition"]
    assert b"".join(pdf).startswith(b"%PDF-")
    assert b"".join(client.get(f"/v1/statements/{row.id}/csv")).startswith(b"id,at,kind,")


def test_nobody_elses_and_only_with_the_scope() -> None:
    organisation = creditor()
    march(organisation)
    [row] = make()
    paths = [f"/v1/statements/{row.id}{tail}" for tail in ("", "/pdf", "/csv")]
    for key in (
        factories.api_key(factories.organisation("Other")),
        factories.api_key(Organisation.objects.get(id=organisation.id), livemode=True),
    ):
        assert {factories.client(key).get(path).status_code for path in paths} == {404}
        assert factories.client(key).get("/v1/statements").json()["data"] == []
    narrow = factories.client(factories.api_key(organisation, scopes=["payments:read"]))
    assert {narrow.get(path).status_code for path in ["/v1/statements", *paths]} == {403}


def test_starting_over_takes_test_mode_along() -> None:
    organisation = creditor()
    for livemode in (False, True):
        march(organisation, livemode=livemode)
    make()
    erase_statements(organisation_id=organisation.id)
    assert [row.livemode for row in Statement.objects.all()] == [True]
