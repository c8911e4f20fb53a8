"""What happened: one append-only row per fact. Timeline, webhooks and audit are three readers of it."""

import json
from typing import Any

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import IdRefField, PublicIdField
from agentcollect.kit.models import Tenant


class Counter(models.Model):
    """The last sequence number given out, per organisation and mode. Locked last in every transaction."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    livemode = models.BooleanField()
    value = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "livemode"], name="counter_once_per_mode")]


class Event(Tenant):
    """One fact. `payload` is the public envelope, serialised once and never again; receivers get these bytes.

    A public event has a `sequence`, gap-free per organisation and mode and in commit order; an internal one (a denied
    contact, a key made) has none and only serves timeline and audit. The ids of what it is about are plain columns:
    events lies below the rooms whose rows they name.
    """

    id = PublicIdField("evt")
    type = models.CharField(max_length=48)
    sequence = models.PositiveBigIntegerField(null=True)
    payload = models.TextField()
    campaign_id = IdRefField()
    case_id = IdRefField()
    debtor_id = IdRefField()
    actor = models.CharField(max_length=80)
    acting_organisation_id = IdRefField()
    cause = IdRefField()
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "livemode", "sequence"], name="event_sequence_once"),
        ]
        indexes = [
            models.Index(fields=["campaign_id", "created_at"], name="event_campaign", condition=~Q(campaign_id="")),
            models.Index(fields=["case_id", "created_at"], name="event_case", condition=~Q(case_id="")),
            models.Index(fields=["debtor_id", "created_at"], name="event_debtor", condition=~Q(debtor_id="")),
            models.Index(fields=["organisation", "livemode", "created_at", "sequence"], name="event_list"),
            models.Index(fields=["organisation", "livemode", "type", "sequence"], name="event_type"),
        ]

    class Integrity:
        append_only = True

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def data(self) -> dict[str, Any]:
        """The public facts of this event."""
        return json.loads(self.payload)["data"]
