"""Rate limits, breakers, long tails, and what a delivery to a closed door becomes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = []
