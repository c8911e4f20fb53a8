"""Indexes for the lists."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_initial")]

    operations = []
