"""A form's button pressed twice does its work once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import IntegrityError

from accounts.models import SubmittedForm
from agentcollect.kit import db
from agentcollect.kit.errors import ApiError

_KEPT = timedelta(days=1)


def submitted(*, token: str, organisation_id: str) -> str:
    """What came of the form, if it was carried out before; else nothing."""
    before = SubmittedForm.objects.filter(token=token.replace("\0", "?"), organisation_id=organisation_id).first()
    return before.result if before else ""


def submit_once(*, token: str, organisation_id: str, work: Callable[[], str], at: datetime) -> tuple[str, bool]:
    """(what came of the form, whether it was done just now). `token` was drawn when the form was shown.

    The token's row and the work commit together: a second press, even in the same instant, waits for the first and
    finds its result; a first one that failed leaves nothing behind. Raises what `work` raises, and ApiError(not_found)
    for a token of another organisation.
    """
    try:
        with db.atomic():
            row = SubmittedForm(token=token, organisation_id=organisation_id, created_at=at)
            with db.atomic():
                row.save(force_insert=True)
            row.result = work()
            row.save(update_fields=["result"])
            SubmittedForm.objects.filter(organisation_id=organisation_id, created_at__lt=at - _KEPT).delete()
    except IntegrityError:
        before = SubmittedForm.objects.filter(token=token).first()
        if before is None:
            raise
        if before.organisation_id != organisation_id:
            raise ApiError("not_found") from None
        return before.result, False
    return row.result, True
