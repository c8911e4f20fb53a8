"""A paper about what is owed, for members only: always as a download, whatever somebody sent."""

from typing import cast

from django.http import HttpRequest, HttpResponse

from campaigns.models import Document
from campaigns.views.documents import download
from dashboard.access import Seat, page
from dashboard.views.common import one


@page
def content(request: HttpRequest, seat: Seat, document_id: str) -> HttpResponse:
    found = one(seat.rows(Document).select_related("file"), document_id)
    return cast(HttpResponse, download(found))  # or a streamed one, which needs nothing else of the guard
