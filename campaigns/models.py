"""Who owes what, and what should happen next: campaigns, debtors, cases with their account, contacts, holds, steps."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, Tenant, TenantChild


class Campaign(Tenant):
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
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="campaign_list"),
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


class Debtor(Tenant):
    """A company that owes. `identity` is what makes two rows the same debtor (campaigns.rules.debtor_identity)."""

    id = PublicIdField("dbt")
    name = models.CharField(max_length=200)
    identity = models.CharField(max_length=300)
    external_id = models.CharField(max_length=100, blank=True)
    email_domain = models.CharField(max_length=253, blank=True)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=10, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    address = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=8, default="en")
    debt_class = models.CharField(max_length=12, blank=True)
    debtor_type = models.CharField(max_length=20, blank=True)
    metadata = models.JSONField(default=dict)
    enriched_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "identity"], name="debtor_identity_once"),
        ]
        indexes = [models.Index(fields=["recorded_at"], name="debtor_to_enrich", condition=Q(enriched_at=None))]

    def __str__(self) -> str:
        return self.name


class Case(TenantChild):
    """One debtor × one invoice. `balance_minor` is the sum of its ledger, kept in each entry's own transaction."""

    class Status(models.TextChoices):
        ENRICHING = "enriching"
        NEEDS_CONTACT = "needs_contact"
        ACTIVE = "active"
        DISPUTED = "disputed"
        ESCALATION_PENDING = "escalation_pending"
        ESCALATED = "escalated"
        CLOSED = "closed"

    class CloseReason(models.TextChoices):
        PAID = "paid"
        SETTLED = "settled"
        DISPUTE_UPHELD = "dispute_upheld"
        RECALLED = "recalled"
        WRITTEN_OFF = "written_off"
        UNCOLLECTIBLE = "uncollectible"
        DUPLICATE = "duplicate"
        BANKRUPT = "bankrupt"
        CEASE = "cease"

    id = PublicIdField("cas")
    campaign = ParentKey("campaigns.Campaign")
    debtor = ParentKey("campaigns.Debtor")
    status = models.CharField(max_length=20, choices=Status.choices)
    close_reason = models.CharField(max_length=16, blank=True, choices=CloseReason.choices)
    currency = models.CharField(max_length=3)
    invoice_number = models.CharField(max_length=60, blank=True)
    invoice_key = models.CharField(max_length=60, blank=True)
    invoice_date = models.DateField(null=True)
    due_date = models.DateField(null=True)
    invoice_minor = models.BigIntegerField()
    placed_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()
    collected_minor = models.BigIntegerField(default=0)
    external_id = models.CharField(max_length=100, blank=True)
    po_number = models.CharField(max_length=60, blank=True)
    invoice_pdf_url = models.CharField(max_length=2000, blank=True)
    notes = models.TextField(blank=True)
    credit_kind = models.CharField(max_length=12, blank=True)
    given_contacts = models.JSONField(default=list)
    metadata = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    next_contact_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["debtor", "invoice_key"],
                name="case_open_invoice_once",
                condition=Q(closed_at=None) & ~Q(invoice_key=""),
            ),
            models.CheckConstraint(condition=Q(placed_minor__gt=0), name="case_placed_positive"),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) | (~Q(status="closed") & Q(closed_at=None)),
                name="case_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "id"], name="case_campaign"),
            models.Index(fields=["debtor"], name="case_debtor"),
        ]

    class Integrity:
        tenant_parents = {"campaign_id": "campaigns.Campaign", "debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return self.invoice_number or self.id


class LedgerEntry(TenantChild):
    """One line of a case's account, in minor units: what is owed more (+) or less (−). Never changed, never removed."""

    class Kind(models.TextChoices):
        PRINCIPAL = "principal"
        INTEREST = "interest"
        FEE = "fee"
        PAYMENT = "payment"
        REFUND = "refund"
        REVERSAL = "reversal"
        CREDIT_NOTE = "credit_note"
        ADJUSTMENT = "adjustment"
        WRITE_OFF = "write_off"

    id = PublicIdField("led")
    case = ParentKey("campaigns.Case")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payment_id = IdRefField()
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_amount_not_zero")]
        indexes = [models.Index(fields=["case", "created_at"], name="ledger_case")]

    class Integrity:
        append_only = True
        tenant_parents = {"case_id": "campaigns.Case"}


class Contact(TenantChild):
    """A person or mailbox at the debtor. Level 1 is the first contact (AP), 2 the controller, 3 the decision maker."""

    class Source(models.TextChoices):
        CREDITOR = "creditor"
        ENRICHMENT = "enrichment"
        DEBTOR = "debtor"

    id = PublicIdField("con")
    debtor = ParentKey("campaigns.Debtor")
    name = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=120, blank=True)
    seniority = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=254, blank=True)
    email_status = models.CharField(max_length=12, default="unknown")
    phone = models.CharField(max_length=32, blank=True)
    level = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(max_length=12, choices=Source.choices)
    basis = models.CharField(max_length=20)
    confidence = models.PositiveSmallIntegerField(default=0)
    sources = models.JSONField(default=list)
    verified_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["debtor", "email"], name="contact_email_once_per_debtor", condition=~Q(email="")
            ),
            models.CheckConstraint(condition=Q(level__in=[1, 2, 3]), name="contact_level_known"),
            models.CheckConstraint(condition=Q(confidence__lte=100), name="contact_confidence_percent"),
        ]
        indexes = [models.Index(fields=["debtor", "level", "id"], name="contact_debtor")]

    class Integrity:
        tenant_parents = {"debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return self.email or self.name or self.id


class Suppression(Tenant):
    """A medium that a debtor closed for one address. Theirs: the creditor can read it and cannot remove it."""

    id = PublicIdField("sup")
    address = models.CharField(max_length=254)
    channel = models.CharField(max_length=8)
    reason = models.CharField(max_length=40)
    contact = ParentKey("campaigns.Contact", null=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "address", "channel"], name="suppression_once_per_address"
            )
        ]

    class Integrity:
        append_only = True
        tenant_parents = {"contact_id": "campaigns.Contact"}


