"""What deleted test data left in the document storage goes after it, and nothing else does."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns import operations, storage
from campaigns.models import Case, Document, Export, StoredFile
from sandbox import driver, resetting
from tests import factories
from tests.sandbox import clocked

FOLDER = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any, empty_redis: None) -> Path:
    settings.STORAGES = settings.STORAGES | {"documents": FOLDER | {"OPTIONS": {"location": tmp_path}}}
    return tmp_path


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def test_what_lay_on_a_clock_goes_with_it_and_what_another_document_is_of_stays(folder: Path) -> None:
    api = clocked.creditor()
    clock_id = clocked.make(api)
    campaign = clocked.place(api, clock_id, 1)
    on_clock, on_wall = Case.objects.get(campaign=campaign), factories.case(campaign.organisation)
    for case, raw in ((on_clock, b"%PDF-1 ours"), (on_clock, b"%PDF-1 both"), (on_wall, b"%PDF-1 both")):
        factories.document(case, raw)
    assert operations.store_documents() == 2 and files(folder) == 2
    assert operations.forget_files() == 0, "all of it is some document's"
    assert api.delete(f"/v1/sandbox/clocks/{clock_id}").status_code == 202
    driver.drive(wall=clock.now())
    assert operations.forget_files() == 1 and operations.forget_files() == 0
    kept = StoredFile.objects.get()
    assert files(folder) == 1 and storages["documents"].exists(kept.storage_name)
    assert Document.objects.get().file_id == kept.id


def test_a_reset_takes_the_files_of_test_mode_and_no_live_one(folder: Path) -> None:
    organisation = factories.organisation()
    test, live = factories.case(organisation), factories.case(organisation, True)
    for case in (test, live):
        factories.document(case, b"%PDF-1 the same")
    operations.store_documents()
    exported, stays = factories.export(organisation), factories.export(organisation, True)
    assert files(folder) == 4
    resetting.begin(organisation_id=organisation.id, by="test", at=clock.now())
    resetting.go_on(wall=clock.now())
    assert Organisation.objects.get(id=organisation.id).test_reset_at is None
    assert operations.forget_files() == 1 and operations.expire_exports(at=clock.now()) == 1
    assert StoredFile.objects.get().livemode and files(folder) == 2
    states = dict(Export.objects.values_list("id", "status"))
    assert states == {exported.id: "expired", stays.id: "completed"}


def test_bytes_that_come_again_meanwhile_are_another_file(folder: Path, monkeypatch: Any) -> None:
    """A storage that is away, or a worker that died, leaves a mark: the next run removes the old file, and no other."""
    case = factories.case(factories.organisation())
    first = factories.document(case)
    operations.store_documents()
    Document.objects.filter(id=first.id).delete()
    with monkeypatch.context() as away:
        away.setattr(storage, "forget", lambda name: (_ for _ in ()).throw(OSError("away")))
        assert operations.forget_files() == 0
    again = factories.document(case)
    operations.store_documents()
    assert StoredFile.objects.count() == 2 and files(folder) == 2
    assert operations.forget_files() == 1
    assert StoredFile.objects.get().id == again.file_id and files(folder) == 1
    assert storages["documents"].exists(StoredFile.objects.get().storage_name)


def test_what_is_still_spooled_waits_for_its_worker(folder: Path) -> None:
    Document.objects.filter(id=factories.document(factories.case(factories.organisation())).id).delete()
    assert operations.forget_files() == 0 and StoredFile.objects.get().state == "spooled"
    operations.store_documents()
    assert operations.forget_files() == 1 and files(folder) == 0 and not StoredFile.objects.exists()
