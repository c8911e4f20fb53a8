"""A campaign made in the dashboard: every fault beside its row, a preview that writes nothing, one campaign a form."""

import re
import threading
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.models import Organisation, SubmittedForm, TestClock
from accounts.operations.forms import submit_once
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case
from dashboard import drafts
from dashboard.drafts import Draft, Unreadable
from events.models import Event
from tests import factories
from tests.dashboard import world

NEW, CREATE = "/dashboard/campaigns/new", "/dashboard/campaigns/new/create"
SHARED = {"company": "Your Company", "escalation": "auto", "primary": "#1E40AF", "from_email": "ar@yourcompany.com"}
INVOICE = SHARED | {
    "way": "invoice",
    "step": "preview",
    "company_name": "Acme Corp",
    "contact_email": "ap@acmecorp.com",
    "invoice_number": "INV-2025-0847",
    "invoice_amount": "$15,000.00",
    "currency": "usd",
    "invoice_date": "2025-10-01",
    "country": "US",
    "state": "ny",
}
TABLE = "Company name\tInvoice amount\tContact email\tInvoice number\nAcme Corp\t15,000\tap@acmecorp.com\tA-1\n"


def hidden(page: bytes) -> dict[str, str]:
    """The hidden fields of the form that creates."""
    form = page.decode().split(f'action="{CREATE}"')[1].split("</form>")[0]
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def previewed(client: Client, form: dict[str, Any]) -> dict[str, str]:
    answer = client.post(NEW, form)
    assert answer.status_code == 200
    assert b"Create the campaign" in answer.content, answer.content.decode()
    assert not Campaign.objects.exists(), "a preview writes nothing"
    return hidden(answer.content)


def paste(table: str, **more: str) -> dict[str, str]:
    return SHARED | {"way": "paste", "step": "preview", "table": table} | more


def test_one_invoice_from_the_form_to_the_campaign(owner: Client) -> None:
    shown = owner.post(NEW, INVOICE)
    page = shown.content.decode()
    assert "$15,000.00" in page
    assert "ap@acmecorp.com" in page
    assert "Invoice #2025-0847 — Your Company" in page
    form = hidden(shown.content)
    mail = owner.get(f"{NEW}/{form['token']}/message")
    assert mail.status_code == 200
    assert "sandbox allow-popups" in mail["Content-Security-Policy"]
    assert "#1e40af" in mail.content.decode().lower(), "in the brand's colour"
    made = owner.post(CREATE, form)
    campaign, case = Campaign.objects.get(), Case.objects.get()
    assert made["Location"] == f"/dashboard/campaigns/{campaign.id}"
    assert (case.invoice_minor, case.currency, case.debtor.region) == (1_500_000, "USD", "NY")
    assert campaign.brand["from_email"] == "ar@yourcompany.com"
    assert campaign.created_by == f"member:{owner.organisation.members.get().id}"  # type: ignore[attr-defined]
    assert Event.objects.get(type="campaign.started").actor == campaign.created_by


def test_a_campaign_on_a_test_clock(owner: Client) -> None:
    """The preview is of the clock's own days, and the campaign lives there; another creditor's clock is none."""
    organisation: Organisation = owner.organisation  # type: ignore[attr-defined]
    assert 'name="test_clock"' not in owner.get(NEW).content.decode(), "no clock, no question"
    moment = datetime(2026, 3, 2, 15, tzinfo=UTC)
    story = factories.test_clock(organisation, moment, name="Spring")
    other = factories.test_clock(factories.organisation("Other"), moment)
    assert "Spring, at Mar 2, 2026" in owner.get(NEW).content.decode()
    refused = owner.post(NEW, INVOICE | {"test_clock": other.id}).content.decode()
    assert "Create the campaign" not in refused and "Select a valid choice" in refused
    form = previewed(owner, INVOICE | {"test_clock": story.id})
    assert f'value="{story.id}" selected' in owner.post(NEW, form | {"step": "edit"}).content.decode()
    forged = form | {"draft": form["draft"].replace(story.id, other.id), "token": "B" * 22}
    owner.post(CREATE, forged)
    assert not Campaign.objects.exists()
    owner.post(CREATE, form)
    made = Campaign.objects.get()
    assert (made.clock_id, made.created_at) == (story.id, moment) and made.first_contact_at.year == 2026
    assert TestClock.objects.get(id=story.id).stirred_at is not None, "its driver opens the cases"


def test_live_mode_knows_no_clock(owner: Client) -> None:
    organisation: Organisation = owner.organisation  # type: ignore[attr-defined]
    factories.test_clock(organisation, datetime(2026, 3, 2, 15, tzinfo=UTC))
    Organisation.objects.filter(id=organisation.id).update(live_approved=True)
    owner.post("/dashboard/mode", {"mode": "live"})
    page = owner.get(NEW).content.decode()
    assert "Under your name" in page and 'name="test_clock"' not in page


