"""What the creditor keeps us away from."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import Tenant


class Exclusion(Tenant):
    """A rule of the creditor's about debtors and addresses. It holds from the moment its row is committed.

    `key` is `value` as it is compared (campaigns.rules.exclusions). The gate reads the rules themselves; the holds that
    show them on debtors and contacts are placed, and after a removal released, by a worker: `settled_at` empty says
    that it has still something to do.
    """

    class Match(models.TextChoices):
        COMPANY = "company"
        DOMAIN = "domain"
        EMAIL = "email"
        PHONE = "phone"
        EXTERNAL_ID = "external_id"

    class Effect(models.TextChoices):
        NEVER_CONTACT = "never_contact"
        ASK_FIRST = "ask_first"
        NO_CALLS = "no_calls"
        NO_ATTORNEY = "no_attorney"

    id = PublicIdField("exc")
    match = models.CharField(max_length=12, choices=Match.choices)
    value = models.CharField(max_length=300)
    key = models.CharField(max_length=300)
    effect = models.CharField(max_length=16, choices=Effect.choices)
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=80)
    removed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "match", "key", "effect"],
                name="exclusion_once",
                condition=Q(removed_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="exclusion_list"),
            models.Index(fields=["recorded_at"], name="exclusion_unsettled", condition=Q(settled_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.match} {self.value}: {self.effect}"
