"""What was agreed about paying: promises, plans with their instalments, settlement offers. Only the ledger says whether
kept."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, TenantChild


class Source(models.TextChoices):
    """Where an agreement came from."""

    PAGE = "page"
    REPLY = "reply"
    CALL = "call"
    CREDITOR = "creditor"
    SANDBOX = "sandbox"


class Promise(OnClock, TenantChild):
    """A debtor's word to pay `amount_minor` by the end of `due_on`, in the organisation's zone.

    `received_minor`: what the ledger took in between the promise and its judgement. `evidence`: the quote, the page.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        OPEN = "open"
        KEPT = "kept"
        PARTIALLY_KEPT = "partially_kept"
        BROKEN = "broken"
        CANCELLED = "cancelled"

    id = PublicIdField("prm")
    case = ParentKey("campaigns.Case")
    debtor = ParentKey("campaigns.Debtor")
    status = models.CharField(max_length=16, choices=Status.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    due_on = models.DateField()
    # The moment after which it is judged: the end of `due_on` where the creditor is.
    judged_after = models.DateTimeField()
    received_minor = models.BigIntegerField(default=0)
    evidence = models.JSONField(default=dict)
    cause = IdRefField()
    hold_id = IdRefField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="promise_open_once", condition=Q(status__in=["proposed", "open"])
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="promise_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="promise_list"),
            models.Index(fields=["organisation", "livemode", "status", "created_at", "id"], name="promise_status"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="promise_updated"),
            models.Index(
                fields=["judged_after"],
                name="promise_due",
                condition=Q(status__in=["proposed", "open"], clock_id=""),
            ),
            models.Index(
                fields=["clock_id", "judged_after"],
                name="promise_due_on_clock",
                condition=Q(status__in=["proposed", "open"]) & ~Q(clock_id=""),
            ),
            models.Index(fields=["case", "created_at"], name="promise_case"),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case", "debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return f"{self.due_on} ({self.status})"


class Plan(OnClock, TenantChild):
    """A balance paid in instalments, within the creditor's policy. `terms`: the policy it was agreed under."""

    class Status(models.TextChoices):
        OFFERED = "offered"
        ACTIVE = "active"
        FINISHED = "finished"
        DEFAULTED = "defaulted"
        CANCELLED = "cancelled"

    id = PublicIdField("pln")
    case = ParentKey("campaigns.Case")
    debtor = ParentKey("campaigns.Debtor")
    status = models.CharField(max_length=10, choices=Status.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    total_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    terms = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    cause = IdRefField()
    hold_id = IdRefField()
    started_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="plan_open_once", condition=Q(status__in=["offered", "active"])
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="plan_total_positive"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="plan_list"),
            models.Index(fields=["organisation", "livemode", "status", "created_at", "id"], name="plan_status"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="plan_updated"),
            models.Index(fields=["expires_at"], name="plan_expiring", condition=Q(status="offered", clock_id="")),
            models.Index(
                fields=["clock_id", "expires_at"],
                name="plan_expiring_on_clock",
                condition=Q(status="offered") & ~Q(clock_id=""),
            ),
            models.Index(
                fields=["clock_id"], name="plan_active_on_clock", condition=Q(status="active") & ~Q(clock_id="")
            ),
            models.Index(fields=["case", "created_at"], name="plan_case"),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case", "debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return f"{self.total_minor} ({self.status})"


class Instalment(OnClock, TenantChild):
    """One part of a plan. `paid_minor` follows the ledger, oldest instalment first."""

    class Status(models.TextChoices):
        DUE = "due"
        PAID = "paid"
        MISSED = "missed"
        CANCELLED = "cancelled"

    id = PublicIdField("ins")
    plan = ParentKey("payments.Plan", related_name="instalments")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    judged_after = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DUE)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="instalment_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="instalment_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["judged_after"], name="instalment_due", condition=Q(status="due", clock_id="")),
            models.Index(
                fields=["clock_id", "judged_after"],
                name="instalment_due_on_clock",
                condition=Q(status="due") & ~Q(clock_id=""),
            ),
        ]

    class Integrity:
        tenant_parents = {"plan_id": "payments.Plan"}


class Offer(OnClock, TenantChild):
    """A settlement: `amount_minor`, paid by `valid_until`, ends the case for less than `balance_minor`, what was owed
    when it was made.

    draft → approved → sent → accepted | declined | expired | void. Accepted is the debtor's word; only the payment that
    comes in time (`payment_id`) books the difference and closes the case `settled`. Accepted and unpaid, it expires.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        SENT = "sent"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"
        VOID = "void"

    id = PublicIdField("off")
    case = ParentKey("campaigns.Case")
    debtor = ParentKey("campaigns.Debtor")
    status = models.CharField(max_length=10, choices=Status.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    amount_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()
    # What had been collected on the case when it was sent: only what came since counts towards it.
    collected_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    valid_until = models.DateTimeField()
    conditions = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # The policy it was made under, and the floor that then stood; neither is ever in a prompt.
    terms = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    cause = IdRefField()
    hold_id = IdRefField()
    payment_id = IdRefField()
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=80, blank=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="offer_open_once",
                condition=Q(status__in=["draft", "approved", "sent", "accepted"], settled_at=None),
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="offer_amount_positive"),
            models.CheckConstraint(
                condition=Q(amount_minor__lt=models.F("balance_minor")), name="offer_below_the_balance"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="offer_list"),
            models.Index(fields=["organisation", "livemode", "status", "created_at", "id"], name="offer_status"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="offer_updated"),
            models.Index(
                fields=["valid_until"],
                name="offer_expiring",
                condition=Q(status__in=["draft", "approved", "sent", "accepted"], settled_at=None, clock_id=""),
            ),
            models.Index(
                fields=["clock_id", "valid_until"],
                name="offer_expiring_on_clock",
                condition=Q(status__in=["draft", "approved", "sent", "accepted"], settled_at=None) & ~Q(clock_id=""),
            ),
            models.Index(fields=["case", "created_at"], name="offer_case"),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case", "debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return f"{self.amount_minor} ({self.status})"
