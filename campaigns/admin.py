"""The room in the ops admin: read, never typed. The ledger is corrected by a further entry."""

from django.contrib import admin
from unfold.admin import TabularInline

from agentcollect.kit.admin import ReadOnlyAdmin
from campaigns.models import (
    Campaign,
    Case,
    Contact,
    Debtor,
    Dispute,
    Document,
    Exclusion,
    Export,
    FileChunk,
    Hold,
    Import,
    LedgerEntry,
    Playbook,
    SanctionedName,
    SanctionsList,
    Step,
    StoredFile,
    Suppression,
    Task,
)


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "livemode", "status", "debtors_enrolled", "currency", "created_at")
    list_filter = ("livemode", "status", "escalation")
    list_select_related = ("organisation",)
    search_fields = ("=id", "name", "creditor")
    ordering = ("-created_at", "-id")


@admin.register(Debtor)
class DebtorAdmin(ReadOnlyAdmin):
    list_display = ("name", "id", "organisation", "livemode", "country", "debt_class", "enriched_at")
    list_filter = ("livemode", "country")
    list_select_related = ("organisation",)
    search_fields = ("=id", "name", "=email_domain", "=external_id")
    ordering = ("-id",)


class LedgerInline(TabularInline):
    model = LedgerEntry
    fields = ("created_at", "kind", "amount_minor", "currency", "reason", "actor")
    ordering = ("created_at", "id")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    list_display = ("id", "debtor", "invoice_number", "status", "close_reason", "balance_minor", "currency", "livemode")
    list_filter = ("livemode", "status", "close_reason")
    list_select_related = ("debtor",)
    search_fields = ("=id", "=invoice_number", "=campaign__id", "=debtor__id")
    ordering = ("-id",)
    inlines = (LedgerInline,)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "case", "kind", "amount_minor", "currency", "actor", "livemode", "created_at")
    list_filter = ("livemode", "kind")
    list_select_related = ("case",)
    search_fields = ("=id", "=case__id", "=payment_id")
    ordering = ("-id",)


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ("email", "name", "title", "debtor", "level", "source", "email_status", "livemode")
    list_filter = ("livemode", "source", "email_status")
    list_select_related = ("debtor",)
    search_fields = ("=id", "=email", "=debtor__id")
    ordering = ("-id",)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = ("address", "channel", "reason", "organisation", "livemode", "created_at")
    list_filter = ("livemode", "channel", "reason")
    list_select_related = ("organisation",)
    search_fields = ("=id", "=address")
    ordering = ("-id",)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "organisation", "livemode", "ends_at", "released_at", "actor", "created_at")
    list_filter = ("livemode", "kind", ("released_at", admin.EmptyFieldListFilter))
    list_select_related = ("organisation",)
    search_fields = ("=id", "=campaign__id", "=debtor__id", "=case__id", "=contact__id")
    ordering = ("-id",)


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    list_display = ("id", "case", "channel", "intent", "status", "due_at", "reason", "livemode")
    list_filter = ("livemode", "status", "channel", "intent")
    list_select_related = ("case",)
    search_fields = ("=id", "=case__id", "=campaign__id", "=debtor__id")
    ordering = ("-id",)


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "status", "rows_read", "rows_enrolled", "error", "livemode", "created_at")
    list_filter = ("livemode", "status")
    list_select_related = ("campaign",)
    search_fields = ("=id", "=campaign__id")
    ordering = ("-id",)


@admin.register(Exclusion)
class ExclusionAdmin(ReadOnlyAdmin):
    list_display = ("match", "value", "effect", "organisation", "livemode", "settled_at", "removed_at", "created_at")
    list_filter = ("livemode", "effect", "match", ("removed_at", admin.EmptyFieldListFilter))
    list_select_related = ("organisation",)
    search_fields = ("=id", "=key")
    ordering = ("-id",)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ("id", "organisation", "livemode", "case", "status", "reason", "amount_minor", "currency", "source")
    list_filter = ("livemode", "status", "reason", "source")
    list_select_related = ("organisation", "case")
    search_fields = ("=id", "=case__id")
    ordering = ("-id",)


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "organisation", "livemode", "share_with_debtor", "created_at")
    list_filter = ("livemode", "kind", "share_with_debtor")
    list_select_related = ("organisation",)
    search_fields = ("=id", "=case__id", "=debtor__id", "=campaign__id", "=file__sha256")
    ordering = ("-id",)


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    list_display = ("id", "media_type", "size", "state", "attempts", "next_attempt_at", "error", "livemode")
    list_filter = ("livemode", "state")
    search_fields = ("=id", "=sha256")
    ordering = ("-id",)


@admin.register(FileChunk)
class FileChunkAdmin(ReadOnlyAdmin):
    list_display = ("file", "number", "livemode", "created_at")
    list_select_related = ("file",)
    search_fields = ("=file__id",)
    ordering = ("-id",)


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "organisation", "livemode", "status", "rows_written", "error", "created_at")
    list_filter = ("livemode", "status", "kind")
    list_select_related = ("organisation",)
    search_fields = ("=id",)
    ordering = ("-id",)


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """What waits for people, of every organisation."""

    list_display = ("id", "kind", "status", "debtor", "case", "due_at", "expires_at", "claimed_by", "livemode")
    list_filter = ("status", "kind", "livemode")
    list_select_related = ("debtor", "case")
    search_fields = ("=id", "=cause", "=case__id")
    ordering = ("due_at", "id")


@admin.register(Playbook)
class PlaybookAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "title", "organisation", "livemode", "created_at", "retired_at")
    list_filter = ("livemode",)
    list_select_related = ("organisation",)
    search_fields = ("=id", "name")
    ordering = ("-created_at",)


@admin.register(SanctionsList)
class SanctionsListAdmin(ReadOnlyAdmin):
    """The youngest is in force; loaded by `manage.py load_sanctions`."""

    list_display = ("source", "entries", "loaded_at", "loaded_by")
    ordering = ("-id",)


@admin.register(SanctionedName)
class SanctionedNameAdmin(ReadOnlyAdmin):
    list_display = ("name", "entry", "list")
    list_select_related = ("list",)
    search_fields = ("name",)
    ordering = ("id",)
