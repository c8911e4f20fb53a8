"""What is remembered of requests: kept answers by idempotency key, and the log of every call."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import Tenant, TenantChild


class IdempotentRequest(Tenant):
    """The first answer under an `Idempotency-Key`, for 24 hours (agentcollect/kit/idempotency.py).

    `body` is encrypted, whatever it holds: the answer that creates a webhook carries its secret.
    """

    id = PublicIdField("idm")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    resource_id = IdRefField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "key"], name="idempotent_request_once"),
        ]

    def __str__(self) -> str:
        return self.key


class RequestLog(TenantChild):
    """One call of `/v1`, for 30 days. Secrets are taken out before it is written; bodies are cut at a limit.

    `request_id` is what the answer's `X-Request-Id` says: a client may name its own, so it is no key. `request_bytes`
    and `response_bytes` are the whole lengths, of which the bodies may show a part.
    """

    id = PublicIdField("log")
    request_id = models.CharField(max_length=64)
    key_id = IdRefField()
    acting_organisation_id = IdRefField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=300)
    route = models.CharField(max_length=200, blank=True)
    query = models.CharField(max_length=1000, blank=True)
    status = models.PositiveSmallIntegerField()
    error = models.CharField(max_length=64, blank=True)
    duration_ms = models.FloatField()
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    api_version = models.CharField(max_length=16, blank=True)
    request_headers = models.JSONField(default=dict)
    response_headers = models.JSONField(default=dict)
    request_body = models.TextField(blank=True)
    request_bytes = models.PositiveIntegerField(default=0)
    request_truncated = models.BooleanField(default=False)
    response_body = models.TextField(blank=True)
    response_bytes = models.PositiveIntegerField(default=0)
    response_truncated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="request_log_list"),
            # Few calls fail, and those are looked for.
            models.Index(
                fields=["organisation", "livemode", "created_at", "id"],
                name="request_log_failed",
                condition=Q(status__gte=400),
            ),
            models.Index(fields=["request_id"], name="request_log_request"),
            models.Index(fields=["key_id", "created_at"], name="request_log_key"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
