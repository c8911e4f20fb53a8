"""Keys: rolling, addresses, versions; tokens that can be listed and revoked."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = []
