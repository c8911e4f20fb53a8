"""What the creditor shares with the debtor, on the page and behind its link: nobody else's, and nothing kept back."""

from typing import Any

import pytest
from django.test import Client

from campaigns import operations as campaigns
from campaigns.models import Case, Document
from payments import queries
from tests import factories
from tests.outreach.world import AT
from tests.payments.test_page import make, text, url

pytestmark = pytest.mark.django_db


def paper(on: Any, name: str, shared: bool = True, raw: bytes = b"%PDF-1.4 ", **facts: Any) -> Document:
    given = {"name": name, "kind": "invoice", "share_with_debtor": shared, "metadata": {}} | facts
    raw += name.encode()
    return campaigns.add_document(on=on, raw=raw, media_type="application/pdf", facts=given, by="test", at=AT).document


def link(case: Case, document: Document) -> str:
    return f"{url(case)}/documents/{document.id}"


def test_the_page_lists_what_is_shared_invoice_first_and_each_downloads_with_the_pages_headers() -> None:
    case = make()
    terms = paper(case.campaign, "terms.pdf", kind="contract")
    proof = paper(case.debtor, "proof.pdf", kind="proof_of_delivery")
    invoice = paper(case, "INV-2025-0847.pdf")
    hidden = paper(case, "memo.pdf", shared=False, kind="other")
    page = Client().get(url(case))
    words = text(page)
    assert words.index("INV-2025-0847.pdf") < words.index("proof.pdf") < words.index("terms.pdf")
    assert "memo.pdf" not in words and hidden.id not in page.content.decode()
    for one in (invoice, proof, terms):
        got = Client().get(link(case, one))
        assert (got.status_code, b"".join(got) if got.streaming else got.content) == (
            200,
            b"%PDF-1.4 " + one.name.encode(),
        )
        assert got["Content-Disposition"] == f'attachment; filename="{one.name}"'
        assert (got["Cache-Control"], got["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert got["X-Robots-Tag"] == "noindex, nofollow" and got["Content-Type"] == "application/pdf"
        assert got["X-Content-Type-Options"] == "nosniff"
    assert Client().post(link(case, invoice)).status_code == 405


def test_whatever_is_not_shared_with_this_debtor_does_not_exist() -> None:
    case, stranger = make(), make()
    live = make(livemode=True)
    beside = factories.case(case.organisation, campaign=case.campaign, invoice_number="B", invoice_key="b")
    for other in (
        paper(case, "memo.pdf", shared=False),
        paper(stranger, "theirs.pdf"),
        paper(live, "live.pdf"),
        paper(beside, "another.pdf"),
    ):
        assert Client().get(link(case, other)).status_code == 404
    shared = paper(case, "INV.pdf")
    assert Client().get(link(stranger, shared)).status_code == 404
    assert Client().get(f"/pay/{queries.pay_slug(case)}x/documents/{shared.id}").status_code == 404
    campaigns.change_document(document_id=shared.id, changes={"share_with_debtor": False}, by="test", at=AT)
    assert Client().get(link(case, shared)).status_code == 404


def test_a_moved_file_downloads_too_and_a_page_without_papers_has_no_list() -> None:
    case = make()
    assert "Documents" not in text(Client().get(url(case)))
    shared = paper(case, "INV.pdf")
    campaigns.store_documents()
    got = Client().get(link(case, shared))
    assert b"".join(got) == b"%PDF-1.4 INV.pdf" and got["Cache-Control"] == "no-store"
