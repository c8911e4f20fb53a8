"""The reconciliation page: who sees it, what it says of books that agree and of each difference, month and file."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from dashboard.phrases import DIFFERS
from tests import factories
from tests.dashboard import world
from tests.payments import bank, money
from tests.payments.reconciled import AT, differ, paid

pytestmark = pytest.mark.django_db
PAGE = "/dashboard/reconciliation?month=2026-03"


def client(organisation: Organisation, role: str = "auditor") -> Client:
    found = Client()
    found.force_login(world.member(organisation, role).user)
    return found


def shown(visitor: Client, path: str = PAGE) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_difference_of_nothing_is_shown_as_such() -> None:
    organisation = money.organisation()
    paid(organisation, 123_400)
    (case,) = money.invoices(10_000, organisation=organisation)
    money.came(case, 2_500)
    bank.send(organisation, bank.row("75.00", case.invoice_number), bank.row("1.00", "rent"))
    page = shown(client(organisation))
    for said in ("Difference $0.00", "$1,234.00", "as allocated", "In the processor’s balance still", "As you said it"):
        assert said in page, said
    assert "Lines that wait for a decision" in page and "$25.00" in page
    assert "Differs" not in page and not any(name in page for name, _, _ in DIFFERS.values())


def test_each_difference_is_named_with_its_row_and_stands_in_the_file() -> None:
    organisation = factories.organisation(timezone="UTC")
    expected = differ(organisation)
    visitor = client(organisation)
    page = shown(visitor)
    for name, _, meaning in DIFFERS.values():
        assert name in page and meaning in page, name
    assert ", explained" in page and " ago</span>" in page and "Acme Corp" in page
    lines = read(visitor)
    dollars = [line for line in lines if line["currency"] == "USD"]
    assert {line["reason"]: round(float(line["difference"]) * 100) for line in dollars if line["reason"]} == expected
    (total,) = [line for line in dollars if line["line"] == "total"]
    assert round(float(total["difference"]) * 100) == sum(expected.values())
    missing = next(line for line in dollars if line["reason"] == "no_entry")
    assert missing["payment_id"].startswith("pay_") and missing["since"].startswith("2026-03-17")


def read(visitor: Client) -> list[dict[str, Any]]:
    answer = visitor.get(PAGE.replace("?", ".csv?"))
    assert 'filename="reconciliation-2026-03.csv"' in answer["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))


def test_the_month_is_the_organisations_own() -> None:
    organisation = factories.organisation(timezone="Pacific/Auckland")
    paid(organisation, 10_000, at=AT.replace(day=31))  # there it is April already
    visitor = client(organisation)
    assert "Nothing moved" in shown(visitor) and "Nothing moved" in shown(visitor, PAGE.replace("03", "02"))
    assert "$100.00" in shown(visitor, PAGE.replace("03", "04"))
    assert "Nothing moved" in shown(visitor, "/dashboard/reconciliation?month=2026-13%00")
    december = shown(visitor, "/dashboard/reconciliation?month=2025-12")
    assert "?month=2025-11" in december and "?month=2026-01" in december


def test_nobody_elses_books_and_the_other_mode_has_its_own() -> None:
    organisation = factories.organisation()
    paid(organisation, 10_000)
    assert "Nothing moved" in shown(client(factories.organisation(), "owner"))
    visitor = client(organisation, "finance")
    visitor.post("/dashboard/mode", {"mode": "live"})
    page = shown(visitor)
    assert "Nothing moved" in page and "Stripe" in page


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("admin", 200), ("finance", 200), ("auditor", 200), ("operator", 403), ("viewer", 403)],
)
def test_whose_matter_it_is(role: str, status: int) -> None:
    visitor = client(factories.organisation(), role)
    for path in ("/dashboard/reconciliation", "/dashboard/reconciliation.csv"):
        assert visitor.get(path).status_code == status
    assert ("/dashboard/reconciliation" in shown(visitor, "/dashboard/payments")) == (status == 200)


def test_the_number_of_statements_does_not_grow() -> None:
    organisation = factories.organisation()
    visitor = client(organisation)
    counted = []
    for _ in range(2):
        differ(organisation)
        with CaptureQueriesContext(connection) as seen:
            shown(visitor)
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 26