class Hold(Tenant):
    """A reason to wait, on a campaign, debtor, case or contact. What law or debtor set is not the creditor's."""

    class Kind(models.TextChoices):
        CREDITOR_PAUSE = "creditor_pause"
        APPROVAL = "approval"
        EXCLUDED = "excluded"
        DO_NOT_CONTACT = "do_not_contact"
        DISPUTE = "dispute"
        PROMISE = "promise"
        PLAN = "plan"
        PAID_CLAIM = "paid_claim"
        PAYMENT_PROCESSING = "payment_processing"
        BALANCE_UNCONFIRMED = "balance_unconfirmed"
        DOMAIN_UNVERIFIED = "domain_unverified"
        CEASE = "cease"
        ATTORNEY_REPRESENTED = "attorney_represented"
        BANKRUPTCY = "bankruptcy"
        DECEASED = "deceased"
        HARDSHIP = "hardship"
        IDENTITY_DOUBT = "identity_doubt"
        COMPLIANCE_REVIEW = "compliance_review"
        LEGAL_HOLD = "legal_hold"

    id = PublicIdField("hld")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    campaign = ParentKey("campaigns.Campaign", null=True)
    debtor = ParentKey("campaigns.Debtor", null=True)
    case = ParentKey("campaigns.Case", null=True)
    contact = ParentKey("campaigns.Contact", null=True)
    ends_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    evidence = models.JSONField(default=dict)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="hold_on_one_thing",
                condition=(
                    Q(campaign__isnull=False, debtor=None, case=None, contact=None)
                    | Q(campaign=None, debtor__isnull=False, case=None, contact=None)
                    | Q(campaign=None, debtor=None, case__isnull=False, contact=None)
                    | Q(campaign=None, debtor=None, case=None, contact__isnull=False)
                ),
            )
        ]
        indexes = [
            models.Index(fields=[name], name=f"hold_open_{name}", condition=Q(released_at=None))
            for name in ("campaign", "debtor", "case", "contact")
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
        }


class Step(TenantChild):
    """One planned act of the playbook. `created_at` is when it was planned; the lease is what a worker holds on it.

    `attempt` counts plans of the same act (a deferred step keeps its row). `handed_over_at` is committed before the
    bytes that cannot be taken back: a step found with it and without a result is `unconfirmed`, and never resent.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        SENDING = "sending"
        HANDED_OVER = "handed_over"
        SENT = "sent"
        DENIED = "denied"
        CANCELLED = "cancelled"
        FAILED = "failed"
        UNCONFIRMED = "unconfirmed"

    id = PublicIdField("stp")
    campaign = ParentKey("campaigns.Campaign")
    debtor = ParentKey("campaigns.Debtor")
    case = ParentKey("campaigns.Case")
    contact = ParentKey("campaigns.Contact", null=True)
    version = models.PositiveIntegerField(default=1)
    index = models.SmallIntegerField()
    channel = models.CharField(max_length=8)
    attempt = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=10, default="outreach")
    intent = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED)
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    decision_id = IdRefField()
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version", "index", "channel", "attempt"], name="step_once"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="step_due", condition=Q(status="planned")),
            models.Index(
                fields=["lease_until"], name="step_leased", condition=Q(status__in=["sending", "handed_over"])
            ),
            models.Index(fields=["campaign", "due_at"], name="step_campaign", condition=Q(status="planned")),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
        }

    def __str__(self) -> str:
        return f"{self.intent} ({self.status})"


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
