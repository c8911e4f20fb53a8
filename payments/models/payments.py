"""Money that came, and the part of it that each case got. The ledger itself belongs to `campaigns`."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, TenantChild


class Payment(TenantChild):
    """Money that came, or is coming. (provider, provider_reference) is unique: a repeated callback counts once.

    `provider_reference` is ours, `reference` the processor's or the payer's. `case` is the first of those it pays;
    what each got stands in its allocations.
    """

    class Status(models.TextChoices):
        CREATED = "created"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        PARTIALLY_REFUNDED = "partially_refunded"
        REFUNDED = "refunded"
        REVERSED = "reversed"

    class Method(models.TextChoices):
        BANK_TRANSFER = "bank_transfer"
        CARD = "card"
        ACH_DEBIT = "ach_debit"
        CHECK = "check"
        CASH = "cash"
        OTHER = "other"

    class Source(models.TextChoices):
        PAGE = "page"
        TRANSFER = "transfer"
        REPORTED = "reported"
        ATTORNEY = "attorney"
        SANDBOX = "sandbox"

    id = PublicIdField("pay")
    campaign_id = IdRefField()
    case = ParentKey("campaigns.Case")
    amount_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField(default=0)
    processor_fee_minor = models.BigIntegerField(default=0)
    success_fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=16, choices=Method.choices)
    status = models.CharField(max_length=20, choices=Status.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    provider = models.CharField(max_length=20)
    provider_reference = models.CharField(max_length=120)
    reference = models.CharField(max_length=120, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    # The debtor's own instruction, [[case id, minor units], …]: these invoices, in this order; empty: `case` alone.
    instruction = models.JSONField(default=list, db_default=[])
    # The settlement offer it was made towards.
    offer_id = IdRefField(default="", db_default="")
    # The creditor's own account at the processor, and where the debtor finishes what was begun there.
    account = models.CharField(max_length=60, blank=True, default="", db_default="")
    checkout_url = models.CharField(max_length=2000, blank=True, default="", db_default="")
    # What its processor has told about it that must count once, in whatever order it comes: {its reference of a return:
    # "reversed" | "reinstated"}, and "processing" once a debit has begun.
    told = models.JSONField(default=dict, db_default={})
    received_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    metadata = models.JSONField(default=dict)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "provider", "provider_reference"], name="payment_reference_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="payment_list"),
            models.Index(fields=["case", "created_at"], name="payment_case"),
            models.Index(fields=["campaign_id", "created_at"], name="payment_campaign"),
            models.Index(fields=["recorded_at"], name="payment_processing", condition=Q(status="processing")),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="payment_updated"),
            # A processor's callback names its own reference.
            models.Index(fields=["provider", "reference"], name="payment_provider", condition=~Q(reference="")),
            *(
                models.Index(fields=["organisation", "livemode", name, "created_at", "id"], name=f"payment_{name}")
                for name in ("status", "method", "source")
            ),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case"}


class Allocation(TenantChild):
    """The part of a payment that went to one case, by component; `unapplied` is credit shown, never kept silently.

    The sum of all rows of a payment is the payment, always. Money that moves later (a refund, a return, credit that is
    used) is two rows of one `cause`: what it leaves is negative, and what has gone back to who paid it is `returned`
    (docs/decisions/0019). `aside`: the case is not the one that the payment itself names.
    """

    class Component(models.TextChoices):
        PRINCIPAL = "principal"
        INTEREST = "interest"
        FEES = "fees"
        UNAPPLIED = "unapplied"
        RETURNED = "returned"

    id = PublicIdField("alc")
    payment = ParentKey("payments.Payment", related_name="allocations")
    case = ParentKey("campaigns.Case")
    component = models.CharField(max_length=10, choices=Component.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # What moved it: a refund, a return or its end, a use of credit; empty: the payment itself.
    cause = IdRefField(default="", db_default="")
    aside = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) | (~Q(amount_minor=0) & ~Q(cause="")),
                name="allocation_amount_positive",
            ),
            models.UniqueConstraint(fields=["payment", "case", "component", "cause"], name="allocation_once"),
        ]
        indexes = [
            models.Index(fields=["case"], name="allocation_case"),
            # What moved in a month, beside the processor's books (queries.reconciling).
            models.Index(fields=["organisation", "livemode", "created_at"], name="allocation_moved"),
            models.Index(fields=["case", "payment"], name="allocation_aside", condition=Q(aside=True)),
        ]

    class Integrity:
        append_only = True
        tenant_parents = {"payment_id": "payments.Payment", "case_id": "campaigns.Case"}


class Refund(TenantChild):
    """Money of a payment that goes back because the creditor says so, or because they gave it back at the processor.

    `credited`: the invoice is credited with it (nothing is owed again); else what it had paid is owed again. What was
    unapplied goes back first, then what paid the last case. (provider, provider_reference) counts once.
    """

    class Status(models.TextChoices):
        CREATED = "created"
        PROCESSING = "processing"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = PublicIdField("rfd")
    payment = ParentKey("payments.Payment", related_name="refunds")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status.choices)
    credited = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    provider = models.CharField(max_length=20)
    provider_reference = models.CharField(max_length=120)
    reference = models.CharField(max_length=120, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=80)
    settled_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "provider", "provider_reference"], name="refund_reference_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="refund_list"),
            models.Index(fields=["payment", "created_at"], name="refund_payment"),
            models.Index(fields=["provider", "reference"], name="refund_provider", condition=~Q(reference="")),
            models.Index(fields=["recorded_at"], name="refund_open", condition=Q(status__in=["created", "processing"])),
        ]

    class Integrity:
        tenant_parents = {"payment_id": "payments.Payment"}
