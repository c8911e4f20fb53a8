"""All test data of an organisation goes: that it was asked for, and that it is done. The deleting is the sandbox's."""

from datetime import datetime

from accounts import queries
from accounts.models import Organisation
from accounts.operations.control import pause_organisation, resume_organisation
from agentcollect.kit import db, errors
from agentcollect.kit.errors import ApiError
from events.operations import record

errors.define(
    "test_data_resetting", 409, "All test data of this organisation is being deleted; what is made now would go too."
)


def refuse_while_reset(organisation: Organisation, livemode: bool) -> None:
    """Raises ApiError(test_data_resetting)."""
    if organisation.test_reset_at and not livemode:
        raise ApiError("test_data_resetting")


def begin_test_reset(*, organisation_id: str, debtors: int, by: str, at: datetime) -> Organisation:
    """Pause test mode, and keep that all of its data is to go. Raises ApiError: not_found, test_data_resetting."""
    with db.atomic():
        asked = {"test_reset_at": at, "test_reset_by": by, "test_reset_total": debtors}
        if not Organisation.objects.filter(id=organisation_id, test_reset_at=None).update(**asked):
            queries.organisation(organisation_id)
            raise ApiError("test_data_resetting")
        _note("test_data.reset_started", organisation_id, debtors, by, at)
        return pause_organisation(organisation_id=organisation_id, livemode=False, by=by, at=at)


def end_test_reset(*, organisation_id: str, at: datetime) -> None:
    """Everything is gone; a pause that was only for this ends."""
    with db.atomic():
        row = db.locked(Organisation.objects.filter(id=organisation_id)).get()
        if row.test_reset_at is None:
            return
        by, paused = row.test_reset_by, row.test_paused_at == row.test_reset_at
        done = {"test_reset_at": None, "test_reset_by": "", "test_reset_total": 0}
        Organisation.objects.filter(id=organisation_id).update(**done)
        if paused:
            resume_organisation(organisation_id=organisation_id, livemode=False, by=by, at=at)
        _note("test_data.reset", organisation_id, row.test_reset_total, by, at)


def _note(type: str, organisation_id: str, debtors: int, by: str, at: datetime) -> None:
    record(type=type, organisation_id=organisation_id, livemode=False, data={"debtors": debtors}, by=by, at=at)
