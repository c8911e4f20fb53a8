"""`/pay/<slug>/documents/<id>`: what the creditor shares with the debtor, as downloads behind the page's own link."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from campaigns import queries as campaigns
from campaigns import storage
from campaigns.models import Case, StoredFile
from payments.views.page.speaking import of_case


def shown(case: Case) -> list[dict[str, Any]]:
    """Id and name of each document on the page, the invoice first."""
    return [{"id": one.id, "name": one.name} for one in campaigns.shared_documents(case)]


@of_case
@require_safe
def document(request: HttpRequest, case: Case, document_id: str) -> HttpResponse:
    """One of them, to be saved and never shown in place. Whatever is not shared with this debtor does not exist."""
    found = next((one for one in campaigns.shared_documents(case) if one.id == document_id), None)
    if found is None:
        raise Http404
    file = found.file
    raw = campaigns.spooled(file) if file.state == StoredFile.State.SPOOLED else b""
    if not raw:
        # A stream of bytes, or the bucket's signed address: either takes the page's headers.
        return cast(HttpResponse, storage.deliver(file.storage_name, called=found.name, media_type=file.media_type))
    said = {"Content-Disposition": content_disposition_header(True, found.name) or "attachment"}
    return HttpResponse(raw, content_type=file.media_type, headers=said)
