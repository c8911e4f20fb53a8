"""What a debtor does on the page other than paying: each by a form, a page that says what is agreed, and a POST."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from agentcollect.kit import clock
from campaigns import operations as campaigns
from campaigns.models import Case, Dispute, Document, FileChunk, Hold, LedgerEntry, Task
from payments import operations as payments
from payments.models import Plan, Promise
from payments.rules import plans as plan_rules
from payments.views.page.later import ACTS, PROVEN
from tests import factories
from tests.payments.test_page import BRAND, Browser, text, url

pytestmark = pytest.mark.usefixtures("empty_redis")
SOON = (clock.now() + timedelta(days=5)).date()
FORMS = {
    "promise": {"how_much": "part", "amount": "5,000", "due_on": SOON.isoformat()},
    "plan": {"instalments": "3", "first_on": SOON.isoformat()},
    "paid": {"paid_on": "2025-12-01", "reference": "WIRE-1", "note": ""},
    "dispute": {"reason": "quality", "how_much": "full", "text": "Half of it was broken."},
    "forward": {"name": "Jo Payer", "email": "jo@acmecorp.com"},
    "not-me": {"email": "ap@acmecorp.com", "note": ""},
    "stop": {"email": "ap@acmecorp.com"},
}


@pytest.fixture
def case(db: None) -> Case:
    organisation = factories.organisation()
    return factories.case(organisation, campaign=factories.campaign(organisation, brand=BRAND))


def send(
    case: Case, act: str, confirm: bool = True, proof: SimpleUploadedFile | None = None, **fields: str
) -> HttpResponse:
    """The form filled in, then (as a browser would send it) what its confirmation holds."""
    browser, path = Browser(), f"{url(case)}/{act}"
    hidden = re.findall(r'name="(csrfmiddlewaretoken)" value="([^"]+)"', browser.get(path).content.decode())
    answer = browser.client.post(path, FORMS[act] | fields | dict(hidden), headers={"Origin": "null"})
    if not confirm or answer.status_code != 200 or "confirmed" not in answer.content.decode():
        return answer
    again = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', answer.content.decode()))
    return browser.client.post(path, again | ({"proof": proof} if proof else {}), headers={"Origin": "null"})


@pytest.mark.parametrize("act", ACTS)
def test_looking_and_half_way_change_nothing(case: Case, act: str) -> None:
    assert Browser().get(f"{url(case)}/{act}").status_code == 200
    assert "Is this right?" in text(send(case, act, confirm=False))
    case.refresh_from_db()
    assert (case.status, Hold.objects.count(), Promise.objects.count(), Plan.objects.count()) == ("active", 0, 0, 0)
    assert (Dispute.objects.count(), Task.objects.count()) == (0, 0)


@pytest.mark.parametrize("act", ACTS)
def test_nothing_runs_and_nothing_is_fetched(case: Case, act: str) -> None:
    for page in (Browser().get(f"{url(case)}/{act}"), send(case, act, confirm=False)):
        html = page.content.decode()
        assert "<script" not in html
        assert " style=" not in html
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', html)
        assert page["Cache-Control"] == "no-store"


def test_a_promise(case: Case) -> None:
    assert "You will pay $5,000.00" in text(send(case, "promise", confirm=False))
    answer = send(case, "promise")
    assert (answer.status_code, answer["Location"]) == (302, url(case))
    given = Promise.objects.get()
    assert (given.amount_minor, given.due_on, given.source, given.actor) == (500_000, SOON, "page", "debtor")
    words = text(Browser().get(url(case)))
    assert "You promised $5,000.00 by" in words
    assert "Name the day you will pay" not in words
    assert Browser().get(f"{url(case)}/promise").status_code == 302


def test_a_plan_shows_every_date_and_amount_first(case: Case) -> None:
    assert "3 parts of $5,000.00" in text(Browser().get(f"{url(case)}/plan"))
    words = text(send(case, "plan", confirm=False))
    assert words.count("$5,000.00") == 3
    assert "Together $15,000.00" in words
    send(case, "plan")
    plan = Plan.objects.get()
    assert (plan.status, plan.instalments.count()) == ("active", 3)
    page = Browser().get(url(case))
    assert "Your payment plan" in text(page)
    assert 'value="5,000.00"' in page.content.decode()  # the next part stands in the form


def test_paid_already_keeps_the_balance(case: Case) -> None:
    send(case, "paid")
    hold = Hold.objects.get()
    assert (hold.kind, hold.evidence["paid_on"], hold.evidence["reference"]) == ("paid_claim", "2025-12-01", "WIRE-1")
    words = text(Browser().get(url(case)))
    assert "You told us that this invoice is paid" in words
    assert "$15,000.00" in words


def test_a_dispute(case: Case) -> None:
    send(case, "dispute", how_much="part", amount="1000")
    found = Dispute.objects.get()
    assert (found.reason, found.amount_minor, found.text) == ("quality", 100_000, "Half of it was broken.")
    campaigns.request_dispute_information(dispute_id=found.id, note="Which half?", by="key:1", at=clock.now())
    words = text(Browser().get(url(case)))
    assert "Your objection to this invoice is being looked into" in words
    assert "Harbor & Pine asks: Which half?" in words


# --- a file that proves it


def paper(raw: bytes = b"%PDF-1.4 paid", name: str = "../receipt.exe") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw, content_type="text/html")


@pytest.mark.parametrize("act", PROVEN)
def test_a_proof_is_kept_with_what_was_said_and_shown_to_nobody_here(case: Case, act: str) -> None:
    before = LedgerEntry.objects.count()
    assert send(case, act, proof=paper()).status_code == 302
    kept = Document.objects.select_related("file").get()
    assert (kept.case_id, kept.name, kept.actor, kept.share_with_debtor) == (
        case.id,
        "receipt.exe.pdf",
        "debtor",
        False,
    )
    assert kept.file.media_type == "application/pdf" and b"".join(
        bytes(one.data) for one in FileChunk.objects.filter(file=kept.file)
    ).startswith(b"%PDF")
    said = Hold.objects.get().evidence if act == "paid" else Dispute.objects.get().evidence
    assert said["documents"] == [kept.id] and LedgerEntry.objects.count() == before
    assert "receipt" not in Browser().get(url(case)).content.decode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"MZ\x90\x00\x03", "Send a PDF"),
        (b"%PDF-" + b"x" * 200, "too large"),
        (b"", "The file is empty."),
    ],
)
def test_a_file_that_is_not_taken_stops_everything(
    case: Case, raw: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.views.page.proofs.MAX_BYTES", 100)
    answer = send(case, "paid", proof=paper(raw))
    assert answer.status_code == 400 and words in text(answer) and "WIRE-1" in answer.content.decode()
    assert (Hold.objects.count(), Document.objects.count(), Task.objects.count()) == (0, 0, 0)


def test_nobody_fills_a_storage_from_a_payment_page(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.operations.proofs.MOST", 1)
    send(case, "paid", proof=paper())
    answer = send(case, "dispute", proof=paper(b"%PDF-1.4 another"))
    assert answer.status_code == 409 and "No more files" in text(answer)
    assert (Document.objects.count(), Dispute.objects.count()) == (1, 0)
    assert send(case, "dispute").status_code == 302


def test_only_acts_with_a_proof_take_a_file(case: Case) -> None:
    assert 'type="file"' not in send(case, "promise", confirm=False).content.decode()
    send(case, "promise", proof=paper())
    assert Promise.objects.exists() and not Document.objects.exists()


@pytest.mark.parametrize("email", ["ap@acmecorp.com", "somebody@else.com"])
def test_not_me_answers_the_same_to_everybody(case: Case, email: str) -> None:
    answer = send(case, "not-me", email=email)
    assert answer["Location"] == f"{url(case)}/thanks/not-me"
    assert "Thank you for telling us" in text(Browser().get(answer["Location"]))
    case.refresh_from_db()
    assert case.status == ("needs_contact" if email == "ap@acmecorp.com" else "active")


@pytest.mark.parametrize(
    ("act", "fields", "words"),
    [
        ("promise", {"due_on": "soon"}, "Enter a day"),
        ("promise", {"due_on": "2020-01-01"}, "Choose a nearer day"),
        ("promise", {"due_on": "2099-01-01"}, "Choose a nearer day"),
        ("promise", {"amount": "15,000.01"}, "Enter at most $15,000.00"),
        ("promise", {"amount": "1.001"}, "The amount has more decimals"),
        ("plan", {"instalments": "9"}, "Choose in how many parts"),
        ("plan", {"first_on": "2099-01-01"}, "Choose an earlier day"),
        ("paid", {"paid_on": "2099-01-01"}, "not one that lies ahead"),
        ("dispute", {"reason": "weather"}, "Choose what is wrong."),
        ("dispute", {"text": " "}, "Say in a few words"),
        ("not-me", {"email": "nobody"}, "Enter the e-mail address"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(case: Case, act: str, fields: dict[str, str], words: str) -> None:
    answer = send(case, act, **fields)
    assert answer.status_code == 400
    assert words in text(answer)
    case.refresh_from_db()
    assert case.status == "active"


def test_what_was_typed_is_shown_again_as_text(case: Case) -> None:
    answer = send(case, "dispute", text="<b>broken</b>", reason="x")
    assert "&lt;b&gt;broken&lt;/b&gt;" in answer.content.decode()


def test_confirmed_without_the_form_is_still_read(case: Case) -> None:
    assert send(case, "promise", due_on="", confirmed="yes").status_code == 400


def test_strangers_and_foreign_posts(case: Case) -> None:
    assert Browser().get("/pay/inv-0847/promise").status_code == 404
    refused = Browser().client.post(f"{url(case)}/promise", FORMS["promise"], headers={"Origin": "null"})
    assert (refused.status_code, Promise.objects.count()) == (403, 0)


@pytest.mark.parametrize("status", ["disputed", "escalated", "closed"])
def test_what_the_state_does_not_take_is_not_offered(db: None, status: str) -> None:
    organisation = factories.organisation()
    closed = {"closed_at": clock.now(), "close_reason": "recalled"} if status == "closed" else {}
    row = factories.case(organisation, status=status, **closed)
    page = Browser().get(url(row)).content.decode()
    for act in ("promise", "plan"):
        assert f"{url(row)}/{act}" not in page
        assert Browser().get(f"{url(row)}/{act}").status_code == 302


def test_instalments_that_the_creditor_does_not_grant_are_not_offered(db: None) -> None:
    row = factories.case(factories.organisation(offer_policy={"plans": False}))
    assert f"{url(row)}/plan" not in Browser().get(url(row)).content.decode()
    assert Browser().get(f"{url(row)}/plan").status_code == 302


def test_tries_are_counted(case: Case) -> None:
    answers = [send(case, "promise", confirm=False, due_on="x").status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


# --- a plan the creditor offers


@pytest.fixture
def offer(case: Case) -> Plan:
    parts = plan_rules.schedule(case.balance_minor, 3, SOON)
    return payments.offer_plan(
        case_id=case.id, schedule=parts, source="creditor", evidence={}, by="member:test", at=clock.now()
    )


def test_an_offered_plan_is_shown_and_accepted(case: Case, offer: Plan) -> None:
    assert "offers you to pay in parts" in text(Browser().get(url(case)))
    browser, path = Browser(), f"{url(case)}/offered-plan"
    page = browser.get(path)
    words, hidden = text(page), re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', page.content.decode())
    assert words.count("$5,000.00") == 3 and "Agree to this plan" in words
    offer.refresh_from_db()
    assert offer.status == "offered"
    answer = browser.client.post(path, dict(hidden), headers={"Origin": "null"})
    assert (answer.status_code, answer["Location"]) == (302, url(case))
    offer.refresh_from_db()
    case.refresh_from_db()
    assert (offer.status, case.status) == ("active", "in_plan")
    assert "Your payment plan" in text(Browser().get(url(case)))
    assert Browser().get(path).status_code == 302


@pytest.mark.parametrize("gone", ["expired", "outdated", "another"])
def test_only_the_offer_that_was_seen_is_agreed_to(case: Case, offer: Plan, gone: str) -> None:
    browser, path = Browser(), f"{url(case)}/offered-plan"
    hidden = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', browser.get(path).content.decode()))
    if gone == "expired":
        Plan.objects.update(expires_at=clock.now())
    elif gone == "outdated":
        Case.objects.filter(id=case.id).update(balance_minor=100_000)
    else:
        hidden["plan"] = "pln_another"
    answer = browser.client.post(path, hidden, headers={"Origin": "null"})
    assert answer.status_code == (200 if gone == "another" else 302)
    assert Plan.objects.get().status == "offered"
    assert ("offers you" in text(Browser().get(url(case)))) == (gone == "another")
