"""The keys of an organisation's machines, and the access tokens issued to them."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from oauth2_provider.models import TokenChecksumField

from accounts.models.people import Organisation
from agentcollect.kit.ids import PublicIdField

if TYPE_CHECKING:  # the toolkit has no types
    from django.db.models import Model as AbstractAccessToken
else:
    from oauth2_provider.models import AbstractAccessToken


class ApiKey(models.Model):
    """A secret of a machine, in one mode. Only a keyed hash of it is stored; the key itself is shown once.

    `acting_for` binds a platform's key to one of its children; left empty, the key serves its own organisation and
    may name a child per request. `allowed_addresses` are networks (CIDR) it may be used from; empty = from anywhere.
    `api_version` is the one pinned when the key was made. `replaces` is the key that this one was rolled from.

    For OAuth the key is the client: `client_id` is its id, the client's secret is the key itself.
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
    allowed_addresses = models.JSONField(default=list, db_default=[], blank=True)
    api_version = models.CharField(max_length=10, db_default="", blank=True)
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # Reported as found in public: when, where, and when the owners were told (null: they still have to be).
    leaked_at = models.DateTimeField(null=True, blank=True)
    leaked_url = models.CharField(max_length=500, db_default="", blank=True)
    owners_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "API key", "API keys"
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="api_key_digest_once"),
            models.CheckConstraint(condition=~Q(acting_for=models.F("organisation")), name="api_key_acts_for_another"),
            models.CheckConstraint(condition=~Q(replaces=models.F("id")), name="api_key_replaces_another"),
            models.CheckConstraint(
                condition=Q(leaked_at=None) | Q(revoked_at__isnull=False), name="api_key_leaked_is_revoked"
            ),
        ]
        indexes = [
            models.Index(
                fields=["leaked_at"],
                name="api_key_owners_untold",
                condition=Q(leaked_at__isnull=False, owners_told_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}…{self.last_four}"

    @property
    def client_id(self) -> str:
        """What OAuth calls the key."""
        return self.id


class AccessTokens(models.QuerySet["AccessToken"]):
    def spelt(self, text: str) -> "AccessTokens":
        """The token that `text` is, by its checksum."""
        return self.filter(token_checksum=hashlib.sha256(text.encode()).hexdigest())

    def of_same_tenant(self, key: ApiKey) -> "AccessTokens":
        """Those of the key's organisation, in its mode."""
        return self.filter(organisation_id=key.organisation_id, livemode=key.livemode)

    def unexpired(self, at: datetime) -> "AccessTokens":
        return self.filter(expires__gt=at)

    def revoked(self, at: datetime) -> "AccessTokens":
        """Those a signature alone would still let in: revoked one by one before they ran out."""
        return self.unexpired(at).filter(revoked_at__isnull=False)


class AccessToken(AbstractAccessToken):
    """One token that was issued, so that it can be listed and revoked by itself. Its `id` is the token's `jti`.

    django-oauth-toolkit's model (settings.OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL), less what a machine's token has no use
    for. There is no column for the token: only its SHA-256 is kept (RFC 9700, 4), and its last four characters to
    recognise it by. A row of a revoked key counts for nothing, whatever it says; expired rows are cleared hourly. See
    docs/decisions/0008-the-api-key-is-the-oauth-client.md.
    """

    id = PublicIdField("tok")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    livemode = models.BooleanField()
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, db_index=False, related_name="+")
    token_checksum = TokenChecksumField(max_length=64)
    last_four = models.CharField(max_length=4)
    scope = models.TextField(blank=True)
    created = models.DateTimeField()
    expires = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    user = application = source_refresh_token = id_token = resource = updated = None
    token = ""

    objects = AccessTokens.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_checksum"], name="access_token_checksum_once")]
        indexes = [
            models.Index(fields=["key", "expires"], name="access_token_key"),
            models.Index(fields=["expires"], name="access_token_expires"),
        ]

    class Integrity:
        tenant_parents = {"key_id": "accounts.ApiKey"}

    def __str__(self) -> str:
        return f"{self.id} …{self.last_four}"
