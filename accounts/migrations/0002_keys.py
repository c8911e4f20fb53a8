"""Keys: rolling, addresses, versions, leaks; tokens that can be listed and revoked; a pause of its own per mode."""

import django.db.models.deletion
import oauth2_provider.models
from django.db import migrations, models
from django.db.models import F, Q

import agentcollect.kit.ids

_FIRST_VERSION = "2026-11-01"  # what every key made before this migration was written against


def pin_the_first_version(apps, schema_editor):
    apps.get_model("accounts", "ApiKey").objects.filter(api_version="").update(api_version=_FIRST_VERSION)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    # The toolkit's refresh tokens refer to the access tokens made here, which settings name in place of its own.
    run_before = [("oauth2_provider", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="allowed_addresses",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="apikey",
            name="api_version",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.AddField(
            model_name="apikey",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="accounts.apikey",
            ),
        ),
        migrations.AddField(
            model_name="apikey", name="leaked_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="apikey",
            name="leaked_url",
            field=models.CharField(blank=True, db_default="", max_length=500),
        ),
        migrations.AddField(
            model_name="apikey", name="owners_told_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddIndex(
            model_name="apikey",
            index=models.Index(
                condition=Q(leaked_at__isnull=False, owners_told_at=None),
                fields=["leaked_at"],
                name="api_key_owners_untold",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(condition=~Q(replaces=F("id")), name="api_key_replaces_another"),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=Q(leaked_at=None) | Q(revoked_at__isnull=False), name="api_key_leaked_is_revoked"
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="test_paused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                ("id", agentcollect.kit.ids.PublicIdField(prefix="tok", serialize=False)),
                ("livemode", models.BooleanField()),
                ("token_checksum", oauth2_provider.models.TokenChecksumField(max_length=64)),
                ("last_four", models.CharField(max_length=4)),
                ("scope", models.TextField(blank=True)),
                ("created", models.DateTimeField()),
                ("expires", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.apikey",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(fields=["key", "expires"], name="access_token_key"),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(fields=["expires"], name="access_token_expires"),
        ),
        migrations.AddConstraint(
            model_name="accesstoken",
            constraint=models.UniqueConstraint(fields=("token_checksum",), name="access_token_checksum_once"),
        ),
        migrations.RunPython(pin_the_first_version, migrations.RunPython.noop),
    ]
