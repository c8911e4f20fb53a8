"""Indexes for what the pull side is asked: a debtor's events, and those since a day."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "event",
            models.Index(fields=["debtor_id", "created_at"], name="event_debtor", condition=~Q(debtor_id="")),
        ),
        migrations.AddIndex(
            "event",
            models.Index(fields=["organisation", "livemode", "created_at", "sequence"], name="event_list"),
        ),
    ]