def test_a_second_press_finds_the_first_ones_campaign(owner: Client) -> None:
    """Even rows without an invoice number, which no duplicate check could tell apart."""
    form = previewed(owner, paste("company_name,invoice_amount\nAcme Corp,100\n"))
    first, second = owner.post(CREATE, form), owner.post(CREATE, form)
    assert first["Location"] == second["Location"]
    assert Campaign.objects.count() == 1
    assert owner.post(CREATE, form | {"token": "A" * 22})["Location"] != first["Location"], "another form is another"


@pytest.mark.django_db(transaction=True)
def test_two_presses_in_the_same_instant(transactional_db: None) -> None:
    organisation = factories.organisation()
    start, results = threading.Barrier(4), []

    def press() -> None:
        start.wait()

        def work() -> str:
            return factories.campaign(organisation).id

        results.append(submit_once(token="t" * 22, organisation_id=organisation.id, work=work, at=clock.now()))
        connection.close()

    presses = [threading.Thread(target=press) for _ in range(4)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert len({campaign for campaign, _ in results}) == 1
    assert sorted(fresh for _, fresh in results) == [False, False, False, True]
    assert Campaign.objects.count() == 1


def test_a_form_that_failed_leaves_nothing_behind(db: None) -> None:
    organisation, other = factories.organisation(), factories.organisation("Other")

    def broken() -> str:
        raise ApiError("illegal_transition")

    with pytest.raises(ApiError):
        submit_once(token="t", organisation_id=organisation.id, work=broken, at=clock.now())
    assert not SubmittedForm.objects.exists()
    submit_once(token="t", organisation_id=organisation.id, work=lambda: "cmp_1", at=clock.now())
    with pytest.raises(ApiError):
        submit_once(token="t", organisation_id=other.id, work=lambda: "cmp_2", at=clock.now())


def test_every_fault_stands_beside_its_row(owner: Client) -> None:
    table = (
        "company_name,invoice_amount,invoice_date,contact_email,country\n"
        'Globex,"15.000,00",2031-01-01,nobody,US\n'
        "Initech,4310,2025-10-01,ap@initech.com,US\n"
        ",12,,,FR\n"
    )
    page = owner.post(NEW, paste(table, primary="blue")).content.decode()
    faults = re.sub(r"<[^>]+>", " ", page.split('id="faults-title"')[1].split("</section>")[0])
    said = " ".join(unescape(faults).split())
    assert "1 other row is in order" in said
    assert "Colors primary Must be #RGB or #RRGGBB." in said
    assert "Row 1: Globex Invoice amount: Must be a number without exponent" in said
    assert "Invoice date: Lies in the future." in said
    assert "Contact email:" in said
    assert "Row 3 Company name: Is required." in said
    assert "Row 2" not in said
    assert "15.000,00" in page, "what was typed is still there"
    assert not Campaign.objects.exists()


def test_what_is_not_permitted_is_said_before_anything_is_made(owner: Client) -> None:
    page = owner.post(NEW, paste("company_name,invoice_amount,country,debtor_type\nA,1,FR,\nB,2,US,individual\n"))
    assert b"not among the countries enabled" in page.content
    assert b"Consumer debt" in page.content


def test_an_invoice_in_collection_is_named_with_its_case(owner: Client) -> None:
    form = previewed(owner, INVOICE)
    owner.post(CREATE, form)
    case = Case.objects.get()
    again = owner.post(NEW, INVOICE)
    assert b"is already in collection" in again.content
    assert f"/dashboard/cases/{case.id}".encode() in again.content
    late = owner.post(CREATE, form | {"token": "B" * 22})
    assert b"is already in collection" in late.content, "what became wrong since the preview is said too"
    assert Campaign.objects.count() == 1


def test_who_is_not_contacted_and_why(owner: Client) -> None:
    table = TABLE + "John Smith\t12\tjohn@gmail.com\tJ-1\nNobody Known Ltd\t99\t\tN-1\n"
    page = owner.post(NEW, paste(table)).content.decode()
    assert "identity_doubt" in page
    assert "searched for first" in page
    assert '1</dd><dd class="note">of 3' in page


def test_a_file_comes_back_as_its_rows(owner: Client) -> None:
    file = SimpleUploadedFile("invoices.csv", b"\xef\xbb\xbf" + TABLE.replace("\t", ";").encode(), "text/csv")
    shown = owner.post(NEW, SHARED | {"way": "file", "step": "preview", "file": file})
    form = hidden(shown.content)
    edited = owner.post(NEW, {"way": "file", "step": "edit", "draft": form["draft"]}).content.decode()
    assert "Acme Corp,ap@acmecorp.com,A-1,&quot;15,000&quot;" in edited
    assert owner.post(CREATE, form).status_code == 302
    assert Case.objects.get().invoice_minor == 1_500_000


def test_the_template_can_be_uploaded_as_it_is(owner: Client) -> None:
    template = owner.get(f"{NEW}/template.csv")
    assert template["Content-Disposition"] == 'attachment; filename="agentcollect-invoices.csv"'
    previewed(owner, paste(template.content.decode()))


def test_the_example_is_ready_to_go(owner: Client) -> None:
    for way in ("invoice", "paste"):
        page = owner.get(f"{NEW}?way={way}&example=1").content.decode()
        assert "Acme Corp" in page


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows yet"),
        ("company_name,invoice_amount\n", "no row under it"),
        ("name,amount\nAcme,1\n", "missing: company_name, invoice_amount"),
        ("company_name,invoice_amount\nAcme,1,2,3\n", "Row 1 has 4 cells"),
        ('company_name,invoice_amount\n"Acme,1\n', "no table"),
        ("company_name,invoice_amount\n" + "A,1\n" * 501, "501 rows"),
    ],
    ids=["empty", "header only", "other names", "too many cells", "open quote", "too many rows"],
)
def test_texts_that_are_no_table(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        drafts.read_table(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("15000", "15000"), ("$15,000.00", "15000.00"), ("1,234,567", "1234567"), ("1500,00", "1500,00"), ("1e3", "1e3")],
    ids=["plain", "grouped", "millions", "european", "exponent"],
)
def test_only_commas_that_group_are_taken_out(text: str, plain: str) -> None:
    assert drafts.amount(text) == plain


