"""Telling customers: endpoints, what is to be delivered to them, every attempt that was made, and sending it again."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, Tenant, TenantChild


class Endpoint(Tenant):
    """An address of the customer's that wants to be told: a URL, or (kind `email`) a member's mailbox.

    `secrets` and `headers` are encrypted (`webhooks.rules.Secret`, newest first; name → value). `rate_limit` is POSTs a
    second. `cadence` says of an email endpoint how each type is told: `instant` or `daily`. A row that is not active
    gets no POST; what happens meanwhile is kept as `not_sent`, its reason the endpoint's status.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook"
        EMAIL = "email"

    class Status(models.TextChoices):
        ACTIVE = "active"
        UNVERIFIED = "unverified"
        PAUSED = "paused"
        DISABLED = "disabled"
        DELETED = "deleted"

    id = PublicIdField("wh")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.WEBHOOK, db_default="webhook")
    member_id = IdRefField(db_default="")  # no foreign key: who leaves the team is not held back by what he was told
    cadence = models.JSONField(default=dict, blank=True, db_default=models.Value({}, models.JSONField()))
    url = models.CharField(max_length=2048)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices)
    disabled_reason = models.CharField(max_length=200, blank=True)
    secrets = models.TextField()
    headers = models.TextField(blank=True, default="", db_default="")
    rate_limit = models.PositiveIntegerField(null=True, blank=True)
    long_tail = models.BooleanField(default=False, db_default=False)
    challenge = models.CharField(max_length=64, blank=True, default="", db_default="")
    verified_at = models.DateTimeField(null=True, blank=True)
    api_version = models.CharField(max_length=10)
    metadata = models.JSONField(default=dict)
    created_by = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "livemode", "created_at", "id"], name="endpoint_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["member_id", "livemode"], name="endpoint_once_per_member", condition=Q(kind="email")
            ),
            models.CheckConstraint(
                condition=Q(kind="webhook", member_id="") | (Q(kind="email") & ~Q(member_id="")),
                name="endpoint_email_has_member",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class Health(models.Model):
    """What the senders have learnt of one endpoint, shared by all of them. No row: nothing worth noting yet.

    Written when something changes, not at each success: a healthy endpoint costs nothing. `failing_since` is the first
    of an unbroken row of failures. `open_until` is the circuit breaker's: nothing is sent before, then one probe.
    `paced_until` is the moment from which the next POST fits the endpoint's `rate_limit` (GCRA).
    """

    endpoint = models.OneToOneField(Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="health")
    failures_in_row = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True, default="")
    last_delivery_id = IdRefField()  # of the last failure
    open_until = models.DateTimeField(null=True)
    times_opened = models.PositiveIntegerField(default=0)
    paced_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "health"
        indexes = [
            models.Index(fields=["open_until"], name="health_open", condition=Q(open_until__isnull=False)),
            models.Index(fields=["failing_since"], name="health_failing", condition=Q(failing_since__isnull=False)),
        ]


class Delivery(TenantChild):
    """One event owed to one endpoint, written in the event's own transaction; the sender's queue is this table.

    `next_attempt_at` is never empty while `pending`: no row without a next step. `lease_until` says that a worker has
    it now; `lease_token` moves at every claim, settlement and release, so a worker that lost its lease cannot settle.
    The due index leads by endpoint, because the sender asks each endpoint for its oldest few: a backlog of one is
    never walked to find the work of another. `reason` says why a row is `not_sent`: the state its endpoint was in, or
    for a member's mail `off`, `left`, `quiet`; `handed` on a pending one: the mail server has it, outcome unknown.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        NOT_SENT = "not_sent"

    id = PublicIdField("whd")
    endpoint = ParentKey("webhooks.Endpoint")
    event_id = IdRefField()
    event_type = models.CharField(max_length=48)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts_made = models.PositiveIntegerField(default=0)
    failures_in_row = models.PositiveIntegerField(default=0)
    replay = models.BooleanField(default=False)
    replay_id = IdRefField(db_default="")
    reason = models.CharField(max_length=10, blank=True, default="", db_default="")
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
            models.Index(
                fields=["endpoint", "created_at", "id"], name="delivery_not_sent", condition=Q(status="not_sent")
            ),
            models.Index(fields=["replay_id", "id"], name="delivery_replay", condition=~Q(replay_id="")),
            models.Index(fields=["organisation", "livemode", "event_type", "created_at", "id"], name="delivery_type"),
            models.Index(
                fields=["organisation", "livemode", "reason", "created_at", "id"],
                name="delivery_reason",
                condition=Q(status="not_sent"),
            ),
        ]

    class Integrity:
        tenant_parents = {"endpoint_id": "webhooks.Endpoint"}


class Attempt(TenantChild):
    """One POST that was made: what went out, what came back, how long each part took."""

    id = PublicIdField("att")
    delivery = ParentKey("webhooks.Delivery")
    endpoint_id = IdRefField(db_default="")
    number = models.PositiveIntegerField()
    replay = models.BooleanField(default=False)
    status_code = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    request_headers = models.JSONField()
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    address = models.CharField(max_length=64, blank=True)
    timings = models.JSONField(default=dict)
    took_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]
        indexes = [models.Index(fields=["endpoint_id", "id"], name="attempt_endpoint")]

    class Integrity:
        append_only = True
        prunable = True
        tenant_parents = {"delivery_id": "webhooks.Delivery"}


class Rendering(Tenant):
    """An event's bytes in an older version of the API, made once at fan-out for the endpoints pinned to it."""

    id = PublicIdField("ren")
    event_id = IdRefField()
    api_version = models.CharField(max_length=10)
    payload = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "api_version"], name="rendering_once")]

    class Integrity:
        append_only = True
        prunable = True


class Replay(Tenant):
    """A durable job that sends again what its `filters` find among what stood at `created_at`.

    `filters`: webhook_ids, event_types, statuses, delivery_ids (lists), since and until (ISO, of the event), missed
    (also what was never owed, because the endpoint did not ask for it). `position` is where it goes
    on: everything up to there is done, in one transaction with the rows it owed again.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        CANCELLED = "cancelled"

    id = PublicIdField("rpl")
    filters = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    rate = models.PositiveIntegerField()  # deliveries owed again per second
    total = models.PositiveIntegerField()
    replayed = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    position = models.JSONField(default=dict)
    next_run_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=80)
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["pending", "running"]) | Q(next_run_at__isnull=False),
                name="replay_open_has_next",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="replay_list"),
            models.Index(
                fields=["next_run_at", "id"], name="replay_due", condition=Q(status__in=["pending", "running"])
            ),
        ]
