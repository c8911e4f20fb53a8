"""Corrections while a case runs: credits with a reference, holds that end by themselves, a search among cases."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

from campaigns.rules import search

_INDEX = "campaigns_case_search"
_BATCH = 1000


def find_parts_fast(apps: Any, editor: Any) -> None:
    """Trigrams find any part of a text by index. Where the extension cannot be had, `q` reads the tenant's cases."""
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT installed_version FROM pg_available_extensions WHERE name = 'pg_trgm'")
        known = cursor.fetchone()
        if known is None:
            return
        if known[0] is None:
            cursor.execute("SELECT rolsuper OR has_database_privilege(current_database(), 'CREATE') "
                           "FROM pg_roles WHERE rolname = current_user")
            if not cursor.fetchone()[0]:
                return
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {_INDEX} ON campaigns_case USING gin (search gin_trgm_ops) WHERE search <> ''"
        )


def forget_parts(apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP INDEX IF EXISTS {_INDEX}")


def write_search(apps: Any, editor: Any) -> None:
    """The cases that were opened before there was a search."""
    model = apps.get_model("campaigns", "Case")
    opened, last = model.objects.exclude(opened_at=None).select_related("debtor").order_by("id"), ""
    while rows := list(opened.filter(id__gt=last)[:_BATCH]):
        for row in rows:
            row.search = search.text(row.debtor.name, row.invoice_number)
        model.objects.bulk_update(rows, ["search"])
        last = rows[-1].id


def remember_opened(apps: Any, editor: Any) -> None:
    """What was closed before states were remembered goes back to the ordinary one."""
    closed = apps.get_model("campaigns", "Case").objects.filter(status="closed").exclude(opened_at=None)
    closed.update(closed_from="active")


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("case", "case_placed_positive"),
        migrations.AddConstraint(
            "case", models.CheckConstraint(condition=Q(placed_minor__gte=0), name="case_placed_not_negative")
        ),
        migrations.AddField(
            "case", "closed_from", models.CharField(blank=True, default="", db_default="", max_length=20)
        ),
        migrations.AddField("case", "search", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField(
            "ledgerentry", "reference", models.CharField(blank=True, default="", db_default="", max_length=120)
        ),
        migrations.AddField(
            "hold", "released_by", models.CharField(blank=True, default="", db_default="", max_length=80)
        ),
        migrations.AddIndex(
            "hold",
            models.Index(fields=["ends_at"], name="hold_ending", condition=Q(released_at=None, ends_at__isnull=False)),
        ),
        migrations.AddIndex(
            "hold",
            models.Index(
                fields=["organisation", "livemode", "kind"], name="hold_open_kind", condition=Q(released_at=None)
            ),
        ),
        migrations.RunPython(remember_opened, migrations.RunPython.noop),
        migrations.RunPython(write_search, migrations.RunPython.noop),
        migrations.RunPython(find_parts_fast, forget_parts),
    ]
