"""The keys of an organisation's machines."""

from django.db import models
from django.db.models import Q

from accounts.models.people import Organisation
from agentcollect.kit.ids import PublicIdField


class ApiKey(models.Model):
    """A secret of a machine, in one mode. Only a keyed hash of it is stored; the key itself is shown once.

    `acting_for` binds a platform's key to one of its children; left empty, the key serves its own organisation and
    may name a child per request.
    """

    id = PublicIdField("key")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_keys")
    acting_for = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    livemode = models.BooleanField()
    name = models.CharField(max_length=80, blank=True)
    prefix = models.CharField(max_length=16)
    last_four = models.CharField(max_length=4)
    digest = models.CharField(max_length=64)
    pepper_version = models.PositiveSmallIntegerField()
    scopes = models.JSONField()
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "API key", "API keys"
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="api_key_digest_once"),
            models.CheckConstraint(condition=~Q(acting_for=models.F("organisation")), name="api_key_acts_for_another"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last_four}"
