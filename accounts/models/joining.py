"""How people come in: invitations; and forms that must not be carried out twice."""

from django.db import models
from django.db.models import Q

from accounts.models.people import Member, Organisation
from agentcollect.kit.ids import PublicIdField


class Invitation(models.Model):
    """A place in an organisation, offered by e-mail. The link in the mail is signed, not stored (kit.crypto)."""

    id = PublicIdField("inv")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=12, choices=Member.Role.choices)
    invited_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_accepted_or_revoked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.organisation} ({self.role})"


class SubmittedForm(models.Model):
    """A form that was carried out: its token and what came of it. A second press of its button finds the row."""

    token = models.CharField(max_length=64, primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    result = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.token[:8]}… → {self.result}"
