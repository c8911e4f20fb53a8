"""Indexes for what lists are asked."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_initial")]

    operations = [
        migrations.AddIndex("message", models.Index(fields=["campaign", "created_at", "id"], name="message_campaign")),
        # Who opts out sees the creditor's name, from the last message.
        migrations.AddIndex("message", models.Index(fields=["contact", "created_at"], name="message_contact")),
        migrations.AddIndex(
            "referral", models.Index(fields=["created_at"], name="referral_offered", condition=Q(status="offered"))
        ),
    ]
