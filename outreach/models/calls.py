"""Phone calls: dialled by a person, or by the sandbox's simulated peer."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import ParentKey, TenantChild


class Call(TenantChild):
    """One call. It counts against the caps from its reservation on, as a message does."""

    class Status(models.TextChoices):
        RESERVED = "reserved"
        HANDED_OVER = "handed_over"
        COMPLETED = "completed"
        FAILED = "failed"
        UNCONFIRMED = "unconfirmed"
        CANCELLED = "cancelled"

    class Outcome(models.TextChoices):
        CONVERSATION = "conversation"
        VOICEMAIL = "voicemail"
        NO_ANSWER = "no_answer"
        BUSY = "busy"
        REFUSED_RECORDING = "refused_recording"
        WRONG_NUMBER = "wrong_number"

    class Mode(models.TextChoices):
        HUMAN = "human"
        AI = "ai"

    id = PublicIdField("cal")
    campaign = ParentKey("campaigns.Campaign")
    debtor = ParentKey("campaigns.Debtor")
    case = ParentKey("campaigns.Case")
    contact = ParentKey("campaigns.Contact", null=True)
    step_id = IdRefField()
    decision_id = IdRefField()
    mode = models.CharField(max_length=6, choices=Mode.choices)
    kind = models.CharField(max_length=10, default="outreach")
    status = models.CharField(max_length=12, choices=Status.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    phone = models.CharField(max_length=32)
    script = models.TextField(blank=True)
    transcript = models.JSONField(default=list)
    note = models.CharField(max_length=1000, blank=True)
    error = models.CharField(max_length=300, blank=True)
    handed_over_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step_id"], name="call_once_per_step", condition=~Q(step_id="")),
        ]
        indexes = [
            models.Index(fields=["organisation", "livemode", "created_at", "id"], name="call_list"),
            models.Index(fields=["case", "created_at"], name="call_case"),
            models.Index(fields=["debtor", "created_at"], name="call_debtor"),
        ]

    class Integrity:
        tenant_parents = {
            "campaign_id": "campaigns.Campaign",
            "debtor_id": "campaigns.Debtor",
            "case_id": "campaigns.Case",
            "contact_id": "campaigns.Contact",
        }
