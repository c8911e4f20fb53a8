"""Sign-up: verified addresses and second factors."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_requests")]

    operations = []
