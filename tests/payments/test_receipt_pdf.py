"""The receipt on paper: read back, in every language and state, the same bytes for the same rows."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pypdf import PdfReader

from campaigns.models import Campaign, Case
from payments import operations, pdf
from payments.models import Payment
from tests import factories, settling
from tests.payments.agreed import AT, DAY, case, pay

pytestmark = pytest.mark.django_db
BRAND = {
    "name": "Your Company",
    "legal_name": "Your Company Inc.",
    "address": "1 Main Street, Springfield",
    "reply_to": "ar@yourcompany.com",
    "colors": {"primary": "#7a1fa2"},
}


def drawn(row: Case, payment: Payment, language: str = "en") -> PdfReader:
    fresh = Case.objects.select_related("campaign", "debtor", "organisation").get(id=row.id)
    return PdfReader(io.BytesIO(pdf.receipt(Payment.objects.get(id=payment.id), fresh, language)))


def words(reader: PdfReader) -> str:
    return tight("".join(page.extract_text() for page in reader.pages))


def tight(text: str) -> str:
    return "".join(text.split())


def says(reader: PdfReader, *texts: str) -> None:
    found = words(reader)
    for text in texts:
        assert tight(text) in found, (text, found)


def branded(**facts: Any) -> Case:
    row = case(po_number="PO-4711", **facts)
    Campaign.objects.update(brand=BRAND)
    return row


def test_what_came_for_which_invoice_and_the_credit_that_none_took() -> None:
    row = branded()
    shown = drawn(row, pay(row, 130_000))
    says(
        shown,
        *("Your Company", "Your Company Inc.", "1 Main Street, Springfield", "ar@yourcompany.com"),
        *("$1,300.00", "Received on March 17, 2026", "Paid by Acme Corp", "Bank transfer", "Page 1 of 1"),
        *("INV-2025-0847 Purchase order PO-4711 October 1, 2025 October 31, 2025 Principal $1,000.00",),
        *("Not applied to an invoice (credit) $300.00", "Test mode: no money moved."),
    )
    assert "Whathappenedsince" not in words(shown)
    assert shown.metadata is not None and shown.metadata.title == "Receipt: $1,300.00 to Your Company"
    assert (shown.trailer["/Root"]["/Lang"], shown.metadata.creation_date) == ("en", AT)


def test_the_same_rows_are_the_same_bytes_and_later_ones_are_not() -> None:
    row = branded()
    payment = pay(row, 40_000)
    row = Case.objects.select_related("campaign", "debtor", "organisation").get(id=row.id)
    first = pdf.receipt(payment, row, "en")
    assert pdf.receipt(Payment.objects.get(id=payment.id), row, "en") == first
    operations.refund(payment_id=payment.id, amount_minor=100, reason="", by="test", at=AT + DAY)
    assert pdf.receipt(Payment.objects.get(id=payment.id), row, "en") != first


def test_refunds_and_returns_are_told_honestly() -> None:
    row = branded()
    payment = pay(row, 100_000)
    operations.refund(payment_id=payment.id, amount_minor=30_000, reason="", by="test", at=AT + DAY)
    shown = drawn(row, payment)
    says(shown, "March 18, 2026 Refund to you −$300.00", "Principal $700.00 – Gone back to you $300.00")
    assert "paysnothing" not in words(shown)
    assert shown.metadata is not None and shown.metadata.creation_date == AT + DAY
    operations.reverse(payment_id=payment.id, reason="R10", reference="du_1", by="processor", at=AT + 2 * DAY)
    says(drawn(row, payment), "This payment was returned.", "March 19, 2026 Returned by the bank −$700.00")
    operations.reinstate(payment_id=payment.id, reference="du_1", by="processor", at=AT + 3 * DAY)
    shown = drawn(row, payment)
    says(shown, "March 20, 2026 Came again $700.00", "Principal $700.00 – Gone back to you $300.00")
    assert "paysnothing" not in words(shown)


def test_one_payment_for_several_invoices() -> None:
    first = branded()
    more = {"campaign": first.campaign, "debtor": first.debtor}
    second = factories.case(
        first.organisation, amount_minor=50_000, invoice_number="INV-2", invoice_key="inv-2", **more
    )
    payment = operations.record(
        organisation_id=first.organisation_id,
        livemode=False,
        case_id=first.id,
        amount_minor=120_000,
        currency="USD",
        method="card",
        source="page",
        provider="test",
        provider_reference="r1",
        received_at=AT,
        instruction=((first.id, 90_000), (second.id, 30_000)),
        by="test",
        at=AT,
    )
    for row in (first, second):
        says(drawn(row, payment), "Principal $900.00", "INV-2 October 1, 2025 October 31, 2025 Principal $300.00")


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [
        ("en", "$400.00", "April 1, 2026"),
        ("de", "400,00 $", "1. April 2026"),
        ("fr", "400,00 $US", "1er avril 2026"),
        ("es", "400,00 US$", "1 de abril de 2026"),
    ],
)
def test_amounts_and_days_as_on_the_page(language: str, amount: str, day: str) -> None:
    row = branded()
    shown = drawn(row, pay(row, 40_000, at=AT + timedelta(days=15)), language)
    says(shown, amount, day)
    assert shown.trailer["/Root"]["/Lang"] == language


def test_names_in_many_scripts_long_ones_and_a_sign_the_font_lacks() -> None:
    row = case(currency="INR")
    name = "Zażółć gęślą jaźń · Ελληνική Εταιρεία · Пример ООО · 株式会社 · " + "A" * 120
    type(row.debtor).objects.filter(id=row.debtor_id).update(name=name)
    shown = drawn(row, pay(row, 40_000))
    says(
        shown, "Zażółć gęślą jaźń · Ελληνική Εταιρεία · Пример ООО · \ufffd\ufffd\ufffd\ufffd", "A" * 120, "INR 400.00"
    )
    assert "₹" not in words(shown)


def test_the_logo_stands_where_the_name_would() -> None:
    row = branded()
    payment = pay(row, 40_000)
    assert not list(drawn(row, payment).pages[0].images)
    picture = io.BytesIO()
    Image.new("RGBA", (480, 120), (122, 31, 162, 128)).save(picture, "PNG")
    saved = default_storage.save("logos/receipt.png", ContentFile(picture.getvalue()))
    Campaign.objects.update(logo_state="ready", logo_file=saved)
    assert len(drawn(row, payment).pages[0].images) == 1
    default_storage.delete(saved)
    assert not list(drawn(row, payment).pages[0].images), "a picture that is gone breaks nothing"


def test_money_that_never_came_has_none() -> None:
    row = case()
    with pytest.raises(ValueError, match="never came"):
        pdf.receipt(settling.payment(row, status="failed"), row, "en")
