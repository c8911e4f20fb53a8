"""Papers about what is owed, and files made for the creditor."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import ParentKey, Tenant, TenantChild


class StoredFile(Tenant):
    """Bytes of a document, kept once per organisation and mode. Spooled in `FileChunk` rows until a worker has moved
    them into the document storage: no request waits for a bucket (docs/decisions/0009)."""

    class State(models.TextChoices):
        SPOOLED = "spooled"
        STORED = "stored"

    id = PublicIdField("fil")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=100)
    state = models.CharField(max_length=8, choices=State.choices, default=State.SPOOLED)
    storage_name = models.CharField(max_length=200)
    attempts = models.PositiveIntegerField(default=0)
    # When a worker may take it (again): the schedule is the lease.
    next_attempt_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "sha256"], name="stored_file_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="stored_file_not_empty"),
        ]
        indexes = [models.Index(fields=["next_attempt_at"], name="stored_file_spooled", condition=Q(state="spooled"))]

    def __str__(self) -> str:
        return self.id


class FileChunk(TenantChild):
    """A piece of a spooled file, in order from 0."""

    id = models.BigAutoField(primary_key=True)
    file = ParentKey("campaigns.StoredFile")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="file_chunk_once")]

    class Integrity:
        tenant_parents = {"file_id": "campaigns.StoredFile"}

    def __str__(self) -> str:
        return f"{self.file_id} {self.number}"


class Document(TenantChild):
    """A paper about one campaign, debtor or case. Never deleted before its time (LAW.md, R-30)."""

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CONTRACT = "contract"
        PROOF_OF_DELIVERY = "proof_of_delivery"
        STATEMENT = "statement"
        OTHER = "other"

    id = PublicIdField("doc")
    file = ParentKey("campaigns.StoredFile")
    campaign = ParentKey("campaigns.Campaign", null=True)
    debtor = ParentKey("campaigns.Debtor", null=True)
    case = ParentKey("campaigns.Case", null=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.OTHER)
    share_with_debtor = models.BooleanField(default=False)
    metadata = models.JSONField(default=dict)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="document_about_one_thing",
                condition=(
                    Q(campaign__isnull=False, debtor=None, case=None)
                    | Q(campaign=None, debtor__isnull=False, case=None)
                    | Q(campaign=None, debtor=None, case__isnull=False)
                ),
            ),
            *(
                models.UniqueConstraint(
                    fields=[name, "file"],
                    name=f"document_once_per_{name}",
                    condition=Q(**{f"{name}__isnull": False}),
                )
                for name in ("campaign", "debtor", "case")
            ),
        ]
        indexes = [models.Index(fields=["organisation", "livemode", "created_at", "id"], name="document_list")]

    class Integrity:
        tenant_parents = {
            "file_id": "campaigns.StoredFile",
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
        }

    def __str__(self) -> str:
        return self.name


class Export(Tenant):
    """A list as a CSV file, made by a worker; the file goes after `expires_at`. Taken again after a crash."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"
        EXPIRED = "expired"

    id = PublicIdField("exp")
    kind = models.CharField(max_length=20)
    filters = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices)
    rows_written = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(null=True)
    storage_name = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    metadata = models.JSONField(default=dict)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="export_list"),
            models.Index(fields=["recorded_at"], name="export_open", condition=Q(status__in=["queued", "running"])),
            models.Index(fields=["expires_at"], name="export_expiring", condition=Q(status="completed")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.status})"
