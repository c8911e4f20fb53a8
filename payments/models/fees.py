"""What the operator charges a creditor: the agreed schedule, each fee as it was earned, the monthly statement."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant, TenantChild


class FeeSchedule(models.Model):
    """What one organisation is charged from `effective_at` on, until a later row. Never changed.

    `tiers`: [{"up_to_days": 90, "basis_points": 1500}, …, {"up_to_days": null, "basis_points": 3500}], by the age of
    the invoice (days past due) when it was placed. `card_basis_points`: of a payment by card. `discovery_minor`: for
    each contact that was found, in `currency`. In both modes alike; test mode charges nobody.
    """

    id = PublicIdField("fsc")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, db_index=False)
    effective_at = models.DateTimeField()
    tiers = models.JSONField(default=list)
    card_basis_points = models.PositiveIntegerField(default=0)
    discovery_minor = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "effective_at"], name="fee_schedule_once"),
        ]

    def __str__(self) -> str:
        return f"from {self.effective_at:%Y-%m-%d}"


class FeeEntry(TenantChild):
    """One fee as it was earned, or given back (negative) when its payment was. The statement is their sum.

    What stands of a payment in a case (the sum of `basis_minor`) × `basis_points` / 10,000, rounded half to even, is
    the sum of `amount_minor`; a part that goes back may therefore change nothing. A discovery fee has neither.
    Which clock it is on, its case says.
    """

    class Kind(models.TextChoices):
        SUCCESS = "success"
        CARD = "card"
        DISCOVERY = "discovery"

    id = PublicIdField("fee")
    case = ParentKey("campaigns.Case")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    payment_id = IdRefField()
    # What else it follows from: a refund, a reversal's ledger line, a contact. With kind and case it counts once.
    cause = models.CharField(max_length=60)
    schedule_id = IdRefField()
    age_days = models.IntegerField(default=0)
    basis_minor = models.BigIntegerField(default=0)
    basis_points = models.PositiveIntegerField(default=0)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    actor = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = "fee entries"
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "cause"], name="fee_entry_once"),
            models.CheckConstraint(condition=~Q(amount_minor=0, basis_minor=0), name="fee_entry_not_nothing"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="fee_entry_list"),
            models.Index(fields=["payment_id"], name="fee_entry_payment", condition=~Q(payment_id="")),
        ]

    class Integrity:
        append_only = True
        tenant_parents = {"case_id": "campaigns.Case"}


class Statement(OnClock, Tenant):
    """What an organisation was charged for one month, in one currency. The month is the organisation's own."""

    id = PublicIdField("stm")
    month = models.DateField()
    currency = models.CharField(max_length=3)
    totals = models.JSONField(default=dict)
    pdf_file = models.CharField(max_length=200, blank=True)
    csv_file = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "clock_id", "month", "currency"], name="statement_once"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "livemode", "created_at", "id"], name="statement_list")]
