"""Who takes a case over: the directory of attorneys, and what was referred to them."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import OnClock, ParentKey, TenantChild


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


# What may still come to an attorney, and what stands open at all.
COMING_REFERRALS = ["proposed", "authorised"]
OPEN_REFERRALS = [*COMING_REFERRALS, "offered", "accepted", "packet_delivered", "letter_reviewed", "letter_sent"]


class Referral(OnClock, TenantChild):
    """A case on its way to an attorney, and with one. `attorney` is known from the offer on.

    `offer_at`: from when on it is offered, unless the creditor vetoes it; None: not before their word.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        AUTHORISED = "authorised"
        OFFERED = "offered"
        ACCEPTED = "accepted"
        PACKET_DELIVERED = "packet_delivered"
        LETTER_REVIEWED = "letter_reviewed"
        LETTER_SENT = "letter_sent"
        RECOVERED = "recovered"
        SETTLED = "settled"
        RETURNED = "returned"
        DECLINED = "declined"

    id = PublicIdField("rfl")
    case = ParentKey("campaigns.Case")
    attorney = models.ForeignKey(Attorney, on_delete=models.PROTECT, related_name="referrals", null=True)
    status = models.CharField(max_length=16, choices=Status.choices)
    offer_at = models.DateTimeField(null=True)
    offered_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    accepted_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                name="referral_one_open_per_case",
                condition=Q(status__in=OPEN_REFERRALS),
            ),
            models.CheckConstraint(
                name="referral_offered_to_somebody",
                condition=Q(attorney__isnull=False) | Q(status__in=["proposed", "authorised", "declined"]),
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="referral_list"),
            models.Index(fields=["created_at"], name="referral_offered", condition=Q(status="offered")),
            models.Index(fields=["clock_id", "case"], name="referral_on_clock", condition=~Q(clock_id="")),
            models.Index(fields=["created_at"], name="referral_coming", condition=Q(status__in=COMING_REFERRALS)),
        ]

    class Integrity:
        tenant_parents = {"case_id": "campaigns.Case"}