@pytest.mark.parametrize("raw", [b"PK\x03\x04xlsx", b"x" * (drafts.MAX_BYTES + 1)], ids=["workbook", "large"])
def test_files_that_are_no_csv(owner: Client, raw: bytes) -> None:
    file = SimpleUploadedFile("x.csv", raw, "text/csv")
    answer = owner.post(NEW, SHARED | {"way": "file", "step": "preview", "file": file})
    assert b'class="notice bad"' in answer.content


@pytest.mark.parametrize(
    "draft",
    ["", "[]", '{"rows": 1}', '{"rows": [1], "settings": {}, "unknown": []}', "[" * 100_000],
    ids=["none", "list", "number", "row", "deep"],
)
def test_a_forged_draft_makes_nothing(owner: Client, draft: str) -> None:
    answer = owner.post(CREATE, {"draft": draft, "token": "t" * 22, "way": "paste"})
    assert answer["Location"] == NEW
    assert not Campaign.objects.exists()


def test_a_draft_is_checked_like_any_body(owner: Client) -> None:
    settings = SHARED | {"mandate_months": 9999, "csv_url": "http://169.254.169.254/"}
    draft = Draft([{"company_name": "A", "invoice_amount": "1", "livemode": "true"}], settings).pack()
    answer = owner.post(CREATE, {"draft": draft, "token": "t" * 22, "way": "paste"})
    assert answer.status_code == 200
    assert not Campaign.objects.exists()
    assert b"no field" in answer.content


def test_live_mode_must_be_open(owner: Client) -> None:
    form = previewed(owner, INVOICE)
    owner.post("/dashboard/mode", {"mode": "live"})
    Organisation.objects.update(live_approved=False)
    assert owner.get(NEW)["Location"] == "/dashboard/settings"
    assert owner.post(CREATE, form).status_code == 404
    Organisation.objects.update(live_approved=True)
    page = owner.get(NEW).content.decode()
    assert re.search(r'<option value="ask" selected>', page), "a person chooses `auto` where real attorneys are asked"
    owner.post(CREATE, form)
    assert Campaign.objects.get().livemode


@pytest.mark.parametrize("role", ["finance", "viewer", "auditor"])
def test_who_may_not(owner: Client, role: str) -> None:
    someone = Client()
    organisation = owner.organisation  # type: ignore[attr-defined]
    someone.force_login(world.member(organisation, role, email=f"{role}@example.com").user)
    assert someone.get(NEW).status_code == 403
    assert someone.post(CREATE, previewed(owner, INVOICE)).status_code == 403
    assert not Campaign.objects.exists()


def test_another_seat_does_not_read_the_preview(owner: Client) -> None:
    token = previewed(owner, INVOICE)["token"]
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other")).user)
    assert stranger.get(f"{NEW}/{token}/message").status_code == 404
