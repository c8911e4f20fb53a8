"""What stops everything: switches that a person turns, and the fuse that blows by itself."""

from django.db import models
from django.db.models import Q

from agentcollect.kit.ids import PublicIdField


class KillSwitch(models.Model):
    """While it stands, nothing of its scope is handed to a provider; read in the transaction that reserves an attempt.

    `key`: what of the scope is stopped: a channel, a provider's name, an organisation's or campaign's id,
    `name@version` of a playbook, a prompt's version, a model's name; empty for `all`.
    """

    class Scope(models.TextChoices):
        ALL = "all"
        CHANNEL = "channel"
        PROVIDER = "provider"
        ORGANISATION = "organisation"
        CAMPAIGN = "campaign"
        PLAYBOOK = "playbook"
        PROMPT = "prompt"
        MODEL = "model"

    id = PublicIdField("swt")
    scope = models.CharField(max_length=12, choices=Scope.choices)
    key = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300)
    set_by = models.CharField(max_length=80)
    set_at = models.DateTimeField()
    lifted_by = models.CharField(max_length=80, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "kill switches"
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="kill_switch_once", condition=Q(lifted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}".strip()


class FuseTrip(models.Model):
    """The contact fuse has blown: more left than was planned, or one body reached people it was not meant for.

    Everything stops, in that mode, until a person restarts it.
    """

    id = PublicIdField("fus")
    livemode = models.BooleanField()
    cause = models.CharField(max_length=20)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    tripped_at = models.DateTimeField()
    restarted_at = models.DateTimeField(null=True)
    restarted_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["livemode"], name="fuse_blown_once", condition=Q(restarted_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.cause} ({self.tripped_at:%Y-%m-%d %H:%M})"
