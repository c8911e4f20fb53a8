"""Bank statements and where the money goes, on their pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns.models import Case
from payments import operations
from payments.models import BankLine, BankStatement, Payment, RemitTo
from tests import factories
from tests.dashboard import world
from tests.dashboard.entrance import confirm
from tests.payments.bank import HEAD, row
from tests.payments.stripe_world import stripe
from tests.payments.test_remitting import AMERICAN, GERMAN

pytestmark = pytest.mark.usefixtures("empty_redis")


@pytest.fixture
def organisation(db: None) -> Organisation:
    return factories.organisation("Acme Tools")


def seat(organisation: Organisation, role: str = "owner", name: str = "", *, livemode: bool = False) -> Client:
    client = Client()
    client.force_login(world.member(organisation, role, email=f"{name or role}@example.com").user)
    confirm(client, world.PASSWORD)
    if livemode:
        client.post("/dashboard/mode", {"mode": "live"})
    return client


def send(client: Client, *rows: str, raw: bytes = b"", match: bool = True, **more: str) -> HttpResponse:
    file = SimpleUploadedFile("march.csv", raw or (HEAD + "".join(rows)).encode())
    answer = client.post("/dashboard/bank/send", {"file": file, "currency": "USD"} | more)
    if match:
        operations.match_bank_lines(at=clock.now())
    return answer


def case(organisation: Organisation, minor: int = 100_00, **facts: Any) -> Case:
    found = factories.case(organisation, amount_minor=minor, **facts)
    Case.objects.filter(id=found.id).update(search=f"{found.debtor.name} {found.invoice_number}".casefold())
    return found


def text(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())


def test_empty(organisation: Organisation) -> None:
    client = seat(organisation)
    assert "No statement yet" in text(client.get("/dashboard/bank"))
    assert "Send a statement first" in text(client.get("/dashboard/bank/lines"))
    assert "No such line" in text(client.get("/dashboard/bank/lines?status=matched"))


def test_sent_looked_at_and_added_up(organisation: Organisation) -> None:
    client, paid = seat(organisation, "finance"), case(organisation)
    rows = [
        row("100.00", operations.bank_reference(case=paid), "Acme Corp"),
        row("7.00", "rent"),
        row("NaN"),
        row("-3"),
    ]
    answer = send(client, *rows)
    page = text(client.get(answer["Location"]))
    assert "4 lines in the file, 2 new" in page
    assert "every line is accounted for" in page and "$107.00" in page
    assert "1 line could not be read" in page and "names the reference" in page
    assert "march.csv" in text(client.get("/dashboard/bank"))
    assert "Nothing was taken twice" in text(client.get(send(client, *rows)["Location"]))
    assert BankStatement.objects.count() == 1


def test_a_person_books_chooses_sets_aside_and_undoes(organisation: Organisation) -> None:
    client, one = seat(organisation, "admin"), case(organisation)
    send(client, row("60.00", "INV-2025-0847", "Acme Corp"), row("7.00", "rent"))
    first, second = BankLine.objects.order_by("number")
    assert first.status == "suggested"
    client.post(f"/dashboard/bank/lines/{first.id}/book", {"as": "suggested"})
    one.refresh_from_db()
    assert (one.balance_minor, Payment.objects.get().actor[:7]) == (40_00, "member:")
    assert "decided this line a moment ago" in text(
        client.post(f"/dashboard/bank/lines/{first.id}/book", {"as": "suggested"}, follow=True)
    )
    client.post(f"/dashboard/bank/lines/{first.id}/undo")
    one.refresh_from_db()
    assert one.balance_minor == 100_00
    client.post(f"/dashboard/bank/lines/{second.id}/ignore", {"next": "/dashboard/bank"})
    assert "Ours after all" in text(client.get("/dashboard/bank/lines?status=ignored"))
    client.post(f"/dashboard/bank/lines/{second.id}/restore")
    second.refresh_from_db()
    assert second.status == "unmatched"


def test_chosen_by_hand_the_server_adds_up(organisation: Organisation) -> None:
    client, one = seat(organisation), case(organisation)
    two = case(organisation, 50_00, debtor=one.debtor, campaign=one.campaign, invoice_number="B-2", invoice_key="b-2")
    other = case(organisation, 33_00, debtor=factories.debtor(organisation, name="Globex"))
    send(client, row("140.00", "?", "Unknown"))
    line = BankLine.objects.get()
    path = f"/dashboard/bank/lines/{line.id}"
    assert "Globex" in text(client.get(path, {"q": "globex"})) and "Acme Corp" not in text(
        client.get(path, {"q": "globex"})
    )
    assert "B-2" in text(client.get(path, {"q": operations.bank_reference(case=two)}))
    amounts = {f"amount.{one.id}": "100", f"amount.{two.id}": "30.00"}
    page = text(client.get(path, amounts))
    assert "$130.00 of $140.00" in page and "it would be credit" in page
    assert "This is more than came" in text(client.get(path, amounts | {f"amount.{two.id}": "40.01"}))
    assert "several debtors" in text(client.get(path, amounts | {f"amount.{other.id}": "1"}))
    wrong = client.post(f"{path}/book", amounts | {f"amount.{two.id}": "lots"})
    assert wrong.status_code == 422 and "Enter an amount" in text(wrong) and 'value="100"' in text(wrong)
    assert not Payment.objects.exists()
    client.post(f"{path}/book", amounts)
    assert Payment.objects.get().instruction == [[one.id, 100_00], [two.id, 30_00]]
    assert "chosen by a person" in text(client.get(path))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\x00\x01binary", "This is no text file"),
        (b"a,b\n1,2\n", "No line of headings was found"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "declares a document type"),
        (b"Date,Amount\n03/04/2026,5.00\n", "third of April or March the fourth"),
    ],
)
def test_files_that_are_refused_say_why(organisation: Organisation, raw: bytes, says: str) -> None:
    answer = send(seat(organisation), raw=raw)
    assert answer.status_code == 422 and says in text(answer)
    assert not BankStatement.objects.exists()


def test_the_order_of_days_is_answered(organisation: Organisation) -> None:
    send(seat(organisation), raw=b"Date,Amount\n03/04/2026,5.00\n", order="mdy")
    assert BankLine.objects.get().booked_on.isoformat() == "2026-03-04"


def test_a_statement_is_looked_at_again_or_taken_back(organisation: Organisation) -> None:
    client = seat(organisation)
    send(client, row("7.00", "INV-2025-0847", "Acme Corp"))
    statement = BankStatement.objects.get()
    case(organisation, 7_00)
    client.post(f"/dashboard/bank/{statement.id}/again")
    operations.match_bank_lines(at=clock.now())
    assert BankLine.objects.get().status == "matched"
    assert "was booked" in text(client.post(f"/dashboard/bank/{statement.id}/remove", follow=True))
    client.post(f"/dashboard/bank/lines/{BankLine.objects.get().id}/undo")
    send(client, row("9.00"))
    client.post(f"/dashboard/bank/{BankStatement.objects.order_by('id').last().id}/remove")  # type: ignore[union-attr]
    assert BankStatement.objects.get() == statement


@pytest.mark.parametrize("role", ["operator", "viewer", "auditor"])
def test_the_others_only_look(organisation: Organisation, role: str) -> None:
    send(seat(organisation), row("7.00"))
    client, line = seat(organisation, role), BankLine.objects.get()
    for path in (
        "/dashboard/bank",
        "/dashboard/bank/lines",
        f"/dashboard/bank/lines/{line.id}",
        "/dashboard/settings/money",
    ):
        page = client.get(path)
        assert page.status_code == 200 and b'action="/dashboard/bank' not in page.content
    for act in ("book", "ignore", "restore", "undo"):
        assert client.post(f"/dashboard/bank/lines/{line.id}/{act}").status_code == 403
    assert send(client, row("8.00"), match=False).status_code == 403
    for act in ("again", "remove"):
        assert client.post(f"/dashboard/bank/{line.statement_id}/{act}").status_code == 403


def test_another_organisation_sees_nothing_of_it(organisation: Organisation) -> None:
    send(seat(organisation), row("7.00", "secret words"))
    line = BankLine.objects.get()
    foreign = seat(factories.organisation("Foreign"), name="foreign")
    live = seat(organisation, "admin", livemode=True)
    for client in (foreign, live):
        assert b"secret words" not in client.get("/dashboard/bank/lines").content
        assert client.get(f"/dashboard/bank/lines?statement={line.statement_id}").status_code == 404
        assert client.get(f"/dashboard/bank/lines/{line.id}").status_code == 404
        for act in ("book", "ignore", "restore", "undo"):
            assert client.post(f"/dashboard/bank/lines/{line.id}/{act}").status_code == 404


# --- where the money goes


def test_two_owners_change_where_the_money_goes(organisation: Organisation) -> None:
    one = seat(organisation, livemode=True)
    assert "Invite a second owner" in text(one.get("/dashboard/settings/money"))
    assert "Another owner must approve it" in text(
        one.post("/dashboard/settings/money/bank", GERMAN | {"currency": "EUR"}, follow=True)
    )
    row = RemitTo.objects.get()
    page = text(one.get("/dashboard/settings/money"))
    assert "DE89 3704 0044 0532 0130 00" in page and f"{row.id}/approve" not in page
    assert "you proposed it yourself" in text(one.post(f"/dashboard/settings/money/{row.id}/approve", follow=True))
    two = seat(organisation, name="second", livemode=True)
    assert f"{row.id}/approve" in text(two.get("/dashboard/settings/money"))
    two.post(f"/dashboard/settings/money/{row.id}/approve")
    row.refresh_from_db()
    assert row.status == "approved"
    one.post(f"/dashboard/settings/money/{row.id}/cancel")
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_what_is_wrong_stands_beside_its_field(organisation: Organisation) -> None:
    client = seat(organisation)
    answer = client.post("/dashboard/settings/money/bank", AMERICAN | {"currency": "USD", "routing": "021000022"})
    assert answer.status_code == 422 and "This is no routing number" in text(answer) and "Chase" in text(answer)
    assert client.post("/dashboard/settings/money/stripe", {"account": "mine"}).status_code == 422
    client.post("/dashboard/settings/money/stripe", {"account": "acct_1A2b3C4d5E6f7G"})
    client.post("/dashboard/settings/money/bank", AMERICAN | {"currency": "USD"})
    assert set(RemitTo.objects.values_list("kind", "status")) == {("stripe", "active"), ("bank", "active")}


def test_an_account_at_stripe_is_connected_and_looked_at(organisation: Organisation) -> None:
    client = seat(organisation, livemode=True)
    assert client.post("/dashboard/settings/money/stripe/connect").status_code == 404, "no Stripe here"
    with stripe() as api:
        page = text(client.post("/dashboard/settings/money/stripe/connect"))
        account = next(iter(api.accounts))
        assert f"{api.url}/setup/{account}" in page
        assert f'value="{account}"' in text(client.get("/dashboard/settings/money"))
        foreign = api.account("org_somebody_else")
        for wrong in (foreign, "acct_unknown123"):
            refused = client.post("/dashboard/settings/money/stripe", {"account": wrong})
            assert refused.status_code == 422 and "no such account" in text(refused)
        api.objects[account]["charges_enabled"] = False
        assert "cannot take money yet" in text(client.post("/dashboard/settings/money/stripe", {"account": account}))
        api.objects[account] |= {"charges_enabled": True, "payouts_enabled": True}
        client.post("/dashboard/settings/money/stripe", {"account": account})
    assert RemitTo.objects.get().status == "proposed"


@pytest.mark.parametrize("role", ["admin", "finance", "operator"])
def test_only_owners(organisation: Organisation, role: str) -> None:
    client = seat(organisation, role)
    assert client.post("/dashboard/settings/money/bank", AMERICAN | {"currency": "USD"}).status_code == 403
    assert not RemitTo.objects.exists()


def test_it_asks_again_who_you_are(organisation: Organisation) -> None:
    client = Client()
    client.force_login(world.member(organisation, email="boss@example.com").user)
    asked = client.post("/dashboard/settings/money/bank", AMERICAN | {"currency": "USD"})
    assert asked["Location"].startswith("/account/confirm?next=") and not RemitTo.objects.exists()
    client.post(asked["Location"], {"password": world.PASSWORD})
    assert RemitTo.objects.get().status == "active", "and then does what was asked"
