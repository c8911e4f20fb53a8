"""A mandate, and the file it may come from."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant, TenantChild


class Campaign(OnClock, Tenant):
    """A mandate over at most 500 invoices, in one currency, under one brand (a snapshot taken at creation)."""

    class Status(models.TextChoices):
        IMPORTING = "importing"
        ACTIVE = "active"
        PAUSED = "paused"
        COMPLETING = "completing"
        COMPLETED = "completed"
        CANCELLED = "cancelled"

    class Escalation(models.TextChoices):
        AUTO = "auto"
        ASK = "ask"
        NEVER = "never"

    class Approval(models.TextChoices):
        NONE = "none"
        FIRST_MESSAGE = "first_message"
        FIRST_PER_DEBTOR = "first_per_debtor"
        ALWAYS = "always"

    id = PublicIdField("cmp")
    name = models.CharField(max_length=120, blank=True)
    creditor = models.CharField(max_length=200)
    brand = models.JSONField(default=dict)
    status = models.CharField(max_length=12, choices=Status.choices)
    currency = models.CharField(max_length=3)
    posture = models.CharField(max_length=10, default="preserve")
    escalation = models.CharField(max_length=8, choices=Escalation.choices)
    playbook = models.CharField(max_length=40, default="default")
    playbook_version = models.PositiveIntegerField(default=1)
    # Which drafts wait for a person's word; empty: as the organisation has it.
    approval = models.CharField(max_length=20, choices=Approval.choices, blank=True, default="", db_default="")
    # What the creditor grants a debtor who asks for time (campaigns.rules.offers); empty: the organisation's.
    offer_policy = models.JSONField(default=dict, db_default={})
    debtors_enrolled = models.PositiveIntegerField(default=0)
    debtors_unique = models.PositiveIntegerField(default=0)
    debtors_held = models.PositiveIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    unopened = models.PositiveIntegerField(default=0)
    start_at = models.DateTimeField(null=True)
    first_contact_at = models.DateTimeField(null=True)
    mandate_ends_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    warnings = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    logo_url = models.CharField(max_length=2000, blank=True)
    logo_state = models.CharField(max_length=8, default="none")
    logo_file = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(clock_id="") | Q(livemode=False), name="campaign_live_on_the_wall"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="campaign_list"),
            models.Index(fields=["clock_id"], name="campaign_clock", condition=~Q(clock_id="")),
            models.Index(fields=["id"], name="campaign_to_open", condition=Q(unopened__gt=0)),
            models.Index(fields=["id"], name="campaign_logo", condition=Q(logo_state="pending")),
            models.Index(
                fields=["mandate_ends_at"],
                name="campaign_ending",
                condition=Q(status__in=["active", "paused", "completing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.id


class Import(TenantChild):
    """A CSV on its way into campaigns; fetched by a worker, so that no request waits for somebody else's server."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"

    id = PublicIdField("imp")
    campaign = ParentKey("campaigns.Campaign")
    url = models.CharField(max_length=2000)
    mapping = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices)
    rows_read = models.PositiveIntegerField(default=0)
    rows_enrolled = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["recorded_at"], name="import_open", condition=Q(status__in=["queued", "running"])),
            models.Index(fields=["campaign"], name="import_campaign"),
        ]

    class Integrity:
        tenant_parents = {"campaign_id": "campaigns.Campaign"}
