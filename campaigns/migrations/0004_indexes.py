"""Indexes for what lists are asked, and for the worker that looks for attorneys."""

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Upper

from agentcollect.kit.indexes import metadata

MINE = ["organisation", "livemode"]
LATEST = ["created_at", "id"]
HELD = ("campaign", "debtor", "case", "contact")


def open_holds(name: str) -> list[migrations.operations.base.Operation]:
    condition = Q(released_at=None, **{f"{name}__isnull": False})
    index = models.Index(fields=[name], name=f"hold_open_{name}", condition=condition)
    return [migrations.RemoveIndex("hold", f"hold_open_{name}"), migrations.AddIndex("hold", index)]


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_parties")]

    operations = [
        migrations.AddIndex("case", models.Index(fields=[*MINE, *LATEST], name="case_list")),
        migrations.AddIndex("case", models.Index(fields=[*MINE, "status", *LATEST], name="case_status")),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=[*MINE, "close_reason", *LATEST], name="case_close_reason", condition=~Q(close_reason="")
            ),
        ),
        migrations.AddIndex("case", models.Index(fields=[*MINE, "updated_at"], name="case_updated")),
        migrations.AddIndex(
            "case", models.Index(fields=[*MINE, "invoice_key"], name="case_invoice", condition=~Q(invoice_key=""))
        ),
        migrations.AddIndex(
            "case", models.Index(fields=[*MINE, "external_id"], name="case_external_id", condition=~Q(external_id=""))
        ),
        migrations.AddIndex(
            "case",
            models.Index(fields=["updated_at"], name="case_escalating", condition=Q(status="escalation_pending")),
        ),
        metadata("case_metadata", "campaigns_case"),
        migrations.AddIndex("debtor", models.Index(fields=[*MINE, "updated_at"], name="debtor_updated")),
        migrations.AddIndex(
            "debtor",
            models.Index(fields=[*MINE, "external_id"], name="debtor_external_id", condition=~Q(external_id="")),
        ),
        metadata("debtor_metadata", "campaigns_debtor"),
        migrations.AddIndex("contact", models.Index(fields=[*MINE, "updated_at"], name="contact_updated")),
        # The address as `iexact` asks for it.
        migrations.AddIndex(
            "contact", models.Index(F("organisation"), F("livemode"), Upper("email"), name="contact_email")
        ),
        migrations.AddIndex(
            "suppression",
            models.Index(fields=["contact"], name="suppression_contact", condition=Q(contact__isnull=False)),
        ),
        # An open hold stands in the index of what it is on, and no longer in the three others too.
        *(operation for name in HELD for operation in open_holds(name)),
        migrations.AddIndex(
            "hold",
            models.Index(fields=["exclusion"], name="hold_exclusion", condition=Q(exclusion__isnull=False)),
        ),
        migrations.AddIndex(
            "hold",
            models.Index(
                fields=["case"], name="hold_ended_case", condition=Q(case__isnull=False, released_at__isnull=False)
            ),
        ),
    ]
