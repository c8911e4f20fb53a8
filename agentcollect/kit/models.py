"""The abstract row of a tenant: whose it is, in which mode, and the two clocks it keeps."""

from typing import Any

from django.db import models

from agentcollect.kit.ids import IdRefField


class Tenant(models.Model):
    """A row that belongs to one organisation in one mode, for ever.

    `created_at` is story time (a test clock's, when there is one); `recorded_at` is wall time, for retention, leases
    and `updated_since`. A child that names parents in `Integrity.tenant_parents` refers to (id, organisation,
    livemode) of each, so Django's own single-column foreign key would only check the same thing twice.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    livemode = models.BooleanField()
    created_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True


class TenantChild(Tenant):
    """A row that always has a parent of the same tenant: the parent's key proves the organisation exists.

    A foreign key of its own would check the same fact again for every row of a bulk insert.
    """

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )

    class Meta:
        abstract = True


class OnClock(models.Model):
    """A row that becomes due by story time: on the wall (`clock_id` empty), or on the test clock of its debtor.

    Sweeps of the wall ask for `clock_id=""`; only the driver of a clock takes the others (accounts.timeline).
    """

    clock_id = IdRefField(default="", db_default="")

    class Meta:
        abstract = True


class ParentKey(models.ForeignKey[Any, Any]):
    """A reference to a parent of the same tenant: the composite key of `Integrity.tenant_parents` checks it.

    No index by default: each table names the ones its reads need.
    """

    def __init__(self, to: str, on_delete: Any = models.PROTECT, **options: Any) -> None:
        unchecked: dict[str, Any] = {"db_constraint": False, "db_index": False, "related_name": "+"}
        super().__init__(to, on_delete=on_delete, **(unchecked | options))
