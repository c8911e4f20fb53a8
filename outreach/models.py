"""How people are reached: what was decided, what was written, who was asked to take the case over."""

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


class Attorney(models.Model):
    """An independent attorney of the directory; engaged by the creditor, never by us."""

    id = PublicIdField("atn")
    name = models.CharField(max_length=120)
    firm = models.CharField(max_length=160)
    email = models.EmailField()
    bar_state = models.CharField(max_length=10)
    bar_number = models.CharField(max_length=40)
    licence_expires_on = models.DateField()
    capacity = models.PositiveIntegerField(default=50)
    sandbox = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bar_state", "bar_number"], name="attorney_bar_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.bar_state} {self.bar_number})"


class Referral(TenantChild):
    """A case offered to an attorney."""

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        RETURNED = "returned"
        RECOVERED = "recovered"

    id = PublicIdField("rfl")
    case = ParentKey("campaigns.Case")
    attorney = models.ForeignKey(Attorney, on_delete=models.PROTECT, related_name="referrals")
    status = models.CharField(max_length=10, choices=Status.choices)
    accepted_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="referral_one_open_per_case",
                condition=Q(status__in=["proposed", "offered", "accepted"]),
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="referral_offered", condition=Q(status="offered"))]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case"}
