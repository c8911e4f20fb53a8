"""`/v1/documents`: judged by its bytes, kept once, moved into a folder or a bucket by a worker."""

import hashlib
import io
import itertools
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import jsonschema
import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import Organisation
from agentcollect.kit import clock, db
from campaigns import operations, storage
from campaigns.models import Case, Document, FileChunk, StoredFile
from campaigns.rules.documents import MAX_BYTES, Type, plain_name, type_of
from campaigns.schema.files import DOCUMENT, DOCUMENT_EXAMPLE, DOCUMENT_PATCH
from events.models import Event
from tests import factories
from tests.factories import PDF, ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(empty_redis: None) -> Organisation:
    return factories.organisation()


@pytest.fixture
def api(organisation: Organisation) -> ApiClient:
    return factories.client(factories.api_key(organisation))


@pytest.fixture
def case(organisation: Organisation) -> Case:
    return factories.case(organisation)


def send(api: ApiClient, raw: bytes | None = PDF, name: str = "invoice.pdf", **fields: Any) -> HttpResponse:
    parts = fields | ({"file": SimpleUploadedFile(name, raw)} if raw is not None else {})
    return api.django.post("/v1/documents", parts, headers=api.headers)


def added(api: ApiClient, case: Case, raw: bytes = PDF, name: str = "invoice.pdf", **fields: Any) -> dict[str, Any]:
    answer = send(api, raw, name, case_id=case.id, **fields)
    assert answer.status_code == 201, answer.content
    jsonschema.validate(answer.json(), DOCUMENT)
    return answer.json()


def content(api: ApiClient, document_id: str) -> HttpResponse:
    return api.get(f"/v1/documents/{document_id}/content")


