"""Kept answers of repeated requests, and the log of requests."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_keys")]

    operations = []
