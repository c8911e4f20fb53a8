"""Reads about documents and exports."""

from django.db.models import Q, QuerySet

from agentcollect.kit.errors import ApiError
from campaigns.models import Case, Document, Export, FileChunk, StoredFile
from campaigns.queries.tenant import Tenant


def documents(tenant: Tenant) -> QuerySet[Document]:
    mine = Document.objects.select_related("file")
    return mine.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)


def document(tenant: Tenant, document_id: str) -> Document:
    """One document. Raises ApiError(not_found)."""
    found = documents(tenant).filter(id=document_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no document {document_id}.")
    return found


def documents_of_case(tenant: Tenant, case: Case) -> QuerySet[Document]:
    """What concerns a case: its own documents, its debtor's and its campaign's."""
    about = Q(case_id=case.id) | Q(debtor_id=case.debtor_id) | Q(campaign_id=case.campaign_id)
    return documents(tenant).filter(about)


def shared_documents(case: Case) -> list[Document]:
    """What the creditor shares with the debtor about this invoice, the invoice itself first, then as they came."""
    about = Q(case_id=case.id) | Q(debtor_id=case.debtor_id) | Q(campaign_id=case.campaign_id)
    mine = Document.objects.filter(about, organisation_id=case.organisation_id, livemode=case.livemode)
    rows = mine.filter(share_with_debtor=True).select_related("file").order_by("created_at", "id")[:50]
    return sorted(rows, key=lambda one: (one.kind != Document.Kind.INVOICE, one.campaign_id is not None))


def spooled(stored: StoredFile) -> bytes:
    """The bytes of a file that no worker has moved yet, in one look; empty when one has."""
    rows = FileChunk.objects.filter(file=stored).order_by("number")
    return b"".join(bytes(piece) for piece in rows.values_list("data", flat=True))


def exports(tenant: Tenant) -> QuerySet[Export]:
    return Export.objects.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)


def export(tenant: Tenant, export_id: str) -> Export:
    """One export. Raises ApiError(not_found)."""
    found = exports(tenant).filter(id=export_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no export {export_id}.")
    return found
