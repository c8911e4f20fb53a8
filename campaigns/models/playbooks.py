"""What a campaign does, on which day: the organisation's own playbooks. The built-in ones stand in rules.playbook."""

from django.db import models

from agentcollect.kit.ids import PublicIdField
from agentcollect.kit.models import Tenant


class Playbook(Tenant):
    """One version of a playbook, never changed: an edit is the next version, and a running campaign keeps its own.

    `steps`: [{"day", "channel", "intent", "level"}] in order (rules.playbook says what is valid).
    """

    id = PublicIdField("pbk")
    name = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120, blank=True)
    steps = models.JSONField()
    # Retired: no new campaign may name it; those that run keep it.
    retired_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "livemode", "name", "version"], name="playbook_version_once"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "livemode", "created_at", "id"], name="playbook_list")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
