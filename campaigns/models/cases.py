"""Who owes what: debtors, their invoices in collection, and the account of each."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant, TenantChild


class Debtor(OnClock, Tenant):
    """A company that owes. `identity` is what makes two rows the same debtor (campaigns.rules.debtor_identity).

    It belongs to one timeline: the same company on another clock is another debtor.
    """

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
    # The name compared with a list of sanctions (LAW.md, R-36): when, with which list, and the entry it met.
    screened_at = models.DateTimeField(null=True)
    screened_list = IdRefField(default="", db_default="")
    screening_hit = models.CharField(max_length=300, blank=True, default="", db_default="")
    # Times and places they told us are inconvenient: [{"since", "channel", "address", "days": [0 is Monday],
    # "from": "12:00", "to": "13:00"}], all but `since` optional; no times: never.
    inconvenient = models.JSONField(default=list, db_default=[])
    # The folded name, written by the worker that opens its first case: who else is called that is asked by it.
    name_key = models.CharField(max_length=200, blank=True, default="", db_default="")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "clock_id", "identity"], name="debtor_identity_once"
            ),
            models.CheckConstraint(condition=Q(clock_id="") | Q(livemode=False), name="debtor_live_on_the_wall"),
        ]
        indexes = [
            models.Index(fields=["recorded_at"], name="debtor_to_enrich", condition=Q(enriched_at=None, clock_id="")),
            models.Index(fields=["clock_id", "id"], name="debtor_clock", condition=~Q(clock_id="")),
            # The worker that screens names looks for those that no list, or an older one, has seen.
            models.Index(fields=["screened_list", "id"], name="debtor_to_screen", condition=Q(livemode=True)),
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="debtor_list"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="debtor_updated"),
            models.Index(
                fields=["organisation", "livemode", "external_id"],
                name="debtor_external_id",
                condition=~Q(external_id=""),
            ),
            models.Index(
                fields=["organisation", "livemode", "name_key"], name="debtor_name_key", condition=~Q(name_key="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Case(OnClock, TenantChild):
    """One debtor × one invoice. `balance_minor` is the sum of its ledger, kept in each entry's own transaction."""

    class Status(models.TextChoices):
        ENRICHING = "enriching"
        NEEDS_CONTACT = "needs_contact"
        ACTIVE = "active"
        PROMISED = "promised"
        IN_PLAN = "in_plan"
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
    # The state it was closed in, which taking it up again goes back to; empty: no worker had opened it yet.
    # The creditor wants no attorney for it; their own word to escalate ends that.
    attorney_vetoed_at = models.DateTimeField(null=True)
    closed_from = models.CharField(max_length=20, blank=True, default="", db_default="")
    next_contact_at = models.DateTimeField(null=True)
    # What `q` looks in (rules.search.text), written by the worker that opens the case: PostgreSQL finds any part of it
    # by trigrams (migration 0002), and in the create itself that index would cost more than the rows.
    search = models.TextField(blank=True, default="", db_default="")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["debtor", "invoice_key"],
                name="case_open_invoice_once",
                condition=Q(closed_at=None) & ~Q(invoice_key=""),
            ),
            models.CheckConstraint(condition=Q(placed_minor__gte=0), name="case_placed_not_negative"),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) | (~Q(status="closed") & Q(closed_at=None)),
                name="case_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "id"], name="case_campaign"),
            models.Index(fields=["debtor"], name="case_debtor"),
            # Each filter of the list that may find few among many rows; all but `external_id` grow at their right edge.
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="case_list"),
            models.Index(fields=["organisation", "livemode", "status", "created_at", "id"], name="case_status"),
            models.Index(
                fields=["organisation", "livemode", "close_reason", "created_at", "id"],
                name="case_close_reason",
                condition=~Q(close_reason=""),
            ),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="case_updated"),
            models.Index(
                fields=["organisation", "livemode", "invoice_key"], name="case_invoice", condition=~Q(invoice_key="")
            ),
            models.Index(
                fields=["organisation", "livemode", "external_id"],
                name="case_external_id",
                condition=~Q(external_id=""),
            ),
            # The worker that looks for an attorney looks over all tenants.
            models.Index(fields=["updated_at"], name="case_escalating", condition=Q(status="escalation_pending")),
        ]

    class Integrity:
        tenant_parents = {"campaign_id": "campaigns.Campaign", "debtor_id": "campaigns.Debtor"}
        found_by_parts = {"search": "campaigns_case_search"}

    def __str__(self) -> str:
        return self.invoice_number or self.id

    @property
    def spread_key(self) -> str:
        """What its moments and wordings are spread by: the debtor and the invoice, never our own ids, so that the same
        portfolio has the same story on every test clock. Reads `debtor`."""
        return f"{self.debtor.identity}:{self.invoice_key or self.external_id}"


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
    # The clause or statute that interest or a fee rests on (LAW.md, R-18); without one nothing is asked for.
    clause = models.CharField(max_length=300, blank=True, default="", db_default="")
    # The creditor's own number of it, such as a credit note's; the same one on the same case counts once.
    reference = models.CharField(max_length=120, blank=True, default="", db_default="")
    actor = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [models.CheckConstraint(condition=~Q(amount_minor=0), name="ledger_amount_not_zero")]
        indexes = [
            models.Index(fields=["case", "created_at"], name="ledger_case"),
            # What moved in a month; the many openings of accounts are not in it.
            models.Index(
                fields=["organisation", "livemode", "created_at"], name="ledger_moved", condition=~Q(kind="principal")
            ),
        ]

    class Integrity:
        append_only = True
        tenant_parents = {"case_id": "campaigns.Case"}