def body_of(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def picture(form: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(out, form)
    return out.getvalue()


def office(*parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return out.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("xl/workbook.xml", "[Content_Types].xml")


def test_a_document_is_there_before_and_after_a_worker_moved_it(api: ApiClient, case: Case) -> None:
    made = added(api, case, kind="invoice", **{"metadata[erp]": "7"})
    assert (made["name"], made["kind"], made["media_type"]) == ("invoice.pdf", "invoice", "application/pdf")
    assert (made["size"], made["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert (made["case_id"], made["debtor_id"], made["share_with_debtor"]) == (case.id, None, False)
    assert made["metadata"] == {"erp": "7"}
    assert body_of(content(api, made["id"])) == PDF and StoredFile.objects.get().state == "spooled"

    assert operations.store_documents() == 1 and operations.store_documents() == 0
    assert StoredFile.objects.get().state == "stored" and not FileChunk.objects.exists()
    answer = content(api, made["id"])
    assert body_of(answer) == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoice.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"


def test_it_is_told_with_the_facts_of_its_case(api: ApiClient, case: Case) -> None:
    made = added(api, case)
    event = Event.objects.get(type="document.added")
    assert event.case_id == case.id and event.sequence and event.data["invoice_number"] == case.invoice_number
    assert event.data["document"]["id"] == made["id"] and event.data["document"]["sha256"] == made["sha256"]
    send(api, PDF, debtor_id=case.debtor_id)
    send(api, PDF, campaign_id=case.campaign_id)
    _, of_debtor, of_campaign = Event.objects.filter(type="document.added").order_by("sequence")
    assert (of_debtor.data["debtor_id"], of_debtor.data["case_id"]) == (case.debtor_id, None)
    assert of_campaign.data["campaign_id"] == case.campaign_id and "case_id" not in of_campaign.data


def test_the_same_bytes_are_kept_once(api: ApiClient, case: Case, organisation: Organisation) -> None:
    made = added(api, case)
    again = send(api, PDF, "other name.pdf", case_id=case.id)
    assert (again.status_code, again.json()["id"]) == (200, made["id"])
    assert send(api, PDF, debtor_id=case.debtor_id).json()["id"] != made["id"]
    assert (Document.objects.count(), StoredFile.objects.count()) == (2, 1)
    factories.document(factories.case(organisation, livemode=True))
    factories.document(factories.case(factories.organisation("Other Inc.")))
    assert StoredFile.objects.count() == 3


def test_two_at_once_make_one(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two equals, which looked before the first had committed."""
    standing, real, looked = factories.document(case), QuerySet.first, itertools.count()

    def blind_at_first(self: Any) -> Any:
        return None if self.model is Document and next(looked) == 0 else real(self)

    monkeypatch.setattr(QuerySet, "first", blind_at_first)
    assert factories.document(case).id == standing.id
    assert (Document.objects.count(), StoredFile.objects.count()) == (1, 1)
    assert Event.objects.filter(type="document.added").count() == 1


@pytest.mark.parametrize(
    ("raw", "name", "media_type", "called"),
    [
        (PDF, "../../etc/passwd", "application/pdf", "passwd.pdf"),
        (PDF, "C:\\files\\Rechnung März.PDF", "application/pdf", "Rechnung März.PDF"),
        (picture("PNG"), "scan.pdf", "image/png", "scan.pdf.png"),
        (picture("JPEG"), "photo.jpeg", "image/jpeg", "photo.jpeg"),
        (picture("WEBP"), "p.webp", "image/webp", "p.webp"),
        (picture("TIFF"), "fax.tif", "image/tiff", "fax.tif"),
        (DOCX, "contract.docx", Type, "contract.docx"),
        (XLSX, "aging.xlsx", Type, "aging.xlsx"),
        (b"a;b\n1;2\n", "rows.csv", "text/csv", "rows.csv"),
        ("Grüße\n".encode("latin-1"), "note.txt", "text/plain", "note.txt"),
        (b"From: a@b.co\r\nTo: c@d.co\r\nSubject: x\r\n\r\nhi", "mail", "message/rfc822", "mail.eml"),
        (b"<script>alert(1)</script>", "page.html", "text/plain", "page.html.txt"),
        (PDF, "fdp.\u202eexe", "application/pdf", "fdp.exe.pdf"),
        (PDF, " ..hidden\x00\n .pdf", "application/pdf", "hidden .pdf"),
        (PDF, "", "application/pdf", "document.pdf"),
        (PDF, "x" * 500 + ".pdf", "application/pdf", "x" * 116 + ".pdf"),
    ],
    ids=[
        *("path", "windows", "png", "jpeg", "webp", "tiff", "docx", "xlsx", "csv", "latin1", "mail", "html"),
        *("bidi", "control", "nameless", "long"),
    ],
)
def test_bytes_say_what_it_is(raw: bytes, name: str, media_type: Any, called: str) -> None:
    kind = type_of(raw, name)
    assert kind is not None
    if media_type is not Type:
        assert kind.media_type.partition(";")[0] == media_type
    assert plain_name(name, kind) == called


@pytest.mark.parametrize(
    "raw",
    [
        b"MZ\x90\x00" + bytes(100),
        b"\x7fELF" + bytes(100),
        office("a.txt"),
        office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04 no archive",
        b"GIF89a" + bytes(100),
        b"plain \x00 text",
        b"\x1b[31mred",
        bytes(range(256)),
    ],
    ids=["exe", "elf", "zip", "macros", "broken-zip", "gif", "nul", "escape", "noise"],
)
def test_what_is_not_kept(api: ApiClient, case: Case, raw: bytes) -> None:
    answer = send(api, raw, "invoice.pdf", case_id=case.id)
    assert (answer.status_code, answer.json()["error"]) == (400, "document_type_not_allowed")
    assert not Document.objects.exists() and not StoredFile.objects.exists()


def test_every_fault_at_once(api: ApiClient, case: Case) -> None:
    answer = send(api, b"", "x.pdf", kind="novel", share_with_debtor="maybe", colour="red")
    assert answer.status_code == 400
    faults = {(fault["param"], fault["code"]) for fault in answer.json()["errors"]}
    assert faults == {
        ("file", "empty_document"),
        ("kind", "invalid_choice"),
        ("share_with_debtor", "invalid_choice"),
        ("colour", "unknown_field"),
        ("case_id", "missing_field"),
    }
    assert send(api, None, case_id=case.id).json()["param"] == "file"
    both = send(api, PDF, case_id=case.id, debtor_id=case.debtor_id)
    assert both.json()["param"] == "case_id"
    assert send(api, PDF, case_id=[case.id, case.id]).json()["error"] == "invalid_type"
    unknown = send(api, PDF, case_id="cas_unknown")
    assert (unknown.status_code, unknown.json()["param"]) == (404, "case_id")
    assert api.post("/v1/documents", {"case_id": case.id}).json()["error"] == "multipart_required"
    broken = api.django.generic(
        "POST", "/v1/documents", b"--x\r\n", content_type="multipart/form-data; boundary=", headers=api.headers
    )
    assert broken.json()["error"] == "malformed_multipart"


def test_too_large_is_refused(api: ApiClient, case: Case) -> None:
    answer = send(api, PDF + bytes(MAX_BYTES + 300_000), case_id=case.id)
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")
    answer = send(api, PDF + b" " * (MAX_BYTES - len(PDF) + 1), case_id=case.id)
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")


def test_the_largest_is_kept_in_pieces(api: ApiClient, case: Case) -> None:
    raw = PDF + b" " * (MAX_BYTES - len(PDF))
    made = added(api, case, raw)
    assert FileChunk.objects.count() == 50
    operations.store_documents()
    assert hashlib.sha256(body_of(content(api, made["id"]))).hexdigest() == made["sha256"]


def test_facts_are_changed_bytes_are_not(api: ApiClient, case: Case) -> None:
    made = added(api, case, **{"metadata[a]": "1"})
    path = f"/v1/documents/{made['id']}"
    body = {"share_with_debtor": True, "name": "Rechnung.exe", "kind": "contract", "metadata": {"a": None, "b": "2"}}
    jsonschema.validate(body, DOCUMENT_PATCH)
    said = api.patch(path, body).json()
    assert (said["share_with_debtor"], said["name"], said["kind"]) == (True, "Rechnung.exe.pdf", "contract")
    assert said["metadata"] == {"b": "2"} and said["sha256"] == made["sha256"]
    assert Event.objects.get(type="document.changed").data["fields"] == [
        "kind",
        "metadata",
        "name",
        "share_with_debtor",
    ]
    api.patch(path, {"share_with_debtor": True})
    assert Event.objects.filter(type="document.changed").count() == 1
    assert api.patch(path, {"sha256": "x"}).json()["error"] == "unknown_field"
    assert api.delete(path).status_code == 405
    jsonschema.validate(DOCUMENT_EXAMPLE, DOCUMENT)


def test_lists(api: ApiClient, case: Case, organisation: Organisation) -> None:
    mine = added(api, case, kind="invoice")
    of_debtor = send(api, PDF, debtor_id=case.debtor_id).json()
    of_campaign = send(api, PDF, campaign_id=case.campaign_id, kind="contract").json()
    other = factories.document(factories.case(organisation, invoice_number="X", invoice_key="x"), raw=PDF + b"x")

    def ids(path: str, **params: str) -> set[str]:
        return {item["id"] for item in api.get(path, params).json()["data"]}

    assert ids("/v1/documents") == {mine["id"], of_debtor["id"], of_campaign["id"], other.id}
    assert (
        ids("/v1/documents", case_id=case.id) == ids("/v1/documents", kind="invoice", case_id=case.id) == {mine["id"]}
    )
    assert ids("/v1/documents", share_with_debtor="true") == set()
    assert ids(f"/v1/cases/{case.id}/documents") == {mine["id"], of_debtor["id"], of_campaign["id"]}
    assert ids(f"/v1/cases/{case.id}/documents", kind="contract") == {of_campaign["id"]}
    with CaptureQueriesContext(connection) as three:
        api.get(f"/v1/cases/{case.id}/documents")
    with CaptureQueriesContext(connection) as one:
        api.get(f"/v1/cases/{case.id}/documents", {"limit": 1})
    assert len(three) == len(one)


def test_scopes(organisation: Organisation, case: Case) -> None:
    document = factories.document(case)
    reader = factories.client(factories.api_key(organisation, scopes=["documents:read"]))
    assert content(reader, document.id).status_code == 200
    assert send(reader, PDF + b"x", case_id=case.id).json()["error"] == "missing_scope"
    stranger = factories.client(factories.api_key(organisation, scopes=["campaigns:read"]))
    assert content(stranger, document.id).json()["error"] == "missing_scope"


def test_with_an_idempotency_key_the_first_answer_comes_again(api: ApiClient, case: Case) -> None:
    def go() -> HttpResponse:
        parts = {"file": SimpleUploadedFile("invoice.pdf", PDF), "case_id": case.id}
        return api.django.post("/v1/documents", parts, headers=api.headers | {"Idempotency-Key": "k1"})

    first, second = go(), go()
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replayed"] == "true" and first.json() == second.json()


# --- the storage


def test_a_storage_that_fails_loses_nothing(api: ApiClient, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    made = added(api, case)

    def broken(*args: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", broken)
        assert operations.store_documents() == 0
    stored = StoredFile.objects.get()
    assert (stored.state, stored.attempts) == ("spooled", 1) and "disk full" in stored.error
    assert body_of(content(api, made["id"])) == PDF
    assert operations.store_documents() == 0, "it waits before it tries again"
    StoredFile.objects.update(next_attempt_at=clock.now() - timedelta(seconds=1))
    assert operations.store_documents() == 1


def test_a_worker_that_died_half_way_is_followed_by_another(case: Case) -> None:
    factories.document(case)
    StoredFile.objects.update(next_attempt_at=clock.now() + timedelta(minutes=5), attempts=1)
    assert operations.store_documents() == 0
    name = StoredFile.objects.get().storage_name
    storages["documents"].save(name, io.BytesIO(b"half of it"))  # type: ignore[arg-type]
    StoredFile.objects.update(next_attempt_at=clock.now() - timedelta(seconds=1))
    assert operations.store_documents() == 1
    assert storages["documents"].open(name).read() == PDF


def test_a_file_that_cannot_be_read_back_is_not_believed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.document(case)
    monkeypatch.setattr(type(storages["documents"]), "size", lambda self, name: 3)
    assert operations.store_documents() == 0
    assert StoredFile.objects.get().state == "spooled" and FileChunk.objects.exists()


def test_the_network_is_never_waited_for_in_a_transaction(case: Case) -> None:
    with db.atomic(), pytest.raises(RuntimeError):
        storage.keep("x", io.BytesIO(b"x"), 1)


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """A real S3 protocol on a port of this machine."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def bucket(url: str) -> Any:
    from agentcollect import settings
    from agentcollect.kit import storage

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCUMENTS_S3_BUCKET", "papers")
        patch.setenv("DOCUMENTS_S3_ENDPOINT_URL", url)
        patch.setenv("DOCUMENTS_S3_REGION", "us-east-1")
        patch.setenv("DOCUMENTS_S3_ACCESS_KEY_ID", "test")
        patch.setenv("DOCUMENTS_S3_SECRET_ACCESS_KEY", "test")
        patch.setenv("DOCUMENTS_S3_PREFIX", "kept")
        described = storage.documents(settings.VAR_DIR)
    described["OPTIONS"]["client_config"] = described["OPTIONS"]["client_config"].merge(quick())
    return override_settings(STORAGES=settings.STORAGES | {"documents": described})


def quick() -> Any:
    from botocore.config import Config

    return Config(connect_timeout=1, read_timeout=5, retries={"max_attempts": 0})


def test_in_a_bucket(api: ApiClient, case: Case, s3_url: str) -> None:
    with bucket(s3_url):
        storages["documents"].connection.create_bucket(Bucket="papers")  # type: ignore[attr-defined]
        made = added(api, case, PDF, "Überweisung.pdf")
        assert operations.store_documents() == 1
        answer = content(api, made["id"])
        assert answer.status_code == 302 and "/papers/kept/documents/" in answer.headers["Location"]
        fetched = httpx.get(answer.headers["Location"])
        assert (fetched.status_code, fetched.content) == (200, PDF)
        assert fetched.headers["Content-Type"] == "application/pdf"
        assert "attachment" in fetched.headers["Content-Disposition"]
        assert "X-Amz-Expires=300" in answer.headers["Location"]
        name = StoredFile.objects.get().storage_name
        assert storages["documents"].open(name).read() == PDF
        storage.forget(name)
        assert httpx.get(content(api, made["id"]).headers["Location"]).status_code in {403, 404}


def test_while_the_bucket_is_gone_documents_come_and_can_be_read(api: ApiClient, case: Case, s3_url: str) -> None:
    raw = PDF + b"while it is gone"
    with bucket("http://127.0.0.1:9"):
        made = added(api, case, raw)
        assert operations.store_documents() == 0
        assert body_of(content(api, made["id"])) == raw
    StoredFile.objects.update(next_attempt_at=clock.now())
    with bucket(s3_url):
        assert operations.store_documents() == 1
        assert httpx.get(content(api, made["id"]).headers["Location"]).content == raw


# --- what the database itself refuses


def test_a_document_is_about_one_thing(case: Case) -> None:
    document = factories.document(case)
    with pytest.raises(IntegrityError), db.atomic():
        Document.objects.filter(id=document.id).update(debtor_id=case.debtor_id)


def test_a_document_stays_with_its_tenant(case: Case) -> None:
    document = factories.document(case)
    other = factories.case(factories.organisation("Other Inc."))
    with pytest.raises(IntegrityError), db.atomic():
        Document.objects.filter(id=document.id).update(case_id=other.id)
    elsewhere = factories.document(other)
    with pytest.raises(IntegrityError), db.atomic():
        Document.objects.filter(id=document.id).update(file_id=elsewhere.file_id)
