"""Sign-up: verified addresses and second factors."""

import django.db.models.deletion
from django.db import migrations, models

import agentcollect.kit.ids

ROLES = [
    ("owner", "Owner"),
    ("admin", "Admin"),
    ("operator", "Operator"),
    ("finance", "Finance"),
    ("viewer", "Viewer"),
    ("auditor", "Auditor"),
]


def vouch(apps, schema_editor):
    """Every login so far was made by the operator, who knew the address: it counts as verified."""
    User = apps.get_model("accounts", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    for user in User.objects.exclude(email="").iterator():
        EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_requests"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="live_requested_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organisation",
            name="live_requested_by",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", agentcollect.kit.ids.PublicIdField(prefix="inv", serialize=False)),
                ("email", models.EmailField(max_length=254)),
                ("role", models.CharField(choices=ROLES, max_length=12)),
                ("invited_by", models.CharField(max_length=80)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=("organisation", "email"),
                        name="invitation_pending_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None), _connector="OR"),
                        name="invitation_accepted_or_revoked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubmittedForm",
            fields=[
                ("token", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("result", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
        ),
        migrations.RunPython(vouch, migrations.RunPython.noop, elidable=True),
    ]
