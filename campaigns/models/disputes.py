"""What a debtor objects to."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import ParentKey, TenantChild


class Dispute(TenantChild):
    """An objection to an invoice or to a part of it. While it is open, outreach about the invoice waits (R-17).

    `amount_minor`: the disputed part; null: all of it. `reduced_minor`: what its outcome took off the principal.
    """

    class Status(models.TextChoices):
        OPENED = "opened"
        INFORMATION_REQUESTED = "information_requested"
        ANSWERED = "answered"
        UPHELD = "upheld"
        PARTIALLY_UPHELD = "partially_upheld"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    class Reason(models.TextChoices):
        NOT_RECEIVED = "not_received"
        QUALITY = "quality"
        WRONG_AMOUNT = "wrong_amount"
        ALREADY_PAID = "already_paid"
        NOT_ORDERED = "not_ordered"
        DUPLICATE = "duplicate"
        WRONG_DEBTOR = "wrong_debtor"
        OTHER = "other"

    class Source(models.TextChoices):
        PAGE = "page"
        REPLY = "reply"
        CALL = "call"
        CREDITOR = "creditor"
        SANDBOX = "sandbox"

    id = PublicIdField("dsp")
    case = ParentKey("campaigns.Case")
    debtor = ParentKey("campaigns.Debtor")
    status = models.CharField(max_length=24, choices=Status.choices)
    reason = models.CharField(max_length=16, choices=Reason.choices)
    text = models.TextField(blank=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    evidence = models.JSONField(default=dict)
    # The creditor's answer to the debtor, and by when it is owed.
    answer = models.TextField(blank=True)
    answer_due_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=80, blank=True)
    reduced_minor = models.BigIntegerField(default=0)
    hold_id = models.CharField(max_length=40, blank=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="dispute_open_once",
                condition=Q(status__in=["opened", "information_requested", "answered"]),
            ),
            models.CheckConstraint(
                condition=Q(amount_minor=None) | Q(amount_minor__gt=0), name="dispute_amount_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="dispute_list"),
            models.Index(fields=["organisation", "livemode", "status", "created_at", "id"], name="dispute_status"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="dispute_updated"),
            models.Index(fields=["case", "created_at"], name="dispute_case"),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case", "debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return f"{self.reason} ({self.status})"
