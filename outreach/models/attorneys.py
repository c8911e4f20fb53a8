"""Who takes a case over: the directory of attorneys, and what was referred to them."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import ParentKey, TenantChild


class Attorney(models.Model):
    """An independent attorney of the directory; engaged by the creditor, never by us."""

    id = PublicIdField("atn")
    name = models.CharField(max_length=120)
    firm = models.CharField(max_length=160)
    email = models.EmailField()
    bar_state = models.CharField(max_length=10)
    bar_number = models.CharField(max_length=40)
    licence_expires_on = models.DateField()
    capacity = models.PositiveIntegerField(default=50)
    sandbox = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bar_state", "bar_number"], name="attorney_bar_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.bar_state} {self.bar_number})"


class Referral(TenantChild):
    """A case offered to an attorney."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        RETURNED = "returned"
        RECOVERED = "recovered"

    id = PublicIdField("rfl")
    case = ParentKey("campaigns.Case")
    attorney = models.ForeignKey(Attorney, on_delete=models.PROTECT, related_name="referrals")
    status = models.CharField(max_length=10, choices=Status.choices)
    accepted_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="referral_one_open_per_case",
                condition=Q(status__in=["proposed", "offered", "accepted"]),
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="referral_offered", condition=Q(status="offered"))]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case"}
