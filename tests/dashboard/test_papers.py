"""What a debtor sent to prove what they say: on the task and on the pages, for members only, always a download."""

import pytest
from django.test import Client

from agentcollect.kit import clock
from campaigns.models import Case, Document
from payments import operations
from payments.operations.proofs import Proof
from tests import factories
from tests.dashboard import world


@pytest.fixture
def paper(owner: Client) -> Document:
    case = factories.case(owner.organisation)  # type: ignore[attr-defined]
    proof = Proof(b"%PDF-1.4 paid", "application/pdf", "wire <b>.pdf")
    told = {"paid_on": "2025-12-01", "reference": "WIRE-1", "note": ""}
    operations.claim_paid(case_id=case.id, evidence=told, proof=proof, by="debtor", at=clock.now())
    return Document.objects.get()


def test_the_operator_finds_it_where_it_is_needed(owner: Client, paper: Document) -> None:
    debtor_id = Case.objects.values_list("debtor_id", flat=True).get(id=paper.case_id)
    for path in ("needs-you", f"cases/{paper.case_id}", f"debtors/{debtor_id}"):
        page = owner.get(f"/dashboard/{path}").content.decode()
        assert f"/dashboard/documents/{paper.id}" in page and "wire &lt;b&gt;.pdf" in page, path
        assert "From the debtor" in page


def test_it_is_a_download_and_theirs_alone(owner: Client, paper: Document) -> None:
    path = f"/dashboard/documents/{paper.id}"
    answer = owner.get(path)
    assert answer.content == b"%PDF-1.4 paid" and answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]
    assert Client().get(path).status_code == 302
    stranger = Client()
    stranger.force_login(world.member(factories.organisation("Other Inc.")).user)
    assert stranger.get(path).status_code == 404
    owner.post("/dashboard/mode", {"mode": "live"})
    assert owner.get(path).status_code == 404
