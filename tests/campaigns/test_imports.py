"""`csv_url` and the logo: files that a worker fetches from somebody else's server."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from campaigns import operations
from campaigns.models import Campaign, Case, Import
from campaigns.operations import imports
from events.models import Event
from tests import factories
from tests.loopback import Loopback, serving

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
HEADER = "company_name,contact_email,invoice_amount,invoice_number,invoice_date\n"


@pytest.fixture
def files() -> Iterator[Loopback]:
    with serving() as server:
        yield server


def start(files: Loopback, text: str | bytes, path: str = "/a.csv") -> tuple[factories.ApiClient, dict]:
    files.answers[path] = (200, "text/csv", text.encode() if isinstance(text, str) else text)
    api = factories.client(factories.api_key(factories.organisation()))
    answer = api.post(
        "/v1/campaigns", {"company": "Your Company Inc.", "source": "csv_url", "csv_url": files.url + path}
    )
    assert answer.status_code == 202, answer.json()
    return api, answer.json()


def test_a_csv_fills_its_campaign_and_reports_bad_rows_by_line(files: Loopback, empty_redis: None) -> None:
    text = (
        "\ufeff" + HEADER + "Acme Corp,ap@acmecorp.com,15000,INV-1,2025-10-01\n"
        '"Beta, Inc",ap@beta.example,"1,200.00",INV-2,\n'
        "Gamma LLC,ap@gamma.example,10,INV-3,2025-13-01\n"
        "\n"
        "Acme Corp,ap@acmecorp.com,5,inv-1,\n"
        "Delta Group,ap@delta.example,20.50,INV-4,2025-10-02\n"
    )
    api, said = start(files, text)
    assert (said["status"], said["debtors_enrolled"]) == ("importing", 0) and said["import_id"].startswith("imp_")
    assert operations.run_imports(at=TUESDAY) == 1

    done = Import.objects.get()
    assert (done.status, done.rows_enrolled) == ("completed", 2)
    problems = [(problem["line"], problem["param"], problem["code"]) for problem in done.problems]
    assert problems == [
        (3, "invoice_amount", "invalid_amount"),
        (4, "invoice_date", "invalid_date"),
        (6, "invoice_number", "duplicate_invoice"),
    ]
    campaign = api.get(f"/v1/campaigns/{said['id']}").json()
    assert (campaign["status"], campaign["debtors_enrolled"], campaign["total_amount"]) == ("active", 2, 15020.5)
    types = Event.objects.filter(campaign_id=said["id"]).order_by("sequence").values_list("type", flat=True)
    assert list(types) == ["campaign.started", "import.completed"]


def test_more_than_500_rows_and_a_second_currency_fill_further_campaigns(files: Loopback, empty_redis: None) -> None:
    rows = "".join(
        f"Debtor {n} Inc,ap@d{n}.example,10,N{n},,{'EUR' if n % 300 == 0 else 'USD'}\n" for n in range(1, 701)
    )
    start(files, HEADER.strip() + ",currency\n" + rows)
    operations.run_imports(at=TUESDAY)
    found = sorted(Campaign.objects.values_list("currency", "debtors_enrolled", "status"))
    assert found == [("EUR", 1, "active"), ("EUR", 1, "active"), ("USD", 199, "active"), ("USD", 499, "active")]


def test_a_worker_that_dies_between_slices_is_followed_by_one_that_goes_on(
    files: Loopback, empty_redis: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(files, HEADER + "".join(f"Debtor {n} Inc,ap@d{n}.example,10,N{n},\n" for n in range(700)))

    class Killed(BaseException):
        pass

    whole, calls = imports._enrol_slice, []

    def dies_at_the_second(*args: object, **kwargs: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        whole(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "_enrol_slice", dies_at_the_second)
    with pytest.raises(Killed):
        operations.run_imports(at=TUESDAY)
    monkeypatch.undo()
    assert (Import.objects.get().rows_read, Case.objects.count()) == (500, 500)
    assert operations.run_imports(at=TUESDAY) == 0  # the dead worker's lease still stands
    Import.objects.update(lease_until=TUESDAY)
    operations.run_imports(at=TUESDAY)

    assert Case.objects.count() == 700 and Import.objects.get().problems == []
    assert Event.objects.filter(type="import.completed").count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("who,what\na,b\n", "missing: company_name, invoice_amount"),
        (b"company_name,invoice_amount\nCaf\xe9,1\n", "not UTF-8"),
        (HEADER + '"Acme,ap@acme.com\n', "not CSV"),
        (HEADER + "Acme,ap@acme.com,zero\n", "no row could be enrolled"),
    ],
    ids=["columns", "encoding", "quotes", "amount"],
)
def test_a_file_that_cannot_be_read_fails_in_words(
    files: Loopback, empty_redis: None, text: str | bytes, words: str
) -> None:
    start(files, text)
    operations.run_imports(at=TUESDAY)
    failed = Import.objects.get()
    assert failed.status == "failed" and words in failed.error
    assert Campaign.objects.get().status == "cancelled"
    assert Event.objects.get(type="import.failed").data["import_id"] == failed.id


def test_a_missing_file_is_tried_three_times_then_fails(files: Loopback, empty_redis: None) -> None:
    start(files, "")
    files.answers.clear()
    for _ in range(5):
        operations.run_imports(at=TUESDAY)
        Import.objects.filter(status="running").update(lease_until=TUESDAY)
    assert len(files.asked) == 3
    assert "404" in Import.objects.get().error


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#1E40AF").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (picture(), "ready"),
        (picture("JPEG"), "ready"),
        (picture("GIF"), "failed"),
        (b"<svg onload='x'/>", "failed"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "failed"),
        (picture() + b"\0" * 1_100_000, "failed"),
    ],
    ids=["png", "jpeg", "gif", "svg", "broken", "too large"],
)
def test_a_logo_is_drawn_anew_or_the_name_stands_in_type(
    files: Loopback, empty_redis: None, body: bytes, state: str
) -> None:
    files.answers["/logo"] = (200, "image/png", body)
    api = factories.client(factories.api_key(factories.organisation()))
    asked = {
        "company": "Me",
        "brand": {"logo_url": files.url + "/logo"},
        "debtors": [{"company_name": "A Inc", "invoice_amount": 1}],
    }
    assert api.post("/v1/campaigns", asked).status_code == 201
    operations.fetch_logos(at=TUESDAY)

    campaign = Campaign.objects.get()
    assert campaign.logo_state == state
    if state == "ready":
        with default_storage.open(campaign.logo_file) as kept, Image.open(kept) as drawn:
            assert drawn.format == "PNG" and max(drawn.size) == 480
    else:
        assert campaign.warnings[-1]["code"] == "logo_unavailable"
