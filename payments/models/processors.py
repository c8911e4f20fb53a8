"""What processors told us, as they told it, and what their books say."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import Tenant


class ProcessorCallback(models.Model):
    """A processor's callback as it came, its signature verified; read by a task, in any order, once.

    (provider, event_id) is unique: told ten times, it is one row. Whose it is is known when it is read.
    """

    class Status(models.TextChoices):
        NEW = "new"
        DONE = "done"
        # Nothing that we keep books of, or nobody's here.
        IGNORED = "ignored"
        FAILED = "failed"

    id = PublicIdField("pcb")
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    account = models.CharField(max_length=60, blank=True)
    # What it is about, at the processor (a payment, a payout): of one subject, one callback is read at a time.
    subject = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.NEW)
    error = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # Not before: what could not be understood yet is looked at again.
    due_at = models.DateTimeField()
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="processor_callback_once")]
        indexes = [
            models.Index(fields=["due_at"], name="processor_callback_new", condition=Q(status="new")),
            models.Index(fields=["subject"], name="processor_callback_subject", condition=Q(status="new")),
            models.Index(fields=["received_at"], name="processor_callback_received"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class ProcessorEntry(Tenant):
    """A line of the processor's own books about one organisation's account; the other side of a reconciliation.

    `amount_minor` is signed, gross; `fee_minor` what the processor kept of it. `charge_reference` is the processor's
    reference of the payment (Payment.reference), `payment_id` ours where it was found.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge"
        REFUND = "refund"
        REFUND_FAILED = "refund_failed"
        DISPUTE = "dispute"
        DISPUTE_WON = "dispute_won"
        FEE = "fee"
        PAYOUT = "payout"
        OTHER = "other"

    id = PublicIdField("ptx")
    provider = models.CharField(max_length=20)
    account = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=120)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    charge_reference = models.CharField(max_length=120, blank=True)
    payment_id = IdRefField()
    payout_reference = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=200, blank=True)
    booked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "processor entries"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "provider", "reference"], name="processor_entry_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "booked_at", "id"], name="processor_entry_list"),
            models.Index(fields=["payment_id"], name="processor_entry_payment", condition=~Q(payment_id="")),
            models.Index(
                fields=["provider", "payout_reference"],
                name="processor_entry_payout",
                condition=~Q(payout_reference=""),
            ),
        ]


class Payout(Tenant):
    """Money that the processor sends to the creditor's own bank account. The engine never holds any."""

    class Status(models.TextChoices):
        PENDING = "pending"
        IN_TRANSIT = "in_transit"
        PAID = "paid"
        FAILED = "failed"
        CANCELED = "canceled"

    id = PublicIdField("pyo")
    provider = models.CharField(max_length=20)
    account = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status.choices)
    arrival_on = models.DateField(null=True)
    destination = models.CharField(max_length=40, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    # The processor's own time of what is written here: an older callback that comes late changes nothing.
    told_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "provider", "reference"], name="payout_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="payout_list"),
            models.Index(fields=["organisation", "livemode", "updated_at"], name="payout_updated"),
        ]
