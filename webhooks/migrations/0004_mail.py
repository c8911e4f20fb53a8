"""Endpoints of kind email, their preferences and digests."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_life")]

    operations = []
