"""Under which names the payment page is reached, and who asked there for their link."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import Tenant


class PayDomain(Tenant):
    """A host such as `pay.yourcompany.com` that serves one organisation's payment pages in one mode, and nothing else.

    It counts from the moment its DNS proves it (`token` in a TXT record, and an address record that leads here), and is
    proven again every day: verified → broken → verified. Only one organisation can have it proven.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        VERIFIED = "verified"
        BROKEN = "broken"
        REMOVED = "removed"

    id = PublicIdField("dom")
    host = models.CharField(max_length=253)
    status = models.CharField(max_length=8, choices=Status.choices)
    token = models.CharField(max_length=60)
    verified_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    # How many checks in a row found it wanting: one bad answer of a resolver breaks nobody's page.
    failures = models.PositiveSmallIntegerField(default=0)
    # The first of them.
    failing_since = models.DateTimeField(null=True)
    fault = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host"], name="pay_domain_belongs_once", condition=Q(status__in=["verified", "broken"])
            ),
            models.UniqueConstraint(
                fields=["organisation", "livemode", "host"], name="pay_domain_once", condition=~Q(status="removed")
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="pay_domain_list"),
            models.Index(fields=["check_at"], name="pay_domain_due", condition=~Q(status="removed")),
        ]

    def __str__(self) -> str:
        return self.host


class LinkRequest(models.Model):
    """Somebody at an address that opens nothing (`/inv-0847`) asked for the link to be mailed to the address on file.

    Written for every such request, whether there is anything to send or not; a worker decides (`done_at`). On the
    product's own host nobody knows whose page was meant: `organisation` is empty then, and so is `livemode`.
    """

    id = PublicIdField("lrq")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    livemode = models.BooleanField(null=True)
    host = models.CharField(max_length=253, blank=True)
    # The readable part of what stood in the address, and the address that was typed, in lower case.
    slug = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at", "id"], name="link_request_waiting", condition=Q(done_at=None)),
            models.Index(fields=["created_at"], name="link_request_age"),
        ]

    def __str__(self) -> str:
        return self.id
