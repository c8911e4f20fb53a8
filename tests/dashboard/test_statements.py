"""Statements in the dashboard: for those whose matter money is, with the month so far and the terms in words."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import Organisation
from agentcollect.kit import clock
from payments.models import Statement
from payments.operations import statements
from tests.dashboard import world
from tests.payments import fees_world

pytestmark = pytest.mark.django_db


def client(organisation: Organisation, role: str) -> Client:
    found = Client()
    found.force_login(world.member(organisation, role).user)
    return found


@pytest.fixture
def organisation() -> Organisation:
    """A creditor whose month of March, 2026 is over and stated, and in whose running month money came, too."""
    row = fees_world.creditor()
    fees_world.march(row)
    statements.make_statements(at=datetime(2026, 4, 2, 5, tzinfo=UTC))
    fees_world.agree(row, effective_at=clock.plus(clock.now(), days=40), card_basis_points=290)
    invoice = fees_world.invoice(row, "INV-7", fees_world.PLACED.date(), 77_700)
    fees_world.pay(invoice, 77_700, clock.now())
    return row


def test_the_page_shows_the_months_the_running_one_and_the_terms(organisation: Organisation) -> None:
    page = client(organisation, "finance").get("/dashboard/statements").content.decode()
    row = Statement.objects.get()
    for said in (
        *("March 2026", "$1,890.83", "$12,900.10", "$333.30", "$1,400.04"),
        *("so far", "$777.00", "$116.55", "91 to 180 days past due", "20%", "0.5%", "$4.00", "2.9%"),
        f"/dashboard/statements/{row.id}/pdf",
    ):
        assert said in page, said


def test_the_files_are_handed_out(organisation: Organisation) -> None:
    row = Statement.objects.get()
    finance = client(organisation, "finance")
    assert b"".join(finance.get(f"/dashboard/statements/{row.id}/pdf")).startswith(b"%PDF-")
    lines = finance.get(f"/dashboard/statements/{row.id}/csv")
    assert "agentcollect-2026-03-USD.csv" in lines["Content-Disposition"]
    assert b"".join(lines).count(b"\r\n") == 1 + fees_world.MARCH["lines"]


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("admin", 200), ("finance", 200), ("auditor", 200), ("operator", 403), ("viewer", 403)],
)
def test_whose_matter_it_is(organisation: Organisation, role: str, status: int) -> None:
    row, visitor = Statement.objects.get(), client(organisation, role)
    for path in ("", f"/{row.id}/pdf", f"/{row.id}/csv"):
        assert visitor.get(f"/dashboard/statements{path}").status_code == status
    assert ("/dashboard/statements" in visitor.get("/dashboard/payments").content.decode()) == (status == 200)


def test_nobody_elses_and_the_other_mode_has_none(organisation: Organisation) -> None:
    row = Statement.objects.get()
    stranger = client(fees_world.creditor(name="Other"), "owner")
    assert stranger.get(f"/dashboard/statements/{row.id}/pdf").status_code == 404
    owner = client(organisation, "owner")
    session = owner.session
    session["livemode"] = True
    session.save()
    assert owner.get(f"/dashboard/statements/{row.id}/pdf").status_code == 404
    assert "No statement yet" in owner.get("/dashboard/statements").content.decode()
