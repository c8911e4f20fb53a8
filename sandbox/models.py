"""What a sandbox debtor is still going to do (docs/decisions/0016-the-sandbox-keeps-one-table.md)."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant


class Reaction(OnClock, Tenant):
    """One thing that a reacting debtor does at `due_at`, because of `cause` (a message, a call, a payment).

    `persona`: the local part of the address without its delay, or of a phone number; `act` and `facts`: what is done,
    as sandbox.personas spells it; `result`: the id of what came of it, or why nothing did.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        DONE = "done"
        SKIPPED = "skipped"
        FAILED = "failed"

    id = PublicIdField("rct")
    case = ParentKey("campaigns.Case")
    contact = ParentKey("campaigns.Contact", null=True)
    persona = models.CharField(max_length=40)
    act = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField(default=1)
    facts = models.JSONField(default=dict)
    cause = IdRefField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PLANNED)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(livemode=False), name="reaction_is_test_mode"),
            models.UniqueConstraint(fields=["cause", "act", "number"], name="reaction_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="reaction_due", condition=Q(status="planned", clock_id="")),
            models.Index(
                fields=["clock_id", "due_at"],
                name="reaction_due_on_clock",
                condition=Q(status="planned") & ~Q(clock_id=""),
            ),
            models.Index(fields=["case"], name="reaction_case"),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case", "contact_id": "campaigns.Contact"}

    def __str__(self) -> str:
        return f"{self.persona}: {self.act}"
