"""How people are reached: what was decided, what was written, and what happened to it."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, Tenant, TenantChild


class Decision(TenantChild):
    """One answer of the gate, refusals too, with every rule's verdict and evidence as `compliance.gate` gave them."""

    id = PublicIdField("dec")
    case = ParentKey("campaigns.Case")
    debtor_id = IdRefField()
    contact_id = IdRefField()
    step_id = IdRefField()
    channel = models.CharField(max_length=8)
    kind = models.CharField(max_length=10)
    outcome = models.CharField(max_length=8)
    rule = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    until = models.DateTimeField(null=True)
    verdicts = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["case", "created_at"], name="decision_case")]

    class Integrity:
        append_only = True
        tenant_parents = {"case_id": "campaigns.Case"}


class Message(TenantChild):
    """One message to (or, later, from) a person at the debtor, exactly as it left.

    Exists from the reservation on, so that it counts against the caps before a byte has left; `tries` counts
    temporary refusals of the mail server, none of which the debtor saw.
    """

    class Status(models.TextChoices):
        # Waits for a person's word; nothing is reserved, so it fills no cap.
        DRAFT = "draft"
        REJECTED = "rejected"
        RESERVED = "reserved"
        HANDED_OVER = "handed_over"
        SENT = "sent"
        DELIVERED = "delivered"
        BOUNCED = "bounced"
        FAILED = "failed"
        UNCONFIRMED = "unconfirmed"
        CANCELLED = "cancelled"

    id = PublicIdField("msg")
    campaign = ParentKey("campaigns.Campaign")
    debtor = ParentKey("campaigns.Debtor")
    case = ParentKey("campaigns.Case")
    contact = ParentKey("campaigns.Contact")
    step_id = IdRefField()
    decision_id = IdRefField()
    channel = models.CharField(max_length=8)
    kind = models.CharField(max_length=10)
    intent = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=Status.choices)
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField()
    rfc_message_id = models.CharField(max_length=200)
    references = models.TextField(blank=True)
    drafter = models.CharField(max_length=40)
    variant = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8, default="en", db_default="en")
    # What the text was written from: another balance, date or contact makes another hash, and the draft is no more.
    facts_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    agent_run_id = IdRefField(default="", db_default="")
    # The words between greeting and statement, as written or as a person edited them.
    paragraphs = models.JSONField(default=list, db_default=[])
    approved_by = models.CharField(max_length=80, blank=True, default="", db_default="")
    approved_at = models.DateTimeField(null=True)
    guards = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    handed_over_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step_id"], name="message_once_per_step", condition=~Q(step_id="")),
        ]
        indexes = [
            models.Index(fields=["case", "created_at"], name="message_case"),
            models.Index(fields=["debtor", "created_at"], name="message_debtor"),
            models.Index(fields=["campaign", "created_at", "id"], name="message_campaign"),
            models.Index(fields=["contact", "created_at"], name="message_contact"),
            models.Index(
                fields=["organisation", "livemode", "created_at", "id"],
                name="message_draft",
                condition=Q(status="draft"),
            ),
            # The contact fuse looks over all tenants.
            models.Index(
                fields=["livemode", "handed_over_at"],
                name="message_handed_over",
                condition=Q(handed_over_at__isnull=False),
            ),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
        }


class MailboxItem(Tenant):
    """What arrived in the sandbox mailbox: the debtor's side of test mode, written by the test transport alone."""

    id = models.BigAutoField(primary_key=True)
    message_id = IdRefField()
    recipient = models.CharField(max_length=254)
    raw = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(livemode=False), name="mailbox_is_test_mode")]
        indexes = [models.Index(fields=["organisation", "livemode", "created_at"], name="mailbox_list")]

    class Integrity:
        append_only = True
