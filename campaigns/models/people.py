"""Who is reached at a debtor, and what they closed to us."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, Tenant, TenantChild


class Contact(OnClock, TenantChild):
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
    # What was looked at (syntax, mail servers), and when somebody asked for it: a worker has still to do it.
    checks = models.JSONField(null=True)
    check_requested_at = models.DateTimeField(null=True)
    vouched_at = models.DateTimeField(null=True)
    # business_landline, residential, wireless, voip; empty is unknown, and no machine may call it (LAW.md, R-23).
    line_type = models.CharField(max_length=20, blank=True, default="", db_default="")
    number_checked_at = models.DateTimeField(null=True)
    # [{"channel": "call", "kind": "express", "person" or "esign", "since": …, "revoked_at": … or null, "evidence": …}]
    # (compliance.facts.Consent; R-23).
    consents = models.JSONField(default=list, db_default=[])
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["debtor", "email"], name="contact_email_once_per_debtor", condition=~Q(email="")
            ),
            models.CheckConstraint(condition=Q(level__in=[1, 2, 3]), name="contact_level_known"),
            models.CheckConstraint(condition=Q(confidence__lte=100), name="contact_confidence_percent"),
        ]
        indexes = [
            models.Index(fields=["debtor", "level", "id"], name="contact_debtor"),
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="contact_list"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="contact_updated"),
            models.Index(F("organisation"), F("livemode"), Upper("email"), name="contact_email"),
            models.Index(
                fields=["check_requested_at"], name="contact_to_check", condition=Q(check_requested_at__isnull=False)
            ),
        ]

    class Integrity:
        tenant_parents = {"debtor_id": "campaigns.Debtor"}

    def __str__(self) -> str:
        return self.email or self.name or self.id


class Suppression(OnClock, Tenant):
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
                fields=["organisation", "livemode", "clock_id", "address", "channel"],
                name="suppression_once_per_address",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="suppression_list"),
            models.Index(fields=["contact"], name="suppression_contact", condition=Q(contact__isnull=False)),
        ]

    class Integrity:
        append_only = True
        tenant_parents = {"contact_id": "campaigns.Contact"}
