"""Telling customers: endpoints, what is to be delivered to them, and every attempt that was made."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, Tenant, TenantChild


class Endpoint(Tenant):
    """An address of the customer's that wants to be told. `secrets` is encrypted, newest first."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"
        DELETED = "deleted"

    id = PublicIdField("wh")
    url = models.CharField(max_length=2048)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices)
    disabled_reason = models.CharField(max_length=200, blank=True)
    secrets = models.TextField()
    api_version = models.CharField(max_length=10)
    metadata = models.JSONField(default=dict)
    created_by = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "livemode", "created_at", "id"], name="endpoint_list")]

    def __str__(self) -> str:
        return self.url


class Delivery(TenantChild):
    """One event owed to one endpoint, written in the event's own transaction; the sender's queue is this table.

    `next_attempt_at` is never empty while `pending`: no row without a next step. `lease_until` says that a worker has
    it now; `lease_token` moves at every claim, settlement and release, so a worker that lost its lease cannot settle.
    The due index leads by endpoint, because the sender asks each endpoint for its oldest few: a backlog of one is
    never walked to find the work of another.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = PublicIdField("whd")
    endpoint = ParentKey("webhooks.Endpoint")
    event_id = IdRefField()
    event_type = models.CharField(max_length=48)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts_made = models.PositiveIntegerField(default=0)
    failures_in_row = models.PositiveIntegerField(default=0)
    replay = models.BooleanField(default=False)
    next_attempt_at = models.DateTimeField(null=True)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    last_status_code = models.PositiveIntegerField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event_id", "endpoint"], name="delivery_once_per_event"),
            models.CheckConstraint(
                condition=~Q(status="pending") | Q(next_attempt_at__isnull=False), name="delivery_pending_has_next"
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at", "id"], name="delivery_due", condition=Q(status="pending")
            ),
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="delivery_list"),
            models.Index(fields=["endpoint", "created_at", "id"], name="delivery_endpoint_list"),
            models.Index(
                fields=["organisation", "livemode", "created_at", "id"],
                name="delivery_failed",
                condition=Q(status="failed"),
            ),
        ]

    class Integrity:
        tenant_parents = {"endpoint_id": "webhooks.Endpoint"}


class Attempt(TenantChild):
    """One POST that was made: what went out, what came back, how long each part took."""

    id = PublicIdField("att")
    delivery = ParentKey("webhooks.Delivery")
    number = models.PositiveIntegerField()
    replay = models.BooleanField(default=False)
    status_code = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    request_headers = models.JSONField()
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    address = models.CharField(max_length=64, blank=True)
    timings = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]

    class Integrity:
        append_only = True
        tenant_parents = {"delivery_id": "webhooks.Delivery"}
