"""Indexes for what lists are asked."""

from django.db import migrations, models

from agentcollect.kit.indexes import metadata

MINE = ["organisation", "livemode"]
LATEST = ["created_at", "id"]


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddIndex("payment", models.Index(fields=[*MINE, "updated_at"], name="payment_updated")),
        migrations.AddIndex("payment", models.Index(fields=[*MINE, "status", *LATEST], name="payment_status")),
        migrations.AddIndex("payment", models.Index(fields=[*MINE, "method", *LATEST], name="payment_method")),
        migrations.AddIndex("payment", models.Index(fields=[*MINE, "source", *LATEST], name="payment_source")),
        metadata("payment_metadata", "payments_payment"),
    ]
