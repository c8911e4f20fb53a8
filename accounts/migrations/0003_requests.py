"""Kept answers of repeated requests, and the log of requests."""

import django.db.models.deletion
from django.db import migrations, models

import agentcollect.kit.ids


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_keys")]

    operations = [
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("livemode", models.BooleanField()),
                ("created_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("id", agentcollect.kit.ids.PublicIdField(prefix="idm", serialize=False)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("location", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField()),
                ("resource_id", agentcollect.kit.ids.IdRefField(blank=True, default="", max_length=32)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "livemode", "key"), name="idempotent_request_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestLog",
            fields=[
                ("livemode", models.BooleanField()),
                ("created_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("id", agentcollect.kit.ids.PublicIdField(prefix="log", serialize=False)),
                ("request_id", models.CharField(max_length=64)),
                ("key_id", agentcollect.kit.ids.IdRefField(blank=True, default="", max_length=32)),
                ("acting_organisation_id", agentcollect.kit.ids.IdRefField(blank=True, default="", max_length=32)),
                ("method", models.CharField(max_length=10)),
                ("path", models.CharField(max_length=300)),
                ("route", models.CharField(blank=True, max_length=200)),
                ("query", models.CharField(blank=True, max_length=1000)),
                ("status", models.PositiveSmallIntegerField()),
                ("error", models.CharField(blank=True, max_length=64)),
                ("duration_ms", models.FloatField()),
                ("ip", models.CharField(blank=True, max_length=45)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("idempotency_key", models.CharField(blank=True, max_length=255)),
                ("api_version", models.CharField(blank=True, max_length=16)),
                ("request_headers", models.JSONField(default=dict)),
                ("response_headers", models.JSONField(default=dict)),
                ("request_body", models.TextField(blank=True)),
                ("request_bytes", models.PositiveIntegerField(default=0)),
                ("request_truncated", models.BooleanField(default=False)),
                ("response_body", models.TextField(blank=True)),
                ("response_bytes", models.PositiveIntegerField(default=0)),
                ("response_truncated", models.BooleanField(default=False)),
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
            options={
                "indexes": [
                    models.Index(fields=["organisation", "livemode", "created_at", "id"], name="request_log_list"),
                    models.Index(
                        condition=models.Q(("status__gte", 400)),
                        fields=["organisation", "livemode", "created_at", "id"],
                        name="request_log_failed",
                    ),
                    models.Index(fields=["request_id"], name="request_log_request"),
                    models.Index(fields=["key_id", "created_at"], name="request_log_key"),
                ],
            },
        ),
    ]
