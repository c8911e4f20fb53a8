"""Where the money goes, and what came there: remit-to details, references of cases, bank statements and their lines."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, Tenant, TenantChild


class RemitTo(Tenant):
    """Where debtors' money goes: the creditor's own bank account, or their own account at the processor.

    Changed only in the dashboard: proposed by one owner, approved by another, in force 72 hours later, and every owner
    is written to (MONEY.md). `details`: for `bank` {"holder", "bank", "iban", "bic"} or {"holder", "bank", "routing",
    "account"}; for `stripe` {"account"}.
    """

    class Kind(models.TextChoices):
        BANK = "bank"
        STRIPE = "stripe"

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        APPROVED = "approved"
        ACTIVE = "active"
        REPLACED = "replaced"
        CANCELLED = "cancelled"

    id = PublicIdField("rmt")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # A bank account takes one currency; empty: whatever comes.
    currency = models.CharField(max_length=3, blank=True)
    details = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices)
    proposed_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    # The last state that the owners were written to about (operations.remitting.tell).
    told = models.CharField(max_length=10, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "remit-to details"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "kind", "currency"],
                name="remit_to_active_once",
                condition=Q(status="active"),
            ),
            models.UniqueConstraint(
                fields=["organisation", "livemode", "kind", "currency"],
                name="remit_to_change_once",
                condition=Q(status__in=["proposed", "approved"]),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="remit_to_list"),
            models.Index(fields=["effective_at"], name="remit_to_due", condition=Q(status="approved")),
            models.Index(fields=["updated_at"], name="remit_to_untold", condition=~Q(told=models.F("status"))),
        ]


class BankReference(TenantChild):
    """What a debtor writes on a transfer so that it finds its case: a creditor reference by ISO 11649 (`RF…`)."""

    id = PublicIdField("brf")
    case = ParentKey("campaigns.Case")
    reference = models.CharField(max_length=25)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], name="bank_reference_case_once"),
            models.UniqueConstraint(fields=["organisation", "livemode", "reference"], name="bank_reference_once"),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case"}


class BankStatement(Tenant):
    """A statement of the creditor's bank account, read from a file. The same bytes again are the same statement.

    `totals`: per currency what the file says, {"EUR": {"credits": [lines, minor], "known": […], "debits": […]}};
    `known` of the credits stood in an earlier statement. `returned`: money that went back, [{"on", "minor", "currency",
    "payer", "text", "why"}]: read, never kept as a line.
    """

    id = PublicIdField("bst")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    # Last four characters of the account it is about.
    account = models.CharField(max_length=4, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    lines_read = models.PositiveIntegerField(default=0)
    lines_new = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=dict)
    returned = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "digest"], name="bank_statement_once"),
        ]
        indexes = [models.Index(fields=["organisation", "livemode", "created_at", "id"], name="bank_statement_list")]


class BankLine(TenantChild):
    """Money that came into the creditor's bank account. Becomes a payment when it is matched, by rule or by a person.

    `fingerprint`: what makes it the same line in overlapping statements. `suggestion`: [{"case_id", "minor", "why"}].
    `attempts`: how often it was booked; a line that was taken back once is never booked by itself again.
    """

    class Status(models.TextChoices):
        # Read, and not looked at yet: a worker's next work.
        NEW = "new"
        UNMATCHED = "unmatched"
        SUGGESTED = "suggested"
        MATCHED = "matched"
        # Not ours to collect: the creditor's own business.
        IGNORED = "ignored"

    id = PublicIdField("bln")
    statement = ParentKey("payments.BankStatement", related_name="lines")
    number = models.PositiveIntegerField()
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payer = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=4, blank=True)
    text = models.TextField(blank=True)
    bank_reference = models.CharField(max_length=140, blank=True)
    fingerprint = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status.choices)
    outcome = models.CharField(max_length=12, blank=True)
    suggestion = models.JSONField(default=list)
    payment_id = IdRefField()
    attempts = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "fingerprint"], name="bank_line_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="bank_line_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "status", "booked_on", "id"], name="bank_line_status"),
            models.Index(fields=["statement", "number"], name="bank_line_statement"),
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="bank_line_list"),
            models.Index(fields=["id"], name="bank_line_new", condition=Q(status="new")),
            models.Index(fields=["payment_id"], name="bank_line_payment", condition=~Q(payment_id="")),
        ]

    class Integrity:
        tenant_parents = {"statement_id": "payments.BankStatement"}
