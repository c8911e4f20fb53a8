"""Time that a test makes itself."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import Tenant


class TestClock(Tenant):
    """A clock of test mode. What is on it lives by `frozen_time`, which moves forward and only when asked to.

    `frozen_time` is the moment its driver has reached: while it is `advancing` to `target`, everything before it has
    happened. `stirred_at`: something was done to what is on it, so that there may be work at `frozen_time` itself.
    `began_from` and `acts` tell how far the present advance has come: where it began, and how many acts it did.
    """

    __test__: ClassVar[bool] = False  # pytest: not a test class

    class Status(models.TextChoices):
        READY = "ready"
        ADVANCING = "advancing"
        FAILED = "failed"
        DELETING = "deleting"

    id = PublicIdField("clk")
    name = models.CharField(max_length=120, blank=True)
    frozen_time = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.READY)
    target = models.DateTimeField(null=True)
    began_from = models.DateTimeField(null=True)
    acts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    stirred_at = models.DateTimeField(null=True)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(livemode=False), name="test_clock_is_test_mode")]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="test_clock_list"),
            models.Index(
                fields=["id"],
                name="test_clock_to_drive",
                condition=Q(status__in=["advancing", "deleting"]) | Q(stirred_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.id
